"""A route table made ready for one catalog and one moment: names resolved, conditions compiled, pools and scores worked out."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from jc.catalog.model import Catalog, Offer, RouteOverride, RouteTable, Rule, Target
from jc.catalog.names import Names, resolve_all
from jc.errors import InputError, Problem
from jc.routing.candidate import Candidate, candidate
from jc.routing.request import Request
from jc.routing.table import Predicate, compiled

if TYPE_CHECKING:
    from jc.routing.quality import Judged
    from jc.tiers.bands import Evidence

LLM_OVERHEAD_S = 0.2
"""Seconds that a small model takes to classify a prompt (guide, line 507); the local classifier takes less than a millisecond."""
LLM_PROMPT_TOKENS = 120
"""Tokens of the classification prompt around the user's message."""
LLM_ANSWER_TOKENS = 3


_FACTS = attrgetter(*(one.name for one in fields(Request) if one.name not in {"confidence", "session"}))


class Pool:
    """The candidates of one target, and what is known of their quality by class."""

    __slots__ = ("_judged", "members", "target")

    def __init__(self, members: tuple[Candidate, ...], target: Target | None) -> None:
        self.members, self.target = members, target
        self._judged: dict[str, Judged] = {}

    def judged(self, prepared: "Prepared", route_class: str) -> "Judged":
        """The measurement on which the pool is judged for a class."""
        found = self._judged.get(route_class)
        if found is None:
            from jc.routing.quality import judged

            offers = [one.offer for one in self.members]
            found = self._judged[route_class] = judged(prepared.catalog, prepared.evidence, offers, route_class)
        return found

    def band(self, prepared: "Prepared", judged: "Judged", found: list[Candidate]) -> Decimal:
        """How far below the best of those that can answer still counts as no regression, in points."""
        from jc.routing.quality import DEFAULT_BAND, band
        from jc.tiers.standing import standing

        best = judged.best(one.id for one in found)
        return DEFAULT_BAND if best is None else band(standing(prepared.catalog, prepared.at), best, judged.benchmark)


class _Names(NamedTuple):
    """The names of a table and a catalog, and what they mean."""

    names: Names
    candidates: dict[str, Candidate]
    by_name: dict[str, Candidate]


class _Routes(NamedTuple):
    """The conditions and targets of a table, compiled."""

    overrides: tuple[tuple[RouteOverride, Predicate], ...]
    rules: tuple[tuple[Rule, Predicate], ...]
    rule_pools: tuple[Pool, ...]
    class_pools: Mapping[str, Pool]


class Prepared:
    """A table, a catalog and a moment, made ready for many decisions."""

    def __init__(self, table: RouteTable, catalog: Catalog, at: datetime, known: _Names, routes: _Routes) -> None:
        self.table, self.catalog, self.at = table, catalog, at
        self.names, self.candidates, self.by_name = known
        self.overrides, self.rules, self.rule_pools, self.class_pools = routes
        self.overhead_s = 0.0 if table.classifier == "local" else LLM_OVERHEAD_S
        self._chains: dict[int, tuple[Candidate, ...]] = {}
        self._requested: dict[str, Candidate | None] = {}
        self._evidence: Evidence | None = None

    @property
    def evidence(self) -> "Evidence":
        """The scores of the catalog, indexed when a pool first needs them."""
        if self._evidence is None:
            from jc.tiers.bands import Evidence

            self._evidence = Evidence(self.catalog)
        return self._evidence

    def candidate_of(self, name: str) -> Candidate:
        """The candidate that a name of the table (or an offer id) means."""
        return self.by_name[name] if name in self.by_name else self._candidate(self.catalog.offers[name])

    def known(self, name: str) -> Candidate | None:
        """The candidate that a name from a request means; None when there is none or more than one."""
        if name not in self._requested:
            offer = self.names.get(name)
            self._requested[name] = None if offer is None else self._candidate(offer)
        return self._requested[name]

    def requested(self, request: Request) -> Candidate | None:
        """The model that a request names; None when it names none. InputError when an explicit one is not known."""
        name = request.requested
        if name is None or name == "auto":
            return None
        found = self.known(name)
        if found is None and request.routing == "explicit":
            found = self._candidate(resolve_all(self.catalog, [name])[0])
        return found

    def chain(self, target: Target | None) -> tuple[Candidate, ...]:
        """The fallbacks of a target, then those of the table."""
        key = id(target)
        if key not in self._chains:
            names = (*(target.fallback if target else ()), *self.table.fallback)
            self._chains[key] = tuple(self.candidate_of(name) for name in names)
        return self._chains[key]

    def class_of(self, one: Candidate) -> str | None:
        """The class whose route names this model, the first one; None when there is none."""
        return next((name for name, pool in self.class_pools.items() if one in pool.members), None)

    def class_for(self, request: Request) -> tuple[str, str]:
        """The class that counts, after thresholds, and why."""
        table, wanted = self.table, request.route_class
        if wanted is None:
            return table.default, f"no class is known: the table's default, {table.default}"
        if wanted not in table.routes:
            return table.default, f"the table has no route for {wanted}: its default, {table.default}"
        target = table.routes[wanted]
        if wanted == "agent" and request.tools:
            return wanted, "class agent: the request carries tools"
        if request.confidence is None and not request.abstained:
            return wanted, f"class {wanted}"
        limit = _limit(target, table)
        unsure = request.abstained if limit is None else request.confidence is not None and request.confidence < limit
        if unsure and wanted != table.default:
            how = "its own threshold for that class" if limit is None else f"the threshold {limit:g}"
            return table.default, f"{wanted} is less sure than {how}: the table's default, {table.default}"
        return wanted, f"class {wanted}"

    def profile(self, request: Request) -> tuple[object, ...]:
        """What the decision about a request can depend on: equal profiles are decided alike."""
        return (self.sureness(request.route_class, request.confidence), *_FACTS(request))

    def sureness(self, route_class: str | None, confidence: float | None) -> int:
        """All that a confidence can change: which of the table's thresholds it stays below; equal numbers are decided alike."""
        if confidence is None:
            return -1
        target = self.table.routes.get(route_class or "")
        limit = _limit(target, self.table) if target else None
        escalates = self.table.cascade.confidence_lt if self.table.cascade else None
        return (limit is not None and confidence < limit) + 2 * (escalates is not None and confidence < escalates)

    def with_classifier(self, usd: Decimal | None, request: Request) -> Decimal | None:
        """The cost with that of a classifying model added; None when either is unknown."""
        if self.table.classifier == "local" or usd is None or request.route_class is None:
            return usd
        small = self.by_name[self.table.classifier]
        asked = replace(request, input_tokens=request.input_tokens + LLM_PROMPT_TOKENS, previous=None, images=0)
        extra = small.usd(asked, LLM_ANSWER_TOKENS)
        return None if extra is None else usd + extra

    def _candidate(self, offer: Offer) -> Candidate:
        found = self.candidates.get(offer.id)
        if found is None:
            found = self.candidates[offer.id] = candidate(self.catalog, offer, self.at)
        return found


