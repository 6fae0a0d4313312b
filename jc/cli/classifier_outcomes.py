"""`jc classifier score|train --outcomes`: a route table, or a learned router, on prompts whose outcome every model has."""

from pathlib import Path
from typing import TYPE_CHECKING

from jc.cli.classifier_tables import router_of
from jc.cli.output import Out
from jc.errors import InputError

if TYPE_CHECKING:
    from jc.routing.classify import Classified
    from jc.routing.decide import Router
    from jc.routing.outcomes import Outcomes
    from jc.routing.request import Request


def score_outcomes(out: Out, path: Path, routes: str | None, weights: Path | None) -> None:
    """Quality, cost and the field's measures of a route table, next to random, best single and oracle."""
    from jc.report.classifier_outcomes import measured_document
    from jc.routing.classes import ROUTE_CLASSES
    from jc.routing.classify import classifier
    from jc.routing.incoming import Flags, request_of
    from jc.routing.outcomes import measured, read_outcomes

    outcomes = read_outcomes(path)
    router, own = router_of(out, routes, weights)
    local = classifier(own)
    requests: dict[str, Request] = {}
    classes: dict[str, Classified] = {}
    for name, prompt in outcomes.prompts.items():
        requests[name] = request_of({"prompt": prompt}, Flags(), local)
        classes[name] = local.classify(prompt)
    picks = _picks(outcomes, router, requests, path)
    simple, general = ROUTE_CLASSES.index("simple"), ROUTE_CLASSES.index("general")

    def need(name: str) -> float:
        """How hard a prompt looks: 0 for surely simple, 1 for surely reasoning, code or agent."""
        shares = classes[name].probabilities
        return 1 - shares[simple] - shares[general] / 2

    found = measured(outcomes, picks.__getitem__, lambda name: 1 - classes[name].confidence, need)
    if found.left_out:
        out.warn(f"{found.left_out:,} prompts lack the outcome of a model and were left out")
    out.emit(measured_document(found, router.prepared.table.name))


def _picks(outcomes: "Outcomes", router: "Router", requests: "dict[str, Request]", path: Path) -> dict[str, str]:
    """The model of the file that answers each prompt: the table's choice, or the first of its fallbacks that was measured."""
    names = {}
    for model in outcomes.models:
        offer = router.prepared.names.get(model)
        names[offer.id if offer is not None else model] = model
    picks: dict[str, str] = {}
    missing: set[str] = set()
    for name, request in requests.items():
        decision = router.decide(request)
        chain = [decision.model, *decision.fallbacks] if decision.model is not None else []
        measured = next((names[one] for one in chain if one in names), None)
        if measured is None:
            missing.add(f"{decision.route_class} → {decision.model or 'nobody'}")
        else:
            picks[name] = measured
    if missing:
        listed = "; ".join(sorted(missing))
        table = router.prepared.table.name
        message = f"`{path}` has no outcome of the models that `{table}` chooses: {listed}"
        raise InputError(message, hint=f"name a table of these models with `--routes`: {', '.join(outcomes.models)}")
    return picks


def train_outcomes(out: Out, path: Path, seed: int) -> None:
    """What a router learned from the outcomes saves on prompts that it did not see."""
    from jc.report.classifier_outcomes import learned_document
    from jc.routing.learn_outcomes import learn
    from jc.routing.outcomes import read_outcomes

    out.emit(learned_document(learn(read_outcomes(path), seed)))
