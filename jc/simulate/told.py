"""What an answer rests on, in words: assumptions under each estimate, warnings beside them."""

from collections.abc import Sequence

from jc.catalog.model import Offer
from jc.quantities import counted
from jc.simulate.estimate import Estimate, offers_of
from jc.simulate.ratios import Ratios
from jc.simulate.simulation import Question, Simulation
from jc.simulate.span import spans_a_month
from jc.traffic.grid import served_model

GUIDE_MIX: tuple[tuple[str, float], ...] = (("simple", 0.6), ("general", 0.3), ("reasoning", 0.07), ("code", 0.03))
"""The class mix of the guide's workload of 1,000 requests; taken where a log has neither classes nor prompts."""


def explain(simulation: Simulation, ratios: Ratios, question: Question) -> None:
    """Write under each estimate what it rests on."""
    logged, *others = simulation.estimates
    said = simulation.speeds.said(offers_of(simulation.estimates))
    if logged.unknown:
        simulation.warnings.append(_unknown(simulation, logged))
    for estimate in simulation.estimates:
        if estimate.latency_origin == "estimated" and said:
            estimate.assumptions.append(f"latency is an estimate: the {said}")
        if estimate.backdated:
            one = estimate.backdated == 1
            older = f"{counted(estimate.backdated, 'request')} {'is' if one else 'are'} older than the first known price"
            estimate.assumptions.append(f"{older} and {'costs' if one else 'cost'} what that one says")
    for estimate in others:
        _explain_plans(simulation, estimate)
        _explain_table(simulation, estimate, ratios, question)
    _explain_hidden(simulation)


def _explain_table(simulation: Simulation, estimate: Estimate, ratios: Ratios, question: Question) -> None:
    if question.assumed.tokens == "as-logged":
        estimate.assumptions.append("all models are taken to use the logged tokens (--tokens as-logged)")
    elif ratios.said():
        estimate.assumptions.append(ratios.said())
    _explain_quality(simulation, estimate, question)
    if estimate.lost_cache > 0.01:
        lost = f"loses {estimate.lost_cache:.0%} of the cached tokens"
        simulation.warnings.append(f"{estimate.name} moves sessions between models and {lost}; it is counted")
    if estimate.unpriced:
        names = ", ".join(sorted(estimate.unpriced))
        simulation.warnings.append(f"{estimate.name} leaves {names} unpriced; the sum is without it")
    if estimate.rejected:
        share = estimate.rejected / max(1, estimate.requests)
        what = f"{estimate.name} rejects {counted(estimate.rejected, 'request')} ({share:.1%}) that none of its models can take"
        rest = "its cost is without them, its change is over what both sides answer"
        simulation.warnings.append(f"{what}{_why(estimate, 'refused')}; {rest}")
    if kept := estimate.kept.get("unable", 0):
        what = f"{counted(kept, 'request')} ({kept / max(1, estimate.requests):.1%}) that none of its models can take"
        simulation.warnings.append(f"{estimate.name} leaves {what}{_why(estimate, 'unable')} to the model that was asked for")


def _why(estimate: Estimate, what: str) -> str:
    """Why most often, in brackets."""
    most = estimate.unable.get(what, "")
    return f" ({most})" if most else ""


def _explain_plans(simulation: Simulation, estimate: Estimate) -> None:
    if estimate.walk is None or not estimate.walk.plans:
        return
    whole = spans_a_month(simulation.cube) == 1
    time = (
        "a whole month, as the log has no times or lies within an hour"
        if whole
        else "the part of a 30-day month that the log lasts"
    )
    estimate.assumptions.append(f"the fees of flat plans are in the cost for {time}; no part of a breakdown holds them")
    outside = {one.plan: one.requests - one.covered for one in estimate.walk.plans if one.requests > one.covered}
    for plan, number in outside.items():
        said = f"paid by the token, because no model of the plan answers: {counted(number, 'request')} of keys on {plan}"
        estimate.assumptions.append(said)


