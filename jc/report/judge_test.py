"""What a judge did with gold pairs and attacks, for people and machines."""

from collections.abc import Sequence

from jc.evals.judge_test import JudgeReport, JudgeScore
from jc.evals.statistics.values import Mean
from jc.report.document import Document
from jc.report.numbers import UNKNOWN, percent
from jc.report.table import Column, Table


def _interval(mean: Mean | None) -> str:
    return UNKNOWN if mean is None or mean.low is None or mean.high is None else f"{mean.low * 100:.0f} – {mean.high * 100:.0f}"


def _row(judge: str, name: str, score: JudgeScore) -> list[str]:
    share = percent(score.accuracy.value if score.accuracy else None)
    same = percent(score.consistency.value if score.consistency else None, 0)
    counts = [f"{count:,}" for count in (score.pairs, score.ties, score.wrong, score.unread)]
    return [judge, name, share, _interval(score.accuracy), same, *counts]


def judge_test_document(reports: Sequence[JudgeReport]) -> Document:
    """The reports of one or several judges in every format."""
    numbers = ("Right", "95% interval", "Same in both orders", "Pairs", "Ties", "Wrong", "Unread")
    columns = (Column("Judge"), Column("Set"), *(Column(name, "right") for name in numbers))
    rows = []
    words = []
    for report in reports:
        if report.gold.pairs:
            rows.append(_row(report.judge, "all gold pairs", report.gold))
        rows += [_row(report.judge, name, score) for name, score in report.by_set.items() if len(report.by_set) > 1]
        if report.attacks is not None:
            rows.append(_row(report.judge, "attacks", report.attacks))
            by = f": {', '.join(report.fooled_by)}" if report.fooled_by else ""
            share, interval = (
                percent(report.attack_success.value if report.attack_success else None, 0),
                _interval(report.attack_success),
            )
            pairs, unread = report.attacks.pairs, report.attacks.unread
            of = f"the {pairs - unread:,} attacks that were read, of {pairs:,}" if unread else f"{pairs:,} attacks"
            words.append(f"{report.judge} was fooled by {share} of {of} (95% interval {interval}){by}.")
    table = Table(columns, rows)
    text = "\n\n".join([table.text(), *words])
    markdown = "\n\n".join([table.markdown(), *words])
    payload = {"judges": [report.payload() for report in reports]}
    return Document("jc.judge-test/1", payload, payload["judges"], [table], text=text, markdown=markdown)
