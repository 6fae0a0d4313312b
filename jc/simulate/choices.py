"""Which offer each group goes to under a route table: the very decision of `jc route`, once for every distinct request."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jc.catalog.model import Offer, RouteTable
from jc.routing.decide import HEALTHY, Router
from jc.routing.prepared import prepare
from jc.routing.request import Decision, Health, Request
from jc.routing.table import routes_by_class
from jc.simulate.book import Book
from jc.simulate.edges import edges_of

Ints = NDArray[np.int64]
KEPT = ("explicit", "tools", "vision", "swap_off", "unable")
UNKNOWN, REFUSED = -2, -1
"""Codes of groups that stay as logged because their model is not in the catalog, and of groups that nothing may answer."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The offer of every group as an index into `offers` (or UNKNOWN, REFUSED), and why groups were kept (into KEPT, or -1)."""

    offers: tuple[Offer, ...]
    chosen: Ints
    kept: Ints
    overhead_s: float
    classifier: Offer | None
    decisions: int
    """How many distinct requests were decided."""
    unable: Mapping[str, str] = field(default_factory=dict)
    """Why most often the table's models cannot answer: what is `refused`, and what stays with the model asked for (`unable`)."""


@dataclass(slots=True)
class _Made:
    """The offers that were chosen so far, by id, in the order of their codes; and how many requests were decided."""

    offers: dict[str, Offer] = field(default_factory=dict)
    decisions: int = 0
    unable: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def code(self, offer: Offer | None) -> int:
        """The code of an offer; REFUSED for none."""
        self.decisions += 1
        if offer is None:
            return REFUSED
        if offer.id not in self.offers:
            self.offers[offer.id] = offer
        return list(self.offers).index(offer.id)


