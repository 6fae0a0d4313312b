"""`jc help TOPIC` and `jc completion SHELL`: the same texts as the documentation, made from the code."""

import inspect
import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from jc import config, errors
from jc.cli.options import command
from jc.cli.output import SUFFIXES, Out, problem
from jc.errors import JcError

_OTHER_CODES = {
    0: "done",
    130: "interrupted by SIGINT (Ctrl-C); what is finished is saved",
    143: "interrupted by SIGTERM; what is finished is saved",
}


def exit_codes() -> str:
    """The table of exit codes, from the error classes."""
    classes = [kind for _name, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, JcError)]
    codes = {kind.exit_code: kind.meaning for kind in classes} | _OTHER_CODES
    return "\n".join(f"{code:>4}  {meaning}" for code, meaning in sorted(codes.items())) + "\n"


def settings() -> str:
    """The table of settings, from the configuration."""
    order = "flag > JC_* variable > nearest jc.toml up to the git root > $XDG_CONFIG_HOME/jc/config.toml > default\n\n"
    lines = [f"{key.name:<14} {key.variable:<17} {key.meaning}{_default(key)}" for key in config.KEYS]
    return order + "\n".join(lines) + "\n"


def _default(key: config.Key) -> str:
    return "" if key.default is None else f" [default: {key.default}]"


def formats() -> str:
    """What --format and the suffix of --output choose."""
    chosen = ", ".join(f"`{suffix}`" for suffix in SUFFIXES)
    return (
        "--format chooses what goes to stdout: table (for people), json (one object with `schema` and\n"
        "`jc_version` on top), jsonl and csv (one row a line), markdown. Some commands add others: sarif,\n"
        "github, html, junit, ics.\n\n"
        f"The suffix of --output chooses the format of a file:\n{chosen}.\n\n"
        "Money is a decimal string in JSON, floats are unrounded; fields may be added, none disappears\n"
        "within a major version. "
        "CSV cells that a spreadsheet would run get an apostrophe in front.\n"
    )


def commands() -> str:
    """The help of every command, under a heading each, in Markdown."""
    from typer.main import get_command

    from jc.cli.main import app, register

    register()
    return "\n\n".join(_pages(get_command(app), "jc", None))


def _pages(found: Any, name: str, parent: Any) -> Iterator[str]:
    """The help of a command and of those below it."""
    context = found.context_class(found, info_name=name, parent=parent, terminal_width=100, **found.context_settings)
    yield f"## {context.command_path}\n\n```text\n{found.get_help(context).rstrip()}\n```"
    for sub in found.list_commands(context) if hasattr(found, "list_commands") else ():
        yield from _pages(found.get_command(context, sub), sub, context)


TOPICS = {"exit-codes": exit_codes, "config": settings, "formats": formats}


def add_to(app: typer.Typer) -> None:
    """Register `help` and `completion` at the root."""
    command(app, "help")(help_)
    command(app, "completion")(completion)


def help_(
    out: Out, topic: Annotated[str | None, typer.Argument(metavar="TOPIC", help="exit-codes, config or formats.")] = None
) -> None:
    """Explain exit codes, configuration or formats."""
    if topic is None:
        out.data("topics: " + ", ".join(TOPICS) + "\n")
        return
    if topic not in TOPICS:
        raise problem(f"no topic `{topic}`", hint=f"topics: {', '.join(TOPICS)}")
    out.data(TOPICS[topic]())


def completion(out: Out, shell: Annotated[str, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")]) -> None:
    """Print the completion script of a shell.

    \b
    Examples:
      jc completion bash >> ~/.bashrc
      jc completion fish > ~/.config/fish/completions/jc.fish
    """
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    if shell not in {"bash", "zsh", "fish"}:
        raise problem(f"no completion for `{shell}`", hint="bash, zsh or fish")
    out.data(get_completion_script(prog_name="jc", complete_var="_JC_COMPLETE", shell=shell) + "\n")
    sys.stdout.flush()
