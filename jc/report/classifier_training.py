"""Thresholds for a classifier, and what training with a user's own rows brought, for people and machines."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jc.report.classifier import interval
from jc.report.document import Document
from jc.report.numbers import UNKNOWN, percent, usd_amount
from jc.report.table import Column, Table
from jc.routing.calibrate import Level

if TYPE_CHECKING:
    from jc.routing.train import Improved


def calibration_document(
    levels: Sequence[Level], chosen: Level | None, by_class: Mapping[str, float | None], wanted: str, n: int
) -> Document:
    """Thresholds with what they bring, the chosen one marked, and what to write in a route table."""
    yaml = "" if chosen is None else table_lines(chosen.threshold)
    listed_levels = [level._asdict() for level in levels]
    payload = {
        "n": n,
        "wanted": wanted,
        "threshold": None if chosen is None else chosen.threshold,
        "levels": listed_levels,
        "by_class": dict(by_class),
    }
    columns = tuple(
        Column(name, "right" if number else "left")
        for number, name in enumerate(("Threshold", "Sure", "Right of those", "Right after default", "Hard → simple", "USD/1k"))
    )
    rows = [_row(level, chosen) for level in levels]
    table = Table(columns, rows)
    head = f"{n:,} labelled prompts; {wanted}: " + ("no threshold reaches it" if chosen is None else f"{chosen.threshold:g}")
    foot = [] if chosen is None else ["Write in the route table:", f"  {yaml.strip()}"]
    listed = ", ".join(f"{name} {UNKNOWN if low is None else f'{low:g}'}" for name, low in by_class.items())
    foot += [] if not by_class else [f"By class (`min_confidence` of a route): {listed}"]
    text = "\n\n".join([head, table.text(), "\n".join(foot)]).rstrip()
    markdown = "\n\n".join([head, table.markdown(), "\n".join(foot)]).rstrip()
    return Document("jc.classifier-calibration/1", payload, listed_levels, [table], text=text, markdown=markdown,
                    extra={"yaml": lambda: yaml} if yaml else {})  # fmt: skip


def table_lines(threshold: float) -> str:
    """The threshold as it stands in a route table."""
    return f"threshold: {threshold:g}\n"


def _row(level: Level, chosen: Level | None) -> list[str]:
    mark = "→ " if chosen is not None and level.threshold == chosen.threshold else "  "
    usd = UNKNOWN if level.usd is None else usd_amount(level.usd * 1000)
    shares = (level.sure_share, level.sure_accuracy, level.routed_accuracy, level.hard_to_simple)
    return [f"{mark}{level.threshold:g}", *(percent(share) for share in shares), usd]


def improved_document(improved: "Improved", own: int, written: str) -> Document:
    """Accuracy on a user's rows before and after, held out, and what was written."""
    before, after, gain = improved.before, improved.after, improved.gain
    columns = (Column(""), *(Column(name, "right") for name in ("Right", "95% interval", "Macro-F1", "ECE", "Hard → simple")))
    rows = [
        [name, percent(one.accuracy), interval(one.accuracy, one.n), f"{one.macro_f1:.3f}", f"{one.ece:.3f}",
         percent(one.hard_to_simple)]
        for name, one in (("before", before), ("after, held out", after))
    ]  # fmt: skip
    table = Table(columns, rows)
    word = "better" if gain[1] > 0 else "worse" if gain[2] < 0 else "no difference is proven"
    lines = [
        f"Difference {gain[0] * 100:+.1f} points (95% interval {gain[1] * 100:+.1f} to {gain[2] * 100:+.1f}): {word}",
        f"{own:,} own prompts, {improved.folds} folds: each is predicted by weights that never saw it",
        *([f"Wrote `{written}`; use it with `jc route --weights {written}` or `classifier: {written}` in a route table"]
          if written else ["Nothing was written: name a file with `--output my.weights`"]),
    ]  # fmt: skip
    lines = [line.replace("-", "−") if line.startswith("Difference") else line for line in lines]
    payload: dict[str, Any] = {
        "own": own,
        "folds": improved.folds,
        "before": before.to_json(),
        "after": after.to_json(),
        "gain": {"accuracy": gain[0], "low": gain[1], "high": gain[2]},
        "weights": written or None,
    }
    text = "\n\n".join([table.text(), "\n".join(lines)])
    markdown = "\n\n".join([table.markdown(), "\n".join(f"- {line}" for line in lines)])
    records = [{"when": "before", **_flat(before)}, {"when": "after", **_flat(after)}]
    return Document("jc.classifier-training/1", payload, records, [table], text=text, markdown=markdown)


def _flat(score: Any) -> dict[str, Any]:
    return {"n": score.n, "accuracy": score.accuracy, "macro_f1": score.macro_f1, "ece": score.ece}
