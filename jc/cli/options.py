"""The options that every command has, written once.

`command(app)` registers a function whose first parameter is an `Out`; the shared options are added to its signature, so a command
file lists only what is its own.
"""

import functools
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from jc.cli.output import Out, problem
from jc.cli.overwrite import OUTPUTS, refuse_overwriting

SHARED: tuple[inspect.Parameter, ...] = tuple(
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
    for name, default, annotation in (
        (
            "format_",
            None,
            Annotated[str | None, typer.Option("--format", "-f", help="table, json, jsonl, csv, markdown …", metavar="FORMAT")],
        ),
        (
            "output",
            None,
            Annotated[
                list[str] | None,
                typer.Option("--output", "-o", help="Write to FILE; its suffix chooses the format. Repeatable.", metavar="FILE"),
            ],
        ),
        ("quiet", False, Annotated[bool, typer.Option("--quiet", "-q", help="Only the data, no story.")]),
        (
            "verbose",
            False,
            Annotated[bool, typer.Option("--verbose", "-v", help="Where each setting came from, and more.")],
        ),
        (
            "catalog",
            None,
            Annotated[Path | None, typer.Option("--catalog", "-C", help="Folder of the model catalog.", metavar="DIR")],
        ),
        (
            "color",
            None,
            Annotated[str | None, typer.Option("--color", help="auto, always or never.", metavar="WHEN")],
        ),
    )
)

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def new_app(help_text: str, **more: Any) -> typer.Typer:
    """A Typer application with the house's settings: plain help, no pretty exceptions, no completion options."""
    return typer.Typer(
        help=help_text,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=CONTEXT,
        **more,
    )


def command(app: typer.Typer, name: str, **settings: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register `function(out, …)` as a command with the shared options added; a parameter of its own replaces the shared one."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(function)
        parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in list(own.parameters.values())[1:]]

        added = [p for p in SHARED if p.name not in own.parameters]

        @functools.wraps(function)
        def run(**values: Any) -> None:
            refuse_odd(combined, values)
            shared = {p.name: values.pop(p.name) if p in added else p.default for p in SHARED}
            with Out.open(**shared) as out:
                refuse_overwriting(parameters, values, out.files)
                function(out, **values)

        combined = [*parameters, *added]
        run.__signature__ = own.replace(parameters=combined)  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in combined}
        del run.__wrapped__
        app.command(name, context_settings=CONTEXT, **settings)(run)
        return function

    return register


def refuse_odd(parameters: Sequence[inspect.Parameter], values: Mapping[str, Any]) -> None:
    """InputError for an option that is given without a value (`--by ""` is not the default), and for a number that is none."""
    for parameter in parameters:
        value, flag = values.get(parameter.name), _flag(parameter)
        if flag is None or value is None or value == parameter.default:
            continue
        if _is_empty(parameter.name, value):
            raise problem(f"`{flag}` is given no value", hint=f"give it one, or leave `{flag}` out")
        if isinstance(value, float) and math.isnan(value):
            raise problem(f"`{flag} {value}`: not a number", hint="give it a number")


def _is_empty(name: str, value: object) -> bool:
    """Nothing, or a list with nothing between its commas; an empty path is `.`, which is a folder and no file to write."""
    if isinstance(value, (list, tuple)):
        return any(isinstance(one, str) and not one.strip(", \t\n") for one in value)
    return not value.strip() if isinstance(value, str) else name in OUTPUTS and value == Path()


def _flag(parameter: inspect.Parameter) -> str | None:
    """The option as it is typed; None for an argument."""
    for told in getattr(parameter.annotation, "__metadata__", ()):
        if type(told).__name__ == "OptionInfo":
            long = [name for name in told.param_decls or () if name.startswith("--")]
            return long[0].partition("/")[0] if long else f"--{parameter.name.replace('_', '-')}"
    return None


def split_list(values: list[str] | None) -> tuple[str, ...]:
    """`-c a,b -c c` as one tuple, without blanks and repetitions, in the order given."""
    parts = (part.strip() for value in values or () for part in value.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))
