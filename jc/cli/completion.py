"""What a shell may complete: beside commands and options, the values that the catalog, the route tables and the runs hold.

Only loaded when a shell asks, so that no command pays for it. What a parameter takes is told by its metavar.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from jc.errors import JcError

if TYPE_CHECKING:
    import typer

    from jc.catalog.model import Catalog

_REGIONS = ("any", "same")


def complete(app: "typer.Typer", name: str) -> NoReturn:
    """Answer the shell's question in the environment, and leave."""
    from typer.completion import completion_init  # type: ignore[attr-defined]
    from typer.main import get_command

    completion_init()
    command = get_command(app)
    _attach(command)
    command(prog_name=name)
    raise SystemExit(0)


def _attach(command: Any) -> None:
    """Give every parameter below a command the values that its metavar stands for."""
    for sub in getattr(command, "commands", {}).values():
        _attach(sub)
    for parameter in command.params:
        values = BY_NAME.get(parameter.name) or VALUES.get((parameter.metavar or "").strip("[]"))
        if values is not None:
            parameter._custom_shell_complete = _completer(values)  # noqa: SLF001  Typer takes it in its own signatures only


def _completer(values: Callable[[], Iterable[str]]) -> Callable[[Any, Any, str], list[str]]:
    """The values that begin like what was typed; of a list `a,b` the last part is completed."""

    def found(_context: Any, _parameter: Any, incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",")
        try:
            return [before + comma + value for value in values() if value.startswith(last)]
        except (JcError, OSError):
            return []

    return found


def _catalog() -> "Catalog":
    from jc.catalog.load import cached_catalog

    folder = os.environ.get("JC_CATALOG")
    return cached_catalog(Path(folder) if folder else None)


def models() -> list[str]:
    """All offers and aliases, and the parts after a slash that name just one offer."""
    offers = _catalog().offers.values()
    named = {name: offer.id for offer in offers for name in (*offer.aliases, offer.id)}
    of_ending: dict[str, set[str]] = {}
    for name, offer_id in named.items():
        of_ending.setdefault(name.rpartition("/")[2], set()).add(offer_id)
    return sorted({*named, *(ending for ending, found in of_ending.items() if len(found) == 1)})


def tables() -> list[str]:
    """The names of the shipped route tables."""
    return sorted(_catalog().routes)


def tiers() -> list[str]:
    """The tiers of the policy."""
    return [tier.id for tier in _catalog().policy.tiers]


def regions() -> list[str]:
    """The regions of the catalog's offers."""
    return sorted({offer.region for offer in _catalog().offers.values()} | set(_REGIONS))


def jobs() -> list[str]:
    """The jobs of `jc catalog pick`."""
    return sorted(job.id for job in _catalog().jobs)


def runs() -> list[str]:
    """The run folders here."""
    folder = Path(os.environ.get("JC_RUNS") or "runs")
    return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def _topics() -> list[str]:
    from jc.cli.topics import TOPICS

    return list(TOPICS)


def prompts() -> list[str]:
    """The shipped evalsets, and files of prompts that lie here."""
    from jc.files import shipped

    sets = [path.stem for path in shipped("evalsets").glob("*.jsonl") if "answers" not in path.stem]
    return sorted({*sets, *(path.name for suffix in ("jsonl", "csv") for path in Path().glob(f"*.{suffix}"))})


BY_NAME: dict[str, Callable[[], Iterable[str]]] = {
    "prompts": prompts,
    "judge_mode": lambda: ("pairwise", "pointwise", "both"),
    "on_refusal": lambda: ("loss", "tie", "exclude"),
    "format_of": lambda: ("litellm", "models.dev", "openrouter", "genai-prices", "evals"),
}
"""What parameters take whose metavar says no more than FILE or MODE."""
VALUES: dict[str, Callable[[], Iterable[str]]] = {
    "MODEL": models,
    "MODELS": models,
    "OTHER": models,
    "A B …": models,
    "TABLE": tables,
    "TIER": tiers,
    "REGION": regions,
    "JOB": jobs,
    "RUN": runs,
    "BASE": runs,
    "TOPIC": _topics,
    "SHELL": lambda: ("bash", "zsh", "fish"),
}
