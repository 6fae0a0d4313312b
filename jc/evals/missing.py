"""How many verdicts a run lacks: those that failed, and those whose answers are not there yet."""

from jc.evals.pipeline import Pipeline
from jc.evals.run import Finished
from jc.evals.work import Slot


def missing_verdicts(finished: Finished) -> int:
    """Verdicts that failed, and those of pairs and answers that are not there yet."""
    pipeline, plan = finished.results.pipeline, finished.results.plan
    failed = pipeline.games.failed + sum(1 for note in pipeline.probes.values() if note.failure)
    absent = len(plan.looks()) - len(pipeline.probes)
    for case in range(len(plan.evalset.cases)):
        for epoch in range(plan.settings.epochs):
            gone = {
                number
                for number in range(len(plan.candidates))
                if pipeline.asks(Slot(case, number, epoch))
                and pipeline.answers.status(Slot(case, number, epoch)) in {None, "error"}
            }
            if plan.pairwise:
                absent += 2 * len(plan.judges) * sum(1 for pair in _played(pipeline, case) if gone & set(pair))
            if plan.pointwise:
                absent += len(plan.judges) * len(gone)
    unstarted = max(0, _startable(finished) - len(pipeline.games)) if finished.stopped else 0
    return failed + absent + unstarted


def _played(pipeline: Pipeline, case: int) -> list[tuple[int, int]]:
    return [pair for pair in pipeline.plan.pairs(case) if pipeline.plays(case, *pair)]


def _startable(finished: Finished) -> int:
    """Games whose answers are all there."""
    pipeline, plan = finished.results.pipeline, finished.results.plan
    count = 0
    for case in range(len(plan.evalset.cases)):
        for epoch in range(plan.settings.epochs):
            players = range(len(plan.candidates))
            good = {number for number in players if pipeline.answers.status(Slot(case, number, epoch)) == "ok"}
            if plan.pairwise:
                count += 2 * len(plan.judges) * sum(1 for pair in _played(pipeline, case) if set(pair) <= good)
            if plan.pointwise:
                count += len(plan.judges) * len(good)
    return count
