"""The one place where a model is chosen: pure and exact, every step leaves a reason.

Order: explicit routing → a pin of an override → rules (facts outrank the text) → the class, or the model that was asked for where
the table swaps → constraints, which name whom they exclude → preference → swap → budget. `jc route` calls it once, `simulate`
once for every distinct request: prepare a table once (`prepare`), then a decision is some tens of microseconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from jc.catalog.model import Cascade, Catalog, RouteOverride, RouteTable, Target
from jc.routing.candidate import Candidate, ailing, forbidden
from jc.routing.prepared import Pool, Prepared, prepare
from jc.routing.request import (
    Decision,
    Estimate,
    Excluded,
    Health,
    Held,
    Ranked,
    Reason,
    Request,
    Step,
)
from jc.routing.table import routes_by_class

if TYPE_CHECKING:
    from jc.routing.quality import Judged

HEALTHY = Health()
_MOST_REMEMBERED = 50_000


def decide(request: Request, table: RouteTable, catalog: Catalog, at: datetime, health: Health = HEALTHY) -> Decision:
    """The model that answers a request at a moment, and why; the same for the same arguments, always.

    InputError when the table, or an explicit request, names a model that the catalog does not know. Deciding many requests?
    `prepare` the table once and use `Router`.
    """
    return Router(prepare(table, catalog, at)).decide(request, health)


class Router:
    """Decides requests by one prepared table; equal requests are decided once."""

    def __init__(self, prepared: Prepared) -> None:
        self.prepared = prepared
        self._made: dict[tuple[tuple[object, ...], Health], Decision] = {}

    def decide(self, request: Request, health: Health = HEALTHY) -> Decision:
        """The decision for a request; the confidence only matters by the thresholds that it passes, and is handed through."""
        profile = (self.prepared.profile(request), health)
        made = self._made.get(profile)
        if made is None:
            if len(self._made) >= _MOST_REMEMBERED:
                self._made.clear()
            made = self._made[profile] = _Deciding(self.prepared, request, health).made()
        return made if made.confidence == request.confidence else made.sure(request.confidence)


class _Aim(NamedTuple):
    """Where a request is sent before constraints: a target of the table or one model, and what stands in when it cannot."""

    pool: Pool
    fallback: tuple[Candidate, ...]
    named: bool = False
    """The caller asked for this model by name, and the table takes the name as the wish."""


@dataclass(slots=True, eq=False, repr=False)
class _Deciding:
    """One request on its way through the steps."""

    prepared: Prepared
    request: Request
    health: Health
    route_class: str = ""
    reasons: list[Reason] = field(default_factory=list)
    excluded: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, int] = field(default_factory=dict)
    ranked: tuple[Ranked, ...] = ()
    held: Held = ""
    pin: RouteOverride | None = None
    swaps: RouteOverride | None = None
    """The overrides that pin and that switch swaps; of each kind the first that holds counts."""
    never: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.route_class = self.request.route_class or self.prepared.table.default

    def made(self) -> Decision:
        """The steps in their order."""
        asked = self.prepared.requested(self.request)
        if self.request.routing == "explicit" and asked is not None:
            return self._explicit(asked)
        self._overrides()
        pinned = self._pinned()
        if pinned is not None:
            return self._answer(pinned, ())
        aim = self._aim(asked)
        found = self._found(aim)
        if found is None:
            return self._nobody(asked)
        chosen, rest = found
        if aim.named and chosen is asked:
            chosen, rest = self._swapped(chosen, rest)
        self._affinity(chosen)
        return self._budgeted(chosen, rest)

    # who is asked for, pinned, forbidden

    def _explicit(self, asked: Candidate) -> Decision:
        self.held = "explicit"
        self._say("explicit", f"the request asks for `{asked.id}` and for explicit routing")
        unfit = asked.unfit(self.request, self._output(asked), trusted=True)
        if unfit:
            self._say("constraints", f"`{asked.id}` {unfit}; it answers all the same, because it was asked for explicitly")
        return self._answer(asked, ())

    def _overrides(self) -> None:
        never: list[str] = []
        for override, holds in self.prepared.overrides:
            if not holds(self.request):
                continue
            said = condition_text(override.when)
            never.extend(override.never)
            if override.never:
                self._say("override", f"{said}: never {', '.join(override.never)}")
            if override.swap is not None and self.swaps is None:
                self.swaps = override
            if override.pin is not None and self.pin is None:
                self.pin = override
                self._say("override", f"{said}: pinned to `{override.pin}`")
        self.never = tuple(never)

    def _pinned(self) -> Candidate | None:
        if self.pin is None or self.pin.pin is None:
            return None
        pinned = self.prepared.candidate_of(self.pin.pin)
        if self.request.images and not pinned.offer.vision:
            self._exclude(pinned, "is text only, and the request has an image")
            self._say("override", f"the pin is set aside: `{pinned.id}` is text only, and the request has an image")
            return None
        if pinned.removed:
            self._exclude(pinned, pinned.removed)
            self._say("override", f"the pin is set aside: `{pinned.id}` {pinned.removed}")
            return None
        return pinned

    # where to

    def _aim(self, asked: Candidate | None) -> _Aim:
        prepared, request = self.prepared, self.request
        for number, (rule, holds) in enumerate(prepared.rules):
            if holds(request):
                if asked is not None and not routes_by_class(prepared.table):
                    unfit = asked.unfit(request, self._output(asked), trusted=True)
                    if not unfit:
                        break
                pool = prepared.rule_pools[number]
                self._say("rule", f"{condition_text(rule.when)}: {_target_text(rule.target)}")
                return _Aim(pool, prepared.chain(rule.target))
        if asked is not None and not routes_by_class(prepared.table):
            self._say("requested", f"the request names `{asked.id}`, and the table takes that as the wish")
            return _Aim(Pool((asked,), None), prepared.chain(None), named=True)
        if request.requested is not None and request.requested != "auto":
            self._say("requested", _asked_in_vain(asked, request.requested))
        stays = self._follow_up()
        return stays if stays is not None else self._by_class()

    def _follow_up(self) -> _Aim | None:
        """A "yes" or "commit it" stays where its session is."""
        request = self.request
        if not request.follow_up or request.previous is None:
            return None
        previous = self.prepared.known(request.previous)
        if previous is None:
            return None
        at_home = self.prepared.class_of(previous)
        if at_home is not None:
            self._class(at_home)
        self._say("follow_up", f"a follow-up stays with its session: `{previous.id}` answered last")
        return _Aim(Pool((previous,), None), self.prepared.chain(None))

    def _by_class(self) -> _Aim:
        table, request = self.prepared.table, self.request
        wanted, why = self.prepared.class_for(request)
        self._class(wanted)
        self._say("class", why)
        target = table.routes.get(wanted)
        if target is None:
            wanted = table.default
            self._class(wanted)
            target = table.routes.get(wanted, Target())
        cascade = table.cascade
        chain = self.prepared.chain(target)
        pool = self.prepared.class_pools.get(wanted, Pool((), None))
        if cascade is not None:
            return self._cascaded(cascade, pool, chain)
        return _Aim(pool, chain)

    def _cascaded(self, cascade: Cascade, pool: Pool, chain: tuple[Candidate, ...]) -> _Aim:
        first = self.prepared.candidate_of(cascade.first)
        confidence = self.request.confidence
        if self.route_class in cascade.class_in:
            self._say("cascade", f"class {self.route_class} goes past `{first.id}`")
            return _Aim(pool, chain)
        if cascade.confidence_lt is not None and confidence is not None and confidence < cascade.confidence_lt:
            self._say("cascade", f"the class is surer than {cascade.confidence_lt:g} only past `{first.id}`: it is escalated")
            return _Aim(pool, chain)
        judged = "" if cascade.judge_score_lt is None else f"; an answer judged below {cascade.judge_score_lt:g} is escalated"
        self._say("cascade", f"`{first.id}` answers first{judged}")
        return _Aim(Pool((first,), None), (*pool.members, *chain))

    # who can, and who is best

    def _found(self, aim: _Aim) -> tuple[Candidate, list[Candidate]] | None:
        offered = self._eligible(aim.pool.members, trusted=aim.pool.target is None or bool(aim.pool.target.model))
        unable = set(self.excluded)
        order = self._preferred(aim.pool, offered)
        chain = [one for one in self._unique(aim.fallback, order) if one.id not in unable and self._fits(one, trusted=True)]
        if order:
            return order[0], [*order[1:], *chain]
        if not chain:
            return None
        first = self.excluded.get(aim.pool.members[0].id, "") if len(aim.pool.members) == 1 else ""
        said = f"`{aim.pool.members[0].id}` {first}" if first else "no model of the target can answer"
        self._say("fallback", f"{said}: `{chain[0].id}` stands in")
        return chain[0], chain[1:]

    def _eligible(self, members: tuple[Candidate, ...], *, trusted: bool) -> list[Candidate]:
        found = [one for one in members if self._fits(one, trusted=trusted)]
        lost = len(members) - len(found)
        if len(members) > 1 and lost:
            self._say("constraints", f"{lost} of {len(members)} candidates cannot answer")
        return found

    def _fits(self, one: Candidate, *, trusted: bool) -> bool:
        output = self._output(one)
        why = (
            one.unfit(self.request, output, trusted=trusted)
            or ("is forbidden here" if self.never and forbidden(one.id, self.never) else "")
            or (ailing(one, self.health) if self.health.down else "")
            or one.too_much(self.request, output, self.prepared.overhead_s)
        )
        if why:
            self._exclude(one, why)
        return not why

    def _preferred(self, pool: Pool, found: list[Candidate]) -> list[Candidate]:
        target = pool.target
        if target is None or not target.pool or not found:
            return found
        from jc.routing.preference import preferred  # tables of single models never need it

        judged = pool.judged(self.prepared, self.route_class)
        rows = [self._row(one, judged) for one in found]
        made = preferred(rows, target.preference, judged, pool.band(self.prepared, judged, found))
        for name, why in made.passed:
            self.excluded.setdefault(name, why)
        self.ranked = tuple(made.order)
        self.reasons.append(made.reason)
        passed = {name for name, _ in made.passed}
        by_id = {one.id: one for one in found}
        return [by_id[row.model] for row in made.order if row.model not in passed or row is made.order[0]]

    def _affinity(self, chosen: Candidate) -> None:
        """Say what leaving a warm prompt cache costs; the estimate, and the costs that were compared, count it."""
        request = self.request
        if not request.cached_input_tokens or request.previous is None:
            return
        previous = self.prepared.known(request.previous)
        tokens = f"{request.cached_input_tokens:,}"
        if previous is chosen:
            self._say("affinity", f"{tokens} tokens are still in the cache of `{chosen.id}`")
        elif previous is not None:
            self._say("affinity", f"leaving `{previous.id}` bills {tokens} cached tokens again; it is counted")

    def _row(self, one: Candidate, judged: "Judged") -> Ranked:
        output = self._output(one)
        return Ranked(one.id, judged.points_of(one.id), one.usd(self.request, output), one.seconds(output), None)

    # swap and budget

    def _swapped(self, asked: Candidate, rest: list[Candidate]) -> tuple[Candidate, list[Candidate]]:
        from jc.tiers.swap import Kept, SwapRequest, swap  # only tables that swap need it

        table, request = self.prepared.table, self.request
        opted_in = table.swap_mode == "all" or request.swap_opt_in
        off = ""
        if self.swaps is not None:
            off = "" if self.swaps.swap else f"{condition_text(self.swaps.when)}: swaps are off"
            opted_in = opted_in or bool(self.swaps.swap)
        made = swap(
            SwapRequest(
                model=asked.id,
                tools=request.tools,
                vision=request.vision,
                structured_output=request.structured_output,
                input_tokens=request.input_tokens,
                output_tokens=self._output(asked),
                region=request.region or table.swap_region,
                opted_in=opted_in,
                swaps_off=off,
                never=self.never,
            ),
            self.prepared.catalog,
            self.prepared.at,
        )
        for one in made.passed_over:
            self.excluded.setdefault(one.model, one.why)
        if isinstance(made, Kept):
            self.held = "tools" if request.tools else "swap_off" if off else ""
            self._say("kept", made.reason)
            return asked, rest
        new = self.prepared.candidate_of(made.model)
        if not self._fits(new, trusted=False):
            self._say("kept", f"`{new.id}` {self.excluded[new.id]}")
            return asked, rest
        self._say("swap", f"`{asked.id}` → `{new.id}`: {'; '.join(made.reasons)}; saves {made.saving:.1%}")
        return new, [asked, *(one for one in rest if one is not new)]

    def _budgeted(self, chosen: Candidate, rest: list[Candidate]) -> Decision:
        budget, left = self.prepared.table.budget, self.request.budget_left_usd
        if left is None:
            return self._answer(chosen, rest)
        if budget is None:
            self._say("budget", f"the table sets no budget, so ${left:f} left changes nothing")
            return self._answer(chosen, rest)
        if left <= 0:
            self._say("budget", f"the key has used its ${budget.key_usd:f} for these {budget.window_hours:f} hours: 429")
            return self._refusal("budget")
        if budget.below_usd is not None and budget.low_model is not None and left < budget.below_usd:
            low = self.prepared.candidate_of(budget.low_model)
            if low is not chosen and self._fits(low, trusted=True):
                self._say("budget", f"${left:f} left, below ${budget.below_usd:f}: `{low.id}` answers until the window ends")
                return self._answer(low, [one for one in rest if one is not low])
        return self._answer(chosen, rest)

    # the outcome

    def _nobody(self, asked: Candidate | None) -> Decision:
        """Nothing in the table can answer: the model that was asked for does, if it can."""
        if asked is not None and self._fits(asked, trusted=True):
            self.held = self._lacking()
            self._say("kept", f"nothing in the table can answer, so `{asked.id}` keeps the request")
            return self._budgeted(asked, [])
        self._say("refused", "no model of the table can answer this request")
        return self._refusal("constraints")

    def _lacking(self) -> Held:
        """What the models of the table could not do for this request."""
        reasons = self.excluded.values()
        if self.request.tools and any(why.endswith("tools") for why in reasons):
            return "tools"
        return "vision" if self.request.images and any("text only" in why for why in reasons) else "unable"

    def _refusal(self, why: str) -> Decision:
        output = self.request.output_tokens or 0
        return Decision(
            model=None,
            offer=None,
            requested=self.request.requested,
            route_class=self.route_class,
            confidence=self.request.confidence,
            reasons=tuple(self.reasons),
            excluded=tuple(Excluded(name, said) for name, said in self.excluded.items()),
            fallbacks=(),
            estimate=Estimate(None, None, None, self.request.input_tokens, output),
            ranked=self.ranked,
            held=self.held,
            refused="budget" if why == "budget" else "constraints",
        )

    def _answer(self, chosen: Candidate, rest: Sequence[Candidate]) -> Decision:
        output = self._output(chosen)
        prepared = self.prepared
        usd, seconds = chosen.usd(self.request, output), chosen.seconds(output)
        fallbacks = tuple(one.id for one in self._unique(rest, [chosen]))
        for name in (chosen.id, *fallbacks):  # passed over as too dear or not good enough, and good enough to stand in
            self.excluded.pop(name, None)
        return Decision(
            model=chosen.id,
            offer=chosen.offer,
            requested=self.request.requested,
            route_class=self.route_class,
            confidence=self.request.confidence,
            reasons=tuple(self.reasons),
            excluded=tuple(Excluded(name, why) for name, why in self.excluded.items()),
            fallbacks=fallbacks,
            estimate=Estimate(
                usd=prepared.with_classifier(usd, self.request),
                latency_s=None if seconds is None else seconds + prepared.overhead_s,
                joules=chosen.joules(output),
                input_tokens=self.request.input_tokens,
                output_tokens=output,
            ),
            ranked=self.ranked,
            held=self.held,
        )

    # small things

    def _say(self, step: Step, why: str) -> None:
        self.reasons.append(Reason(step, why))

    def _exclude(self, one: Candidate, why: str) -> None:
        self.excluded.setdefault(one.id, why)

    def _class(self, name: str) -> None:
        self.route_class = name
        self.outputs.clear()

    def _output(self, one: Candidate) -> int:
        found = self.outputs.get(one.id)
        if found is None:
            found = self.outputs[one.id] = one.output_tokens(self.request, self.route_class)
        return found

    def _unique(self, more: Sequence[Candidate], known: list[Candidate]) -> list[Candidate]:
        seen = {one.id for one in known}
        out = []
        for one in more:
            if one.id not in seen:
                seen.add(one.id)
                out.append(one)
        return out


def condition_text(when: Mapping[str, Any]) -> str:
    """Conditions in words, `vision` or `language zh, ja, ko`."""
    parts = []
    for name, value in when.items():
        text = name.replace("_gt", " above").replace("_lt", " below").replace("_", " ")
        if value is True:
            parts.append(text)
        elif value is False:
            parts.append(f"no {text}")
        elif isinstance(value, (tuple, list)):
            parts.append(f"{text} {', '.join(map(str, value))}")
        else:
            parts.append(f"{text} {value:,}" if isinstance(value, int) else f"{text} {value}")
    return " and ".join(parts)


def _asked_in_vain(asked: Candidate | None, name: str) -> str:
    if asked is None:
        return f"`{name}` was asked for, which is no model of the catalog (or more than one): the request is routed by class"
    return f"`{asked.id}` was asked for, and the table routes by class; `routing: explicit` would keep it"


def _target_text(target: Target) -> str:
    if target.model is not None:
        return f"`{target.model}`"
    size = "any model" if target.pool == "any" else f"a pool of {len(target.pool)}"
    return f"{size} by {target.preference}"


__all__ = ["HEALTHY", "Router", "decide", "prepare"]
