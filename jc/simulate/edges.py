"""Where a decision or a price can change: the edges of a cube, from a catalog and the route tables that it will be asked about.

All rows between two edges are decided and priced alike, so one decision and one tariff stand for them exactly.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from jc.catalog.model import Catalog, Offer, RouteTable, Window
from jc.routing.request import EXPECTED_OUTPUT
from jc.routing.table import LONG_CONTEXT
from jc.traffic.grid import Grid

_DAY = timedelta(days=1)
_EPOCH = date(1970, 1, 1)
_DAY_US = 86_400_000_000
_EXPECTED = sorted({300, *EXPECTED_OUTPUT.values()})


@dataclass(frozen=True, slots=True)
class Edges:
    """Prompt sizes, marginal thresholds, moments and windows at which something changes."""

    inputs: tuple[int, ...]
    marginal: tuple[int, ...]
    moments: tuple[int, ...]
    windows: tuple[Window, ...]

    def between(self, first_us: int | None, last_us: int | None) -> tuple[int, ...]:
        """The moments at which something changes inside a span; all of them when the span is not known."""
        if first_us is None or last_us is None:
            return ()
        return tuple(moment for moment in self.moments if first_us < moment <= last_us)


def edges(catalog: Catalog, tables: Sequence[RouteTable]) -> Edges:
    """The edges of a catalog under these tables."""
    inputs: set[int] = set(_thresholds(tables))
    marginal: set[int] = set()
    days: set[date] = set(_policy_days(catalog))
    windows: dict[Window, None] = {}
    for offer in catalog.offers.values():
        inputs.update(_contexts(catalog, offer))
        days.update(_days(catalog, offer))
        for row in offer.prices:
            for override in row.overrides:
                windows.update(dict.fromkeys(override.when.utc))
                threshold = override.when.prompt_tokens_gt
                if threshold is not None:
                    inputs.add(threshold)
                    if override.charge == "marginal":
                        marginal.add(threshold)
    return Edges(
        tuple(sorted(edge for edge in inputs if edge >= 0)),
        tuple(sorted(marginal)),
        tuple(sorted((day - _EPOCH).days * _DAY_US for day in days)),
        tuple(windows),
    )


def edges_of(catalog: Catalog, offers: Sequence[Offer], tables: Sequence[RouteTable]) -> list[int]:
    """The prompt sizes at which these offers or conditions change a decision."""
    found = set(_thresholds(tables))
    for offer in offers:
        found.update(_contexts(catalog, offer))
    return sorted(found)


def _contexts(catalog: Catalog, offer: Offer) -> Iterable[int]:
    """The longest prompts that an offer still takes: its context less the answers that a decision expects."""
    if offer.context is None:
        return ()
    model = catalog.models.get(offer.model)
    factors = {Decimal(1), *(model.verbosity.values() if model else ())}
    return {offer.context - int(expected * factor) for expected in _EXPECTED for factor in factors}


def _days(catalog: Catalog, offer: Offer) -> Iterable[date]:
    rules = catalog.policy.swap
    for row in offer.prices:
        yield row.valid_from
        limit = catalog.settings.staleness.get(offer.kind)
        if row.checked is not None:
            yield row.checked + timedelta(days=(limit.error_days if limit else 60)) + _DAY
    if offer.free is not None and offer.free.until is not None:
        yield offer.free.until
    removal = offer.lifecycle.removal
    if removal is not None:
        yield removal
        yield removal - timedelta(days=rules.removal_within_days)


def _policy_days(catalog: Catalog) -> Iterable[date]:
    for hand in catalog.tier_overrides:
        until = getattr(hand, "until", None)
        if isinstance(until, date):
            yield until


def _thresholds(tables: Sequence[RouteTable]) -> Iterable[int]:
    for when in conditions(tables):
        if "input_tokens_gt" in when:
            yield int(when["input_tokens_gt"])
        if "input_tokens_lt" in when:
            yield int(when["input_tokens_lt"]) - 1
        if "long_context" in when:
            yield LONG_CONTEXT


def conditions(tables: Sequence[RouteTable]) -> Iterable[Mapping[str, Any]]:
    """All conditions that tables write."""
    for table in tables:
        yield from (rule.when for rule in table.rules)
        yield from (override.when for override in table.overrides)


def patterns(tables: Sequence[RouteTable], name: str) -> tuple[str, ...]:
    """The patterns by which tables name keys or organisations."""
    found: dict[str, None] = {}
    for when in conditions(tables):
        value = when.get(name)
        for one in value if isinstance(value, (list, tuple)) else () if value is None else (value,):
            found[str(one)] = None
    return tuple(found)


def moment(us: int) -> datetime:
    """Microseconds since 1970 as a moment in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)


def grid_of(found: Edges, tables: Sequence[RouteTable], span: tuple[int | None, int | None], **more: Any) -> Grid:
    """The grid of a cube for these tables over a span of time; `more` are further fields of Grid."""
    return Grid(
        input_edges=found.inputs,
        marginal_edges=found.marginal,
        periods=found.between(*span),
        windows=found.windows,
        keys=patterns(tables, "key"),
        orgs=patterns(tables, "org"),
        **more,
    )