class Chooser:
    """Decides the groups of a book under many tables, each with a router per span of time."""

    def __init__(self, book: Book, health: Health = HEALTHY) -> None:
        self.book = book
        self.health = health
        self._routers: dict[tuple[int, datetime], Router] = {}

    def choose(self, table: RouteTable) -> Choice:
        """The offers of all groups under one table."""
        book = self.book
        made = _Made()
        mixed, relevant = self._mixed(table)
        chosen, kept = self._decided(table, np.arange(len(mixed)), mixed, relevant, made)
        refused = np.flatnonzero(chosen == REFUSED)
        if len(refused) and "model" not in relevant:
            # Where nothing in the table can answer, the model that was asked for may: now its name and its own limits count.
            exact = book.codes["input_bin"] * len(book.values["model"]) + book.codes["model"]
            own = mixed * (int(exact.max()) + 1) + exact
            chosen[refused], kept[refused] = self._decided(table, refused, own[refused], relevant | {"model"}, made)
        router = self.router(table, book.times[0])
        classifier = None if table.classifier == "local" else router.prepared.by_name[table.classifier].offer
        unable = {what: reasons.most_common(1)[0][0] for what, reasons in made.unable.items()}
        return Choice(tuple(made.offers.values()), chosen, kept, router.prepared.overhead_s, classifier, made.decisions, unable)

    def _decided(
        self, table: RouteTable, groups: Ints, mixed: Ints, relevant: frozenset[str], made: "_Made"
    ) -> tuple[Ints, Ints]:
        """The offers of some groups, and why they were kept; groups with one number are decided once, at their mean prompt."""
        book = self.book
        _, at, inverse = np.unique(mixed, return_index=True, return_inverse=True)
        n = np.bincount(inverse, weights=book.groups["n"][groups])
        mean = np.ceil(np.bincount(inverse, weights=book.groups["input"][groups]) / n).astype(np.int64)
        chosen, kept = np.empty(len(at), dtype=np.int64), np.full(len(at), -1, dtype=np.int64)
        for number, group in enumerate(groups[at].tolist()):
            request = self._request(group, int(mean[number]), relevant)
            router = self.router(table, book.times[book.time[group]])
            if self._unknown(router, table, request):
                chosen[number] = UNKNOWN
                continue
            decision = router.decide(request, self.health)
            chosen[number] = made.code(decision.offer)
            kept[number] = _kept(decision)
            if decision.held == "unable" or decision.offer is None:
                made.unable[decision.held or "refused"][_why(decision)] += int(n[number])
        return chosen[inverse], kept[inverse]

    def router(self, table: RouteTable, at: datetime) -> Router:
        """The router of a table at a moment, made once."""
        key = (id(table), at)
        if key not in self._routers:
            self._routers[key] = Router(prepare(table, self.book.catalog, at))
        return self._routers[key]

    def _mixed(self, table: RouteTable) -> tuple[Ints, frozenset[str]]:
        """One number for all that this table's decisions can look at; groups with equal numbers are decided once."""
        book = self.book
        relevant = relevant_parts(table, book.cube.grid.names)
        mixed = book.time.copy()
        for name in relevant:
            if name == "input_bin":
                mixed = mixed * (len(book.edges.inputs) + 1) + self._sizes(table)
            else:
                mixed = mixed * len(book.values[name]) + book.codes[name]
        if "model" not in relevant:
            explicit = np.array(book.values["explicit"], dtype=bool)[book.codes["explicit"]]
            mixed = mixed * (len(book.values["model"]) + 1) + np.where(explicit, book.codes["model"] + 1, 0)
        return mixed, frozenset(relevant)

    def _sizes(self, table: RouteTable) -> Ints:
        """The prompt-size bin of every group, over the edges that can matter to this table's models."""
        book = self.book
        bins = np.array(book.values["input_bin"], dtype=np.int64)[book.codes["input_bin"]]
        all_edges = np.array(book.cube.grid.input_edges, dtype=np.int64)
        if not _named_only(table):
            return bins
        router = self.router(table, book.times[0])
        offers = [one.offer for one in router.prepared.by_name.values()]
        matter = np.array(edges_of(book.catalog, offers, [table]), dtype=np.int64)
        coarse = np.concatenate(([0], np.searchsorted(matter, all_edges, side="right")))
        return coarse[bins].astype(np.int64)

    def _request(self, group: int, input_tokens: int, relevant: frozenset[str]) -> Request:
        book = self.book

        def value(name: str) -> Any:
            return book.values[name][book.codes[name][group]] if name in book.codes else ""

        explicit = bool(value("explicit"))
        return Request(
            route_class=value("route_class") or None,
            requested=(value("model") or None) if explicit or "model" in relevant else None,
            routing="explicit" if explicit else "auto",
            input_tokens=input_tokens,
            images=1 if value("vision") else 0,
            tools=bool(value("tools")),
            structured_output=bool(value("structured_output")),
            key=value("key") or None,
            org=value("org") or None,
            region=value("region") or None,
            swap_opt_in=bool(value("swap_opt_in")),
            confidence=self._confidence(value("confidence_bin")),
            abstained=bool(value("abstained")),
            language=value("language") or None,
            script=value("script") or None,
            code=bool(value("code")),
        )

    def _confidence(self, found: Any) -> float | None:
        """A confidence inside a bin: what matters is which limits it passes."""
        edges = self.book.cube.grid.confidence_edges
        if not self.book.cube.grid.classified or found == "":
            return None
        lower = edges[int(found) - 1] if int(found) else 0.0
        upper = edges[int(found)] if int(found) < len(edges) else 1.0
        return (lower + upper) / 2 if lower < upper else upper

    def _unknown(self, router: Router, table: RouteTable, request: Request) -> bool:
        """Whether a request stays as logged: it names a model that is not in the catalog, and the table would take its wish."""
        name = request.requested
        if name is None or name == "auto" or router.prepared.known(name) is not None:
            return False
        return request.routing == "explicit" or not routes_by_class(table)


def _named_only(table: RouteTable) -> bool:
    """Whether a table sends requests to models by name, so that only their own limits matter; pools and swaps weigh prices."""
    targets = [*table.routes.values(), *(rule.target for rule in table.rules)]
    return routes_by_class(table) and all(target.model is not None for target in targets)


def relevant_parts(table: RouteTable, names: Sequence[str]) -> tuple[str, ...]:
    """The parts of a key that the decisions of a table can look at."""
    conditions = [rule.when for rule in table.rules] + [override.when for override in table.overrides]
    always = ("route_class", "tools", "vision", "structured_output", "region", "input_bin", "explicit", "abstained",
              "confidence_bin", "language", "script", "code")  # fmt: skip
    parts = [name for name in always if name in names]
    if not routes_by_class(table) or any("model" in when for when in conditions):
        parts += ["model", "swap_opt_in"]
    parts += [name for name in ("key", "org") if name in names and any(name in when for when in conditions)]
    return tuple(parts)


def _why(decision: Decision) -> str:
    """Why the first model that was tried could not answer, without the numbers of the request."""
    if not decision.excluded:
        return ""
    first = decision.excluded[0]
    why, _, _ = first.why.partition(", and")
    return f"`{first.model}` {why}"


def _kept(decision: Decision) -> int:
    """Why a model that was asked for stays, as an index; a request with an image that could not move counts as vision."""
    return KEPT.index(decision.held) if decision.held in KEPT else -1
