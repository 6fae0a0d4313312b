"""`jc`: parse, call one function, print. The one place that turns errors into exit codes (the table is in `errors.py`)."""

import atexit
import gc
import importlib
import os
import signal
import sys
from typing import Annotated, Any, NoReturn

import typer
from typer._click.exceptions import ClickException, NoArgsIsHelpError, UsageError
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

import jc
from jc.cli.options import CONTEXT
from jc.cli.output import show_error, use_color
from jc.errors import InputError, JcError

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


SUMMARIES = {
    "evals": "Compare candidate models on your own prompts.",
    "tiers": "Place models in quality tiers; find the cheapest equal.",
    "catalog": "Check, compare, import and price the model catalog.",
    "route": "Classify one prompt and choose its model.",
    "classifier": "Score, train and calibrate the prompt classifier.",
    "simulate": "Replay a traffic log against route tables.",
    "optimize": "Find the cheapest route table that keeps quality.",
    "traffic": "Look at, convert, shrink or make a traffic log.",
    "demo": "Take a tour with no key and no network.",
    "help": "Explain exit codes, configuration or formats.",
    "completion": "Print the completion script of a shell.",
}
"""What the help page says of each noun, short enough for 80 columns, so that it need not import them all; a test holds it
against what they say themselves."""


class _Later(TyperCommand):
    """A noun that is listed and not yet imported."""


class _Story(TyperGroup):
    """The nouns in the order of the story (Typer puts single commands before groups); each is imported when it is called."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, summary in SUMMARIES.items():
            self.commands.setdefault(name, _Later(name, help=summary, short_help=summary))

    def list_commands(self, ctx: Any) -> list[str]:
        """The names for the help page."""
        known = super().list_commands(ctx)
        return [name for name in NOUNS if name in known]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that was typed, imported now if it was only listed."""
        name = args[0]
        if isinstance(self.commands.get(name), _Later):
            alone = typer.Typer(rich_markup_mode=None)
            importlib.import_module(f"jc.cli.{NOUNS[name]}").add_to(alone)
            self.commands[name] = get_group(alone).commands[name]
        return super().resolve_command(ctx, args)


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


def register() -> None:
    """Hang every noun under the root, for completion and for what is made from all commands.

    Importing every command module costs as much as starting Python, so a call imports the noun that was typed and no other.
    """
    for name in dict.fromkeys(NOUNS.values()):
        importlib.import_module(f"jc.cli.{name}").add_to(app)


def _leave() -> None:
    """On leaving, Python would search all it has for cycles: 20 ms for memory that goes back anyway.

    DuckDB's binding counts on that search: without it, it writes on stderr what it takes for leaks.
    """
    if "_duckdb" not in sys.modules:
        gc.freeze()


def main() -> NoReturn:
    """The entry point: run, and leave with the exit code of the outcome."""
    if "_JC_COMPLETE" in os.environ:
        register()
        importlib.import_module("jc.cli.completion").complete(app, "jc")
    signal.signal(signal.SIGTERM, _terminated)
    atexit.register(_leave)
    color = use_color(os.environ.get("JC_COLOR", "auto") or "auto", sys.stderr.isatty())
    try:
        # Typer tells of usage errors in its own way, without a hint, unless it is asked to raise them.
        code = app(prog_name="jc", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except ClickException as error:
        sys.exit(_usage(error, color))
    except typer.Abort:
        sys.stderr.write("Aborted!\n")
        sys.exit(1)
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


def _usage(error: ClickException, color: bool) -> int:
    """Tell what is wrong with the words of a command, as every other mistake is told; 2."""
    if isinstance(error, NoArgsIsHelpError):
        error.show()
        return error.exit_code
    typed = error.ctx.command_path if isinstance(error, UsageError) and error.ctx is not None else "jc"
    what = "its commands" if isinstance(error, UsageError) and isinstance(error.cmd, TyperGroup) else "its arguments and options"
    show_error(InputError(error.format_message(), hint=f"`{typed} --help` lists {what}"), color)
    return error.exit_code


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
