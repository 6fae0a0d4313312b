"""How far a judge can be trusted: does it keep its word when the order changes, does it lean to a place or to its own family."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy.special import bdtr

from jc.evals.statistics.agreement import cohen_kappa, krippendorff_alpha, label_mean, ppi_mean, same_verdict, verdicts
from jc.evals.statistics.intervals import clustered_mean, pass_rate, t_quantile, wilson_mean
from jc.evals.statistics.units import Bools, Bouts, Columns, Floats, Ints, Scores, Units, bouts, scores_of_bouts
from jc.evals.statistics.values import Agreement, Corrected, Game, JudgeCard, Mark, Mean, OwnFamily
from jc.evals.statistics.weighted import hajek, weighted_ppi, weighted_share


def binomial_p(successes: int, n: int) -> float | None:
    """Exact two-sided p of `successes` in `n` when both outcomes are equally likely: twice the smaller tail, at most 1."""
    return None if n == 0 else min(1.0, 2 * float(bdtr(min(successes, n - successes), n, 0.5)))


def judge_card(judge: int, games: Columns, rows: Units, families: Mapping[str, str], alpha: float = 0.05) -> JudgeCard:
    """The card of one judge (by its code) without labels.

    The share won by the first place counts every game with a winner and a known order. Its p takes games as independent; since
    the two games of a unit are not, `flips_p` asks only the units that changed with the order, each once.
    """
    name = rows.names.judges[judge]
    mine = games.judge == judge
    score, order = games.score[mine], games.order[mine]
    read = ~np.isnan(score)
    decisive = read & (order < 2) & (score != 0.5)
    first = decisive & ((score > 0.5) == (order == 0))
    unit = rows.judge == judge
    both = rows.both & unit
    forward, backward = rows.by_order[both, 0], rows.by_order[both, 1]
    flips_first = int(np.sum((forward > 0.5) & (backward < 0.5)))
    flips_second = int(np.sum((forward < 0.5) & (backward > 0.5)))
    wins, total = int(first.sum()), int(decisive.sum())
    consistent = int(rows.agree[unit].sum())
    return JudgeCard(
        judge=name,
        games=int(mine.sum()),
        unparsed=int((~read).sum()),
        ties=int(np.sum(score[read] == 0.5)),
        both_orders=int(both.sum()),
        consistent=consistent,
        consistency=wilson_mean(consistent, int(both.sum()), alpha),
        decisive=total,
        first_wins=wins,
        first_share=wins / total if total else None,
        first_p=binomial_p(wins, total),
        flips_first=flips_first,
        flips_second=flips_second,
        flips_p=binomial_p(flips_first, flips_first + flips_second),
        own_family=own_family(judge, rows, families, alpha),
    )


def mark_card(judge: str, marks: Sequence[Mark]) -> JudgeCard:
    """The card of a judge that gave only pointwise scores."""
    unread = sum(mark.score is None for mark in marks)
    return JudgeCard(judge, 0, 0, 0, 0, 0, None, 0, 0, None, None, 0, 0, None, marks=len(marks), unparsed_marks=unread)


def own_family(judge: int, rows: Units, families: Mapping[str, str], alpha: float = 0.05) -> OwnFamily | None:
    """What the judge gives its own family in games against others, minus what other judges give it in the same games.

    Where no judge of another family looked at the same prompt and pair, it is the own family's score minus the opponents', which
    may be quality as well as bias. Mean over prompts, clustered. None when no candidate is of the judge's family or none is not.
    """
    names = rows.names
    family = families.get(names.judges[judge])
    own = np.array([family is not None and families.get(name) == family for name in names.candidates], dtype=bool)
    mixed = (own[rows.i] != own[rows.j]) & ~np.isnan(rows.score)
    mine = mixed & (rows.judge == judge)
    if family is None or not mine.any():
        return None
    score = np.where(own[rows.i], rows.score, 1 - rows.score)
    foreign = np.array([families.get(name) != family for name in names.judges])
    number = len(names.candidates)
    case = (rows.prompt * number + rows.i) * number + rows.j
    theirs = mixed & foreign[rows.judge] & np.isin(case, case[mine])
    candidates = tuple(name for name, is_own in zip(names.candidates, own, strict=True) if is_own)
    if theirs.any():
        shared = mine & np.isin(case, case[theirs])
        cases, gap = _gaps(case, score, shared, theirs)
        cluster = names.cluster_of[cases // number**2]
        mean = clustered_mean(gap, cluster, alpha)
        return OwnFamily(family, candidates, mean, "other judges") if mean else None
    mean = clustered_mean(2 * score[mine] - 1, names.cluster_of[rows.prompt[mine]], alpha)
    return OwnFamily(family, candidates, mean, "other candidates") if mean else None


def _gaps(case: Ints, score: Floats, mine: Bools, theirs: Bools) -> tuple[Ints, Floats]:
    """Per case of both: the mean score here minus the mean score there."""
    cases = np.unique(case[mine])
    here = np.bincount(np.searchsorted(cases, case[mine]), score[mine]) / np.bincount(np.searchsorted(cases, case[mine]))
    there = np.bincount(np.searchsorted(cases, case[theirs]), score[theirs])
    return cases, here - there / np.bincount(np.searchsorted(cases, case[theirs]))


def one_judge(rows: Units, judge: int) -> Bouts:
    """The bouts as this judge alone sees them."""
    keep = rows.judge == judge
    return bouts(
        Units(
            rows.names,
            rows.prompt[keep],
            rows.i[keep],
            rows.j[keep],
            rows.judge[keep],
            rows.epoch[keep],
            rows.score[keep],
            rows.length[keep],
            rows.both[keep],
            rows.agree[keep],
            rows.half[keep],
            rows.by_order[keep],
        )
    )


def agreement_of_games(
    rows: Bouts, labels: Sequence[Game], alpha: float = 0.05, weights: Mapping[tuple[str, str, str], float] | None = None
) -> Agreement | None:
    """The judge's bouts against people's verdicts on the same prompt and pair; None when nothing is labelled.

    Several labels of one case are averaged. The corrected score of a candidate is its mean over prompts (PPI++). `weights` says
    for how many pairs a label stands (by prompt and names in order), when labels were drawn by strata; else all stand for equally
    many.
    """
    people = _labels(labels)
    names = rows.names
    label = np.full(rows.prompt.size, np.nan)
    each = np.ones(rows.prompt.size)
    for row in range(rows.prompt.size):
        key = (names.prompts[rows.prompt[row]], names.candidates[rows.i[row]], names.candidates[rows.j[row]])
        if key in people:
            label[row] = people[key]
            each[row] = (weights or {}).get(key, 1.0)
    known = ~np.isnan(label)
    if not known.any():
        return None
    judged = verdicts(rows.score[known])
    said = verdicts(label[known])
    found = _agreement(
        judged,
        said,
        same_verdict(judged, said),
        rows.cluster[known],
        alpha,
        each[known] if weights else None,
    )
    corrected = _corrected_by_strata(rows, label, each, alpha) if weights else _corrected(rows, label, alpha)
    return replace(found, corrected=corrected)


def _labels(labels: Sequence[Game]) -> dict[tuple[str, str, str], float]:
    """Mean label of each prompt and pair, for the candidate whose name comes first."""
    found: dict[tuple[str, str, str], list[float]] = {}
    for game in labels:
        if game.score_a is None:
            continue
        first, second = sorted((game.a, game.b))
        score = game.score_a if game.a == first else 1 - game.score_a
        found.setdefault((game.prompt, first, second), []).append(score)
    return {key: sum(sorted(scores)) / len(scores) for key, scores in found.items()}


def _agreement(
    judged: Floats,
    said: Floats,
    same: Bools,
    cluster: Ints,
    alpha: float,
    weights: Floats | None = None,
) -> Agreement:
    kappa = cohen_kappa(judged, said, alpha, weights)
    both = np.stack([judged, said])
    right = same.astype(np.float64)
    accuracy = pass_rate(right, cluster, alpha) if weights is None else weighted_share(right, weights, cluster, alpha)
    assert accuracy is not None
    return Agreement(
        units=int(judged.size),
        accuracy=accuracy,
        kappa=kappa.value,
        kappa_low=kappa.low,
        kappa_high=kappa.high,
        alpha_nominal=krippendorff_alpha(both, "nominal", weights),
        alpha_ordinal=krippendorff_alpha(both, "ordinal", weights),
        alpha_interval=krippendorff_alpha(both, "interval", weights),
    )


def _corrected(rows: Bouts, label: Floats, alpha: float) -> tuple[Corrected, ...]:
    known = ~np.isnan(label)
    people = scores_of_bouts(Bouts(rows.names, rows.prompt[known], rows.i[known], rows.j[known], label[known], label[known]))
    same = scores_of_bouts(Bouts(rows.names, rows.prompt[known], rows.i[known], rows.j[known], rows.score[known], label[known]))
    return corrected_scores(people, same, scores_of_bouts(rows), alpha)


def _corrected_by_strata(rows: Bouts, label: Floats, weights: Floats, alpha: float) -> tuple[Corrected, ...]:
    """Each candidate's mean over its pairs, by labels that stand for different numbers of pairs."""
    out = []
    for k, candidate in enumerate(rows.names.candidates):
        mine = (rows.i == k) | (rows.j == k)
        turned = rows.j[mine] == k
        judged = np.where(turned, 1 - rows.score[mine], rows.score[mine])
        said = np.where(turned, 1 - label[mine], label[mine])
        known, cluster, each = ~np.isnan(said), rows.cluster[mine], weights[mine]
        if not known.any():
            continue
        clusters = (cluster[known], cluster)
        found = weighted_ppi(said[known], judged[known], each[known], judged, clusters, alpha)
        by_judge = clustered_mean(judged, cluster, alpha)
        if found is None or by_judge is None:
            continue
        of_labels = _of_labels(said[known], each[known], cluster[known], alpha)
        out.append(Corrected(candidate, of_labels, by_judge, found.mean, found.weight, int(known.sum())))
    return tuple(out)