def _limit(target: Target, table: RouteTable) -> float | None:
    return target.min_confidence if target.min_confidence is not None else table.threshold


def prepare(table: RouteTable, catalog: Catalog, at: datetime) -> Prepared:
    """The table made ready; InputError with every name that the catalog does not know and every condition that does not exist."""
    names = Names(catalog)
    candidates: dict[str, Candidate] = {}
    by_name = _resolved(table, catalog, names, at, candidates)
    problems: list[Problem] = []
    overrides = tuple((override, _compiled(override.when, override.where, problems)) for override in table.overrides)
    rules = tuple((rule, _compiled(rule.when, rule.where, problems)) for rule in table.rules)
    if problems:
        raise InputError.of(problems)
    everyone: list[Candidate] = []

    def pool(target: Target) -> Pool:
        if target.model is not None:
            return Pool((by_name[target.model],), target)
        if target.pool != "any":
            return Pool(tuple(by_name[name] for name in target.pool), target)
        if not everyone:
            everyone.extend(_anyone(catalog, at, candidates))
        return Pool(tuple(everyone), target)

    rule_pools = tuple(pool(rule.target) for rule in table.rules)
    class_pools = {name: pool(target) for name, target in table.routes.items()}
    known = _Names(names, candidates, by_name)
    return Prepared(table, catalog, at, known, _Routes(overrides, rules, rule_pools, class_pools))


def _anyone(catalog: Catalog, at: datetime, candidates: dict[str, Candidate]) -> list[Candidate]:
    """Everything that chats and is for sale on the day: `pool: any`."""
    out = []
    for offer in catalog.offers.values():
        if offer.kind == "demo" or "text" not in offer.output or "text" not in offer.input:
            continue
        one = candidates.get(offer.id) or candidate(catalog, offer, at)
        candidates[offer.id] = one
        if not one.removed:
            out.append(one)
    return out


def _compiled(when: Mapping[str, object], where: object, problems: list[Problem]) -> Predicate:
    try:
        return compiled(when)
    except (ValueError, TypeError) as error:
        from jc.routing.table import CONDITIONS

        problems.append(Problem(str(error), where, hint=f"conditions: {', '.join(CONDITIONS)}"))  # type: ignore[arg-type]
        return lambda _request: False


def _resolved(
    table: RouteTable, catalog: Catalog, names: Names, at: datetime, candidates: dict[str, Candidate]
) -> dict[str, Candidate]:
    """Every name that the table writes, as a candidate; one InputError for all that are wrong."""
    found: dict[str, Candidate] = {}
    wrong: list[str] = []
    for name in _names(table):
        offer = names.get(name)
        if offer is None:
            wrong.append(name)
        else:
            found[name] = candidates.setdefault(offer.id, candidate(catalog, offer, at))
    if wrong:
        resolve_all(catalog, wrong)
    return found


def _names(table: RouteTable) -> list[str]:
    names = [*table.fallback]
    for target in (*table.routes.values(), *(rule.target for rule in table.rules)):
        names += [*([target.model] if target.model else []), *(target.pool if target.pool != "any" else ()), *target.fallback]
    names += [override.pin for override in table.overrides if override.pin]
    if table.cascade is not None:
        names.append(table.cascade.first)
    if table.budget is not None and table.budget.low_model is not None:
        names.append(table.budget.low_model)
    if table.classifier != "local":
        names.append(table.classifier)
    return list(dict.fromkeys(names))
