"""`jc`: parse, call one function, print. The one place that turns errors into exit codes (the table is in `errors.py`)."""

import importlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

import jc
from jc.cli.options import CONTEXT
from jc.cli.output import show_error, use_color
from jc.errors import JcError

ROOT_HELP = """Evaluate, tier, price and route language models.

\b
Start here:
  jc catalog check                          is the catalog sound?
  jc tiers explain openai/gpt-4o            what could answer in its place, and why?
  jc simulate traffic.jsonl -r routes.yaml  what would these routes have cost?
  jc evals run -c a,b -p set.jsonl -j m     which model answers my prompts better?
"""

# Each noun with the module that holds its commands, in the order of the story. To add one, add a line.
NOUNS = {
    "evals": "evals",
    "tiers": "tiers",
    "catalog": "catalog",
    "route": "route",
    "classifier": "classifier",
    "simulate": "simulate",
    "optimize": "optimize",
    "traffic": "traffic",
    "demo": "demo",
    "help": "topics",
    "completion": "topics",
}


class _Story(TyperGroup):
    """The nouns in the order of the story; Typer would put single commands before groups."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names for the help page."""
        known = super().list_commands(ctx)
        return [name for name in NOUNS if name in known]


app = typer.Typer(
    help=ROOT_HELP,
    cls=_Story,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=CONTEXT,
)


def _version(value: bool) -> None:
    if value:
        sys.stdout.write(f"jc {jc.__version__}\n")
        raise typer.Exit


@app.callback(help=ROOT_HELP)
def root(
    *,
    version: Annotated[  # noqa: ARG001  eager: its callback prints and leaves
        bool, typer.Option("--version", "-V", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
    color: Annotated[
        str, typer.Option("--color", help="When to use colour.", envvar="JC_COLOR", metavar="auto|always|never")
    ] = "",
) -> None:
    """Options that stand before the command."""
    if color:
        os.environ["JC_COLOR"] = color


def register(arguments: Sequence[str] = ()) -> None:
    """Hang the nouns under the root: only the one that was typed, all of them for help, completion and misspelt words.

    Importing every command module costs as much as starting Python; a route is asked for on every request.
    """
    typed = arguments[0] if arguments else ""
    modules = [NOUNS[typed]] if typed in NOUNS else list(dict.fromkeys(NOUNS.values()))
    for name in modules:
        importlib.import_module(f"jc.cli.{name}").add_to(app)


def main() -> NoReturn:
    """The entry point: run, and leave with the exit code of the outcome."""
    if "_JC_COMPLETE" in os.environ:
        register()
        importlib.import_module("jc.cli.completion").complete(app, "jc")
    register(sys.argv[1:])
    signal.signal(signal.SIGTERM, _terminated)
    color = use_color(os.environ.get("JC_COLOR", "auto") or "auto", sys.stderr.isatty())
    try:
        app(prog_name="jc")
    except JcError as error:
        show_error(error, color)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped; the same command continues.\n")
        sys.exit(130)
    except OSError as error:
        sys.stderr.write(f"error: {error.strerror or error}{f': `{error.filename}`' if error.filename else ''}\n")
        sys.exit(74)
    except Exception as error:
        sys.exit(_bug(error))
    sys.exit(0)


def _terminated(_signal: int, _frame: object) -> NoReturn:
    sys.exit(143)


def _without_keys(text: str) -> str:
    """A crash file goes into a report: the values of variables that are named like keys are taken out of it."""
    names = ("KEY", "TOKEN", "SECRET", "PASSWORD")
    for name, value in os.environ.items():
        if len(value) >= 8 and any(word in name.upper() for word in names):
            text = text.replace(value, f"<{name}>")
    return text


def _bug(error: Exception) -> int:
    """Write the traceback to a log file and say where it is; 70."""
    import tempfile
    import traceback

    handle, name = tempfile.mkstemp(prefix="jc-crash-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as out:
        out.write(f"jc {jc.__version__}\n")
        out.write(_without_keys("".join(traceback.format_exception(error))))
    sys.stderr.write(f"error: this is a bug in `jc`: {type(error).__name__}\nhint: please report it with the log `{name}`\n")
    return 70