def _explain_quality(simulation: Simulation, estimate: Estimate, question: Question) -> None:
    if estimate.quality is None or simulation.qualities is None:
        return
    measures = simulation.qualities.measures()
    if measures:
        estimate.assumptions.append(f"quality is what was measured of the models, not of these answers: {measures}")
        held = "also holds" if simulation.measured else "does not hold"
        estimate.assumptions.append(f"the interval of quality {held} how well the models were measured")
    if question.confusion is not None:
        wrong = "quality counts the requests that the classifier sends to a wrong class (--confusion)"
        estimate.assumptions.append(wrong)


def _explain_hidden(simulation: Simulation) -> None:
    """One sentence for all tables about models that think in tokens which nobody has counted."""
    others = simulation.estimates[1:]
    hidden = {estimate.name: [one.id for one in estimate.offers if _hides_reasoning(simulation, one)] for estimate in others}
    names = sorted({name for found in hidden.values() for name in found})
    if names:
        said = f"hidden reasoning tokens are not known for {', '.join(names)}: cost and latency are lower bounds"
        for estimate in others:
            if hidden[estimate.name]:
                estimate.assumptions.append(said)


def _hides_reasoning(simulation: Simulation, offer: Offer) -> bool:
    """Whether an offer thinks in tokens that the log's models did not, as far as anybody has measured."""
    model = simulation.book.catalog.models.get(offer.model)
    thinkers = {one.model for one in simulation.estimates[0].offers if one.reasoning}
    return bool(offer.reasoning) and offer.model not in thinkers and not (model is not None and model.verbosity)


def _unknown(simulation: Simulation, logged: Estimate) -> str:
    names = sorted({served_model(key) for key, code in zip(simulation.cube.keys, logged.chosen, strict=True) if code == -2})
    share = logged.unknown / max(1, logged.requests)
    if names == [""]:
        who = f"{counted(logged.unknown, 'request')} ({share:.1%}) {'names' if logged.unknown == 1 else 'name'}"
        return f"{who} no model: what {'it' if logged.unknown == 1 else 'they'} cost as logged is not known"
    stated = bool(logged.known[logged.chosen == -2].all())
    how = "left at their logged cost" if stated else "their cost as logged is not known"
    named = [name for name in names if name]
    who = f"{counted(logged.unknown, 'request')} ({share:.1%}) {'names' if logged.unknown == 1 else 'name'}"
    return f"{who} {counted(len(named), 'model')} that {'is' if len(named) == 1 else 'are'} not in the catalog; {how}"


def say_order(simulation: Simulation) -> None:
    """Warn where budgets, limits or outages were asked of a log that does not say when its requests came."""
    if not simulation.timed and any(estimate.walk is not None for estimate in simulation.estimates):
        simulation.warnings.append(
            "the log has no `ts`: its requests are taken as if all came at one moment, in no particular order, so that a key has"
            " one budget window and which requests it refuses is arbitrary"
        )


def say_classes(simulation: Simulation, classed: bool, question: Question, said: str) -> None:
    """Say how prompts were classified, or which class mix was assumed where the log has neither classes nor prompts."""
    if classed:
        return
    if said:
        for estimate in simulation.estimates[1:]:
            estimate.assumptions.append(said)
        return
    say_mix(simulation, question.mix or GUIDE_MIX, "the log has neither classes nor prompts")


def say_mix(simulation: Simulation, mix: Sequence[tuple[str, float]], why: str) -> None:
    """Say under every table, or beside the log where no table was asked for, which class mix was assumed."""
    line = mix_said(mix, why)
    for estimate in simulation.estimates[1:]:
        estimate.assumptions.append(line)
    if not simulation.estimates[1:]:
        simulation.notes.append(line)


def mix_said(mix: Sequence[tuple[str, float]], why: str) -> str:
    """`the log has …: the class mix of the guide's workload is assumed (simple 60%, …)`."""
    shares = ", ".join(f"{name} {share:.0%}" for name, share in mix)
    where = "of the guide's workload" if tuple(mix) == GUIDE_MIX else "given with --mix"
    return f"{why}: the class mix {where} is assumed ({shares})"