def _of_labels(said: Floats, weights: Floats, cluster: Ints, alpha: float) -> Mean:
    """The weighted mean of the labels alone."""
    value, se = hajek(said, weights, cluster)
    number = int(np.unique(cluster).size)
    if se is None:
        return Mean(value, None, None, None, said.size, number, "none")
    half = t_quantile(alpha, number - 1) * se
    return Mean(value, se, value - half, value + half, said.size, number)


def corrected_scores(people: Scores, judged: Scores, everything: Scores, alpha: float = 0.05) -> tuple[Corrected, ...]:
    """Each candidate's mean by labels, by the judge on all prompts, and by the judge corrected with the labels (PPI++).

    `people` and `judged` are the two views of the labelled cases, `everything` is the judge on all prompts.
    """
    names = everything.names
    out = []
    for k, candidate in enumerate(names.candidates):
        prompt, label = people.of(k)
        _, same = judged.of(k)
        all_prompts, all_scores = everything.of(k)
        rest = ~np.isin(all_prompts, prompt)
        clusters = (names.cluster_of[prompt], names.cluster_of[all_prompts[rest]])
        found = ppi_mean(label, same, all_scores[rest], clusters, alpha)
        by_judge = clustered_mean(all_scores, names.cluster_of[all_prompts], alpha)
        if found is None or by_judge is None:
            continue
        of_labels = label_mean(label, clusters[0], alpha)
        out.append(Corrected(candidate, of_labels, by_judge, found.mean, found.weight, label.size))
    return tuple(out)


def agreement_of_marks(judged: Scores, people: Scores, alpha: float = 0.05) -> Agreement | None:
    """A judge's marks against people's on the same prompt and candidate; accuracy is exact equality. None for no common case.

    Both must use the same names (build them from one list of marks).
    """
    number = len(judged.names.candidates)
    here, there = judged.prompt * number + judged.candidate, people.prompt * number + people.candidate
    common = np.intersect1d(here, there)
    if not common.size:
        return None
    mine, said = judged.score[np.isin(here, common)], people.score[np.isin(there, common)]
    cluster = judged.names.cluster_of[common // number]
    labelled = Scores(judged.names, common // number, common % number, said)
    same = Scores(judged.names, common // number, common % number, mine)
    corrected = corrected_scores(labelled, same, judged, alpha)
    return replace(_agreement(mine, said, np.asarray(mine == said), cluster, alpha), corrected=corrected)
