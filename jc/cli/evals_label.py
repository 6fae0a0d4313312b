"""`jc evals label`: say blind which answer is better where the judges are unsure, and so learn how good the judges are."""

import os
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jc.cli.options import command
from jc.cli.output import Out
from jc.errors import InputError
from jc.sanitise import plain

if TYPE_CHECKING:
    from jc.evals.labels import Answer, Shown
    from jc.evals.runfolder import RunFolder

MAX_SHOWN = 6_000
"""Characters of a text that are shown."""
_KEYS = "a first, b second, t tie, s skip, q quit"


def register(app: typer.Typer) -> None:
    """Hang `label` under `jc evals`."""
    command(app, "label")(label)


def label(
    out: Out,
    name: Annotated[str, typer.Argument(metavar="RUN", help="A run's name or folder.")],
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="Show at most N pairs now.")] = None,
) -> None:
    """Label pairs of answers blind; the labels tell how good the judge is, and correct the ranking.

    Shows prompt and two answers without names, most often pairs on which the judge contradicts itself. Keys: a, b, t (tie),
    s (skip), q (quit); through a pipe one answer a line. Each label is kept at once in labels.jsonl of the run folder; the same
    command goes on where it stopped. `show`, `stats` and `report` then tell accuracy, κ, α and corrected scores (PPI++).

    \b
    Examples:
      jc evals label demo-97bf46ff
      jc evals label runs/nightly --limit 20
      printf 'a\\nt\\nq\\n' | jc evals label demo-97bf46ff
    """
    from pathlib import Path

    from jc.evals import labels, runfolder
    from jc.evals.finish import relabel
    from jc.report.evals_labels import labels_document

    folder = runfolder.find(Path(out.config.get("runs")), name)
    games = _games(folder)
    found = labels.strata(games)
    if not found:
        raise InputError(
            f"the run `{folder.id}` has no judged pairs to label",
            hint="labels compare two answers: run it pairwise, with a judge",
        )
    with runfolder.locked(folder):
        path = folder.path / labels.FILE
        done = {row.key for row in labels.read_labels(path)}
        left = [shown for shown in labels.order(found, str(folder.read_manifest()["secret"])) if shown.key not in done]
        for shown, answer in _asked(left[:limit], folder, len(done)):
            stamp = datetime.now(UTC).isoformat(timespec="seconds")
            labels.append(path, labels.labelled(shown, answer, stamp))
        summary = relabel(folder, games, _clusters(folder))
        out.emit(labels_document(folder.id, summary, labels.read_labels(path), found))


def _games(folder: "RunFolder") -> list[dict[str, Any]]:
    from jc.evals.results import GAME_COLUMNS
    from jc.report.run_rows import read_rows

    path = folder.path / "comparisons.csv"
    if not path.is_file():
        raise InputError(f"the run `{folder.id}` has no verdicts yet", hint=f"jc evals resume {folder.path}")
    return list(read_rows(path, GAME_COLUMNS))


def _clusters(folder: "RunFolder") -> dict[str, str]:
    """The family of each prompt that has one."""
    from jc.evals.results import RESULT_COLUMNS
    from jc.report.run_rows import read_rows

    rows = read_rows(folder.path / "results.csv", RESULT_COLUMNS)
    return {row["prompt_id"]: row["cluster"] for row in rows if row["cluster"]}


def _asked(left: "list[Shown]", folder: "RunFolder", done: int) -> "Iterable[tuple[Shown, Answer]]":
    """Show one pair after the other and give what the person says, until there are no more or the input ends."""
    from jc.report.run_document import prompt_texts

    texts = prompt_texts(folder)
    answers = _answers(folder, {shown.key.prompt for shown in left})
    for number, shown in enumerate(left, 1):
        pair = [answers.get((shown.key.prompt, name), "") for name in (shown.key.a, shown.key.b)]
        first, second = reversed(pair) if shown.swapped else pair
        _tell(f"\n── {number:,} of {len(left):,}, {done:,} labelled before ──")
        for head, text in (("Prompt", texts.get(shown.key.prompt, shown.key.prompt)), ("Answer A", first), ("Answer B", second)):
            _tell(f"\n{head}:\n{_clipped(text)}")
        key = _key()
        if key is None:
            return
        yield shown, _answer(key, shown)


def _answer(key: str, shown: "Shown") -> "Answer":
    """The key as an answer about the names: what stood first may be the second of the pair."""
    if key in "ts":
        return "tie" if key == "t" else "skip"
    return "a" if (key == "a") != shown.swapped else "b"


def _answers(folder: "RunFolder", prompts: set[str]) -> Mapping[tuple[str, str], str]:
    """The first answer of each candidate to these prompts."""
    from jc.evals.results import RESULT_COLUMNS
    from jc.report.run_rows import read_rows

    rows = (row for row in read_rows(folder.path / "results.csv", RESULT_COLUMNS) if row["prompt_id"] in prompts)
    return {(row["prompt_id"], row["candidate"]): row["output"] or "" for row in rows if not row["epoch"]}


def _tell(text: str) -> None:
    """What is asked belongs to the story, and is told with `--quiet` too."""
    sys.stderr.write(plain(text) + "\n")


def _clipped(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}\n… ({len(text) - MAX_SHOWN:,} more characters)"


def _key() -> str | None:
    """One of a, b, t, s; None to stop: q, the end of the input, or Ctrl-D."""
    while True:
        sys.stderr.write(f"\nWhich answer is better? [{_KEYS}] ")
        sys.stderr.flush()
        text = _pressed() if sys.stdin.isatty() else sys.stdin.readline()
        if not text or text == "\x04":
            sys.stderr.write("\n")
            return None
        key = text.strip()[:1].lower()
        if key == "q":
            sys.stderr.write("\n")
            return None
        if key and key in "abts":
            sys.stderr.write(f"{key}\n")
            return key
        if key:
            _tell(f"no key `{key}`: {_KEYS}")


def _pressed() -> str:
    """One key of the terminal, without Return where the system can do that."""
    try:
        import termios
        import tty
    except ImportError:  # pragma: no cover  Windows: with Return
        return sys.stdin.readline()
    handle = sys.stdin.fileno()
    before = termios.tcgetattr(handle)
    try:
        # Keys that were pressed before stay: whoever types ahead means it.
        tty.setcbreak(handle, termios.TCSADRAIN)
        return os.read(handle, 1).decode("latin-1")
    finally:
        termios.tcsetattr(handle, termios.TCSADRAIN, before)
