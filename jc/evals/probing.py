"""What the judges did with control items and frozen pairs: rows, false-accept rate, and verdicts to compare with another run.

A control is accepted falsely when the answer that is known to be bad wins or ties over both orders; with ratings, when it is
rated as high as the right one. A jury accepts what its members accept on average, as in the ranking.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from jc.evals.gold import GoldPair, Probe, ProbeKind
from jc.evals.results import Results, reading
from jc.evals.verdict import score_of
from jc.evals.work import GameNote

MOST_FALSE_ACCEPTS = 0.05
"""Above this share of accepted controls a run is marked unreliable."""
PROBE_COLUMNS = (
    "kind", "id", "attack", "order", "judge", "verdict", "score_better", "parse", "reason", "input_tokens", "output_tokens",
    "cost_usd", "latency_ms", "attempts",
)  # fmt: skip


@dataclass(slots=True)
class _Judged:
    """Per pair what each judge gave the better answer: 0 to 1 over both looks, None when a look could not be read."""

    shares: dict[int, list[float | None]] = field(default_factory=lambda: defaultdict(list))

    def mean(self, number: int) -> float | None:
        """The mean of the judges; None when one of them could not be read."""
        found = self.shares[number]
        known = [share for share in found if share is not None]
        return sum(known) / len(known) if known and len(known) == len(found) else None


def rows(results: Results) -> Iterator[dict[str, Any]]:
    """One row per look, controls first; `verdict` is about the pair's first and second answer."""
    plan, notes = results.plan, results.pipeline.probes
    for probe in plan.looks():
        note = notes.get(probe)
        if note is None:
            continue
        pair = plan.probes.pair(probe)
        yield {
            "kind": probe.kind,
            "id": pair.id,
            "attack": pair.attack,
            "order": ("2" if probe.swapped else "1") if note.rating is not None else "ba" if probe.swapped else "ab",
            "judge": plan.judges[probe.judge].name,
            "verdict": note.verdict if note.rating is None else f"{note.rating:g}",
            "score_better": _for_better(note, pair),
            **reading(note, results.looked(note)),
        }


def _for_better(note: GameNote, pair: GoldPair) -> float | None:
    if note.verdict is None:
        return None
    score = score_of(note.verdict)
    return score if pair.better == 1 else 1 - score


def summary(results: Results) -> dict[str, Any]:
    """`controls`, `sentinel` and `unreliable` for the summary of the run; None for what was not asked for."""
    probes = results.plan.probes
    controls = _controls(results, probes.controls) if probes.controls else None
    sentinel = _sentinel(results, probes.sentinels) if probes.sentinels else None
    return {"controls": controls, "sentinel": sentinel, "unreliable": bool(controls and controls["unreliable"])}


def cost_usd(results: Results, kind: ProbeKind | None = None) -> Decimal:
    """What the looks cost, as far as prices are known."""
    notes = [note for probe, note in results.pipeline.probes.items() if kind in {None, probe.kind}]
    return sum((results.looked(note).usd or Decimal(0) for note in notes), Decimal(0))


def _judged(results: Results, kind: ProbeKind, pairs: Sequence[GoldPair]) -> list[_Judged]:
    """By judge, and all judges together last."""
    judges = len(results.plan.judges)
    out = [_Judged() for _ in range(judges + 1)]
    for number, pair in enumerate(pairs):
        for judge in range(judges):
            looks = [results.pipeline.probes.get(Probe(kind, number, swapped, judge)) for swapped in (False, True)]
            share = _share(looks, pair)
            out[judge].shares[number].append(share)
            out[judges].shares[number].append(share)
    return out


def _share(looks: Sequence[GameNote | None], pair: GoldPair) -> float | None:
    first, second = looks
    if first is None or second is None:
        return None
    if first.rating is not None and second.rating is not None:
        lead = first.rating - second.rating
        share = 0.5 + ((lead > 0) - (lead < 0)) / 2
        return share if pair.better == 1 else 1 - share
    scores = [_for_better(note, pair) for note in (first, second)]
    known = [score for score in scores if score is not None]
    return sum(known) / 2 if len(known) == 2 else None


def _controls(results: Results, pairs: Sequence[GoldPair]) -> dict[str, Any]:
    *by_judge, together = _judged(results, "control", pairs)
    names = [party.name for party in results.plan.judges]
    total = _accepts(together, pairs)
    rate = total["false_accept"]
    return {
        **total,
        "limit": MOST_FALSE_ACCEPTS,
        "unreliable": rate is not None and rate["value"] > MOST_FALSE_ACCEPTS,
        "by_judge": [{"judge": name, **_accepts(judged, pairs)} for name, judged in zip(names, by_judge, strict=True)],
        "cost_usd": cost_usd(results, "control"),
    }


def _accepts(judged: _Judged, pairs: Sequence[GoldPair]) -> dict[str, Any]:
    shares = [judged.mean(number) for number in range(len(pairs))]
    read = [share for share in shares if share is not None]
    fooled = [pair.attack for pair, share in zip(pairs, shares, strict=True) if share is not None and share <= 0.5]
    return {
        "items": len(pairs),
        "read": len(read),
        "unread": len(pairs) - len(read),
        "accepted": len(fooled),
        "false_accept": _interval(len(fooled), len(read)),
        "fooled_by": [name for name in fooled if name],
    }


def _interval(successes: int, n: int) -> dict[str, Any] | None:
    """A share with its interval; SciPy is imported here, so that a run does not wait for it before its first call."""
    from jc.evals.statistics.intervals import wilson_mean

    mean = wilson_mean(successes, n)
    return None if mean is None else asdict(mean)


def _sentinel(results: Results, pairs: Sequence[GoldPair]) -> dict[str, Any]:
    *by_judge, _together = _judged(results, "sentinel", pairs)
    verdicts: dict[str, Mapping[str, float]] = {}
    cards = []
    for party, judged in zip(results.plan.judges, by_judge, strict=True):
        shares = {pair.key: judged.mean(number) for number, pair in enumerate(pairs)}
        known = {key: share for key, share in shares.items() if share is not None}
        verdicts[party.name] = known
        right = sum(share > 0.5 for share in known.values())
        cards.append({"judge": party.name, "read": len(known), "right": right, "accuracy": _interval(right, len(known))})
    return {
        "pairs": len(pairs),
        "sha256": results.plan.probes.sentinel_digest,
        "by_judge": cards,
        "verdicts": verdicts,
        "cost_usd": cost_usd(results, "sentinel"),
    }
