"""All figures of a set of games or scores at once.

The evidence is sorted first and every random draw starts from the seed of the rules, so the same evidence in any order of rows
gives the same result to the last bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from jc.evals.statistics.agreement import label_mean
from jc.evals.statistics.intervals import SHARE, clustered_mean, pass_rate
from jc.evals.statistics.judge_card import agreement_of_games, agreement_of_marks, judge_card, mark_card, one_judge
from jc.evals.statistics.length import Controlled, controlled
from jc.evals.statistics.matchups import matchups
from jc.evals.statistics.paired import pairs
from jc.evals.statistics.passk import pass_k_by_candidate
from jc.evals.statistics.rating import rate
from jc.evals.statistics.samples import bounds_of, right_or_wrong, samples_of_bouts, samples_of_scores
from jc.evals.statistics.units import (
    Bouts,
    Columns,
    Names,
    Scores,
    Units,
    bouts,
    columns,
    names_of_marks,
    scores_of_bouts,
    scores_of_marks,
    units,
)
from jc.evals.statistics.values import (
    Evidence,
    JudgeCard,
    Mark,
    Mean,
    Pair,
    PassK,
    Rating,
    RatingFit,
    Rules,
    Standing,
    Standings,
)
from jc.evals.statistics.winmatrix import win_matrix

_FEW = 10
"""With fewer clusters intervals lean hard on the t distribution."""


@dataclass(frozen=True, slots=True)
class _Marked:
    """What the marks say about each candidate, by name."""

    mean: dict[str, Mean]
    pass_rate: dict[str, Mean]
    pass_k: dict[str, tuple[PassK, ...]]


def standings(evidence: Evidence, rules: Rules | None = None) -> Standings:
    """The standings of `evidence`: from its games when there are any, else from its marks.

    Rows may come in any order, the result is the same to the last bit. ValueError when a candidate plays itself or a prompt has
    two clusters; evidence without a single row gives empty standings.
    """
    rules = rules or Rules()
    return _of_games(evidence, rules) if evidence.games else _of_marks(evidence, rules)


def _of_games(evidence: Evidence, rules: Rules) -> Standings:
    table = columns(evidence.games)
    rows = units(table)
    played = bouts(rows)
    scores = scores_of_bouts(played)
    order = _order(scores)
    matches = matchups(played)
    ratings, fit = rate(matches, rows.names.candidates, rules)
    level = controlled(played, rules.alpha)
    base = _standings(scores, order, evidence, rules)
    out = base.copy()
    for row, k in enumerate(order):
        out[row] = replace(
            base[row],
            wins=_count(rows, k, 1),
            ties=_count(rows, k, 0),
            losses=_count(rows, k, -1),
            rating=_with_length(ratings[k], level, k) if ratings else None,
            controlled_win_rate=float(level.win_rate[k]) if level else None,
        )
    place = {standing.candidate: number for number, standing in enumerate(out)}
    cells = sorted(win_matrix(rows, played, rules.alpha), key=lambda cell: (place[cell.a], place[cell.b]))
    half = int(rows.half.sum())
    tested = pairs(samples_of_bouts(played, order), rules)
    return Standings(
        basis="games",
        prompts=len(set(evidence.prompts) or rows.names.prompts),
        common_prompts=_common(scores),
        clusters=int(np.unique(rows.names.cluster_of[scores.prompt]).size),
        standings=tuple(out),
        pairs=tested,
        cells=tuple(cells),
        fit=fit,
        length=level.fit if level else None,
        judges=_judges(evidence, table, rows, rules.alpha),
        rules=rules,
        half_read=half,
        notes=(*_notes(out, fit, scores, half), *_too_many_pairs(tested, rules)),
    )


def _of_marks(evidence: Evidence, rules: Rules) -> Standings:
    scores = scores_of_marks(evidence.marks)
    order = _order(scores)
    out = _standings(scores, order, evidence, rules)
    tested = pairs(samples_of_scores(scores, order), rules)
    return Standings(
        basis="scores",
        prompts=len(set(evidence.prompts) or scores.names.prompts),
        common_prompts=_common(scores),
        clusters=int(np.unique(scores.names.cluster_of[scores.prompt]).size),
        standings=tuple(out),
        pairs=tested,
        cells=(),
        fit=None,
        length=None,
        judges=_mark_judges(evidence, {}, rules.alpha),
        rules=rules,
        notes=(*_notes(out, None, scores, 0), *_too_many_pairs(tested, rules)),
    )


def _order(scores: Scores) -> list[int]:
    """Candidates best first, equals by name; those without a score last."""
    means = [scores.of(k)[1] for k in range(len(scores.names.candidates))]
    key = [(-float(one.mean()) if one.size else float("inf"), k) for k, one in enumerate(means)]
    return [k for _, k in sorted(key)]


def _standings(scores: Scores, order: Sequence[int], evidence: Evidence, rules: Rules) -> list[Standing]:
    bounds = SHARE if evidence.games else bounds_of(scores.score)
    marked = _marked(evidence.marks, rules)
    total = len(set(evidence.prompts) or scores.names.prompts)
    out = []
    for k in order:
        name = scores.names.candidates[k]
        prompt, values = scores.of(k)
        out.append(
            Standing(
                candidate=name,
                score=clustered_mean(values, scores.names.cluster_of[prompt], rules.alpha, bounds),
                wins=0,
                ties=0,
                losses=0,
                prompts=prompt.size,
                coverage=prompt.size / total if total else 0.0,
                marks=marked.mean.get(name),
                pass_rate=marked.pass_rate.get(name),
                pass_k=marked.pass_k.get(name, ()),
            )
        )
    missing = sorted(set(evidence.candidates) - set(scores.names.candidates))
    return [*out, *(Standing(name, None, 0, 0, 0, 0, 0.0) for name in missing)]


def _marked(marks: Sequence[Mark], rules: Rules) -> _Marked:
    scores = scores_of_marks(marks)
    names = scores.names
    bounds, binary = bounds_of(scores.score), right_or_wrong(scores.score)
    mean, rates = {}, {}
    for k, name in enumerate(names.candidates):
        prompt, values = scores.of(k)
        cluster = names.cluster_of[prompt]
        if not values.size:
            continue
        mean[name] = clustered_mean(values, cluster, rules.alpha, bounds) or label_mean(values, cluster, rules.alpha)
        rate_of = pass_rate(values, cluster, rules.alpha) if binary else None
        if rate_of is not None:
            rates[name] = rate_of
    cluster_of = {prompt: int(names.cluster_of[k]) for k, prompt in enumerate(names.prompts)}
    return _Marked(mean, rates, pass_k_by_candidate(marks, cluster_of, rules.alpha))


def _count(rows: Units, candidate: int, sign: int) -> int:
    """Units that the candidate won (1), tied (0) or lost (−1)."""
    usable = ~np.isnan(rows.score)
    outcome = np.sign(rows.score[usable] - 0.5)
    as_i, as_j = rows.i[usable] == candidate, rows.j[usable] == candidate
    return int(np.sum(outcome[as_i] == sign) + np.sum(-outcome[as_j] == sign))


def _common(scores: Scores) -> int:
    """Prompts on which every candidate has a score."""
    number = len(scores.names.candidates)
    return int(np.sum(np.bincount(scores.prompt, minlength=1) == number)) if number else 0


def _with_length(rating: Rating, level: Controlled | None, k: int) -> Rating:
    if level is None:
        return rating
    return replace(
        rating,
        controlled=float(level.rating[k]),
        controlled_low=float(level.low[k]) if level.low is not None else None,
        controlled_high=float(level.high[k]) if level.high is not None else None,
    )


def _judges(evidence: Evidence, table: Columns, rows: Units, alpha: float) -> tuple[JudgeCard, ...]:
    cards = {}
    for k, name in enumerate(rows.names.judges):
        card = judge_card(k, table, rows, evidence.families, alpha)
        if evidence.label_games:
            seen: Bouts = one_judge(rows, k)
            card = replace(card, agreement=agreement_of_games(seen, evidence.label_games, alpha, evidence.label_weights))
        cards[name] = card
    return _mark_judges(evidence, cards, alpha)


def _mark_judges(evidence: Evidence, cards: dict[str, JudgeCard], alpha: float) -> tuple[JudgeCard, ...]:
    """The cards with the marks of each judge added; marks without a judge have a card only when there are labels for them."""
    by_judge: dict[str, list[Mark]] = {}
    for mark in evidence.marks:
        by_judge.setdefault(mark.judge, []).append(mark)
    names = names_of_marks(evidence.marks)
    people = _known_labels(evidence.label_marks, names)
    for name, marks in by_judge.items():
        if not name and not people:
            continue
        card = cards.get(name) or mark_card(name, marks)
        unread = sum(mark.score is None for mark in marks)
        agreement = card.agreement
        if agreement is None and people:
            agreement = agreement_of_marks(scores_of_marks(marks, names), scores_of_marks(people, names), alpha)
        cards[name] = replace(card, marks=len(marks), unparsed_marks=unread, agreement=agreement)
    return tuple(cards[name] for name in sorted(cards))


def _known_labels(labels: Sequence[Mark], names: Names) -> list[Mark]:
    """Labels of prompts and candidates that were marked."""
    prompts, candidates = set(names.prompts), set(names.candidates)
    return [label for label in labels if label.prompt in prompts and label.candidate in candidates]


def _notes(out: Sequence[Standing], fit: RatingFit | None, scores: Scores, half: int) -> tuple[str, ...]:
    notes = []
    if fit is not None and not fit.connected:
        groups = "; ".join(", ".join(group) for group in fit.components)
        notes.append(f"No ratings: no game connects these groups: {groups}.")
    if fit is not None and fit.separated:
        notes.append("Some candidates only won or only lost, so one tie was added to every played pair before rating.")
    elif fit is not None and fit.separated_draws:
        notes.append(
            f"In {fit.separated_draws:,} of {fit.draws:,} bootstrap draws some candidates only won or only lost; "
            "one tie was added to every played pair there."
        )
    clusters = int(np.unique(scores.names.cluster_of[scores.prompt]).size)
    if 0 < clusters < _FEW:
        noun = "cluster" if clusters < len(scores.names.prompts) else "prompt"
        notes.append(f"Only {clusters} independent {noun}{'' if clusters == 1 else 's'}: the intervals rest on little.")
    if half:
        notes.append(f"{half:,} comparison{'' if half == 1 else 's'} left out because only one of two orders could be read.")
    if len({standing.prompts for standing in out}) > 1:
        notes.append("The means rest on different prompts; the pairs rest on the prompts that both answered.")
    return tuple(notes)


def _too_many_pairs(tested: Sequence[Pair], rules: Rules) -> tuple[str, ...]:
    """Drawn p values have a floor, and Holm multiplies it: beyond some number of pairs none can be proven."""
    drawn = sum(pair.p_method == "draws" for pair in tested)
    floor = drawn / (1 + rules.flips)
    if floor < rules.alpha:
        return ()
    return (f"With {drawn:,} pairs and {rules.flips:,} draws the smallest p (Holm) is {floor:.3g}: look at the rank ranges.",)
