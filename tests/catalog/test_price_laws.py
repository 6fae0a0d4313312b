"""Laws of prices: additive and monotone in tokens, and never below zero."""

from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from jc.catalog.model import Offer, Override, PriceRow, When
from jc.catalog.price import price
from jc.errors import Where
from jc.quantities import Usage

AT = datetime(2026, 8, 21, 12, tzinfo=UTC)
HERE = Where("f", 1, 1)
rate = st.decimals(min_value=0, max_value=1000, places=4).map(abs)
counts = st.integers(0, 10**7)


def _offer(per_mtok: dict[str, Decimal], overrides: tuple[Override, ...] = ()) -> Offer:
    row = PriceRow(date(2026, 1, 1), "confirmed", per_mtok, {}, overrides, None, None, HERE)
    return Offer("p/a", "m", "p", "first_party", "a", "global", HERE, prices=(row,))


def _rising(thresholds: list[int], factors: list[Decimal], charge: str) -> tuple[Override, ...]:
    """Overrides that make long prompts dearer, step by step."""
    factor = Decimal(1)
    out = []
    for threshold, more in zip(sorted(thresholds), factors, strict=False):
        factor = more + 1
        times = {"input": factor, "output": factor}
        out.append(Override(When(prompt_tokens_gt=threshold), {}, times, charge, HERE))  # type: ignore[arg-type]
    return tuple(out)


@st.composite
def plain(draw: st.DrawFn) -> Offer:
    """An offer with one rate for each kind of token."""
    return _offer({kind: draw(rate) for kind in ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")})


@st.composite
def stepped(draw: st.DrawFn) -> Offer:
    """An offer whose long prompts cost more, whole or marginal; cache reads never cost more than input."""
    into = draw(rate)
    steps = draw(st.lists(st.integers(1, 10**6), unique=True, max_size=3))
    factors = draw(st.lists(rate, min_size=3, max_size=3))
    return _offer({"input": into, "output": draw(rate)}, _rising(steps, factors, draw(st.sampled_from(["request", "marginal"]))))


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    """A usage whose parts add up."""
    cached, short, long, fresh = (draw(counts) for _ in range(4))
    return Usage(cached + short + long + fresh, draw(counts), cached, short, long)


@given(plain(), usages(), usages())
def test_the_price_of_two_calls_is_the_sum_of_their_prices(offer: Offer, one: Usage, other: Usage) -> None:
    """At constant rates, usage adds up as cost does, to the last digit."""
    assert price(offer, one + other, AT).usd == price(offer, one, AT).usd + price(offer, other, AT).usd


@given(stepped(), counts, counts, counts, counts)
def test_more_tokens_never_cost_less(offer: Offer, into: int, out: int, more_in: int, more_out: int) -> None:
    """Also across thresholds, whether the whole request is charged or only the tokens above."""
    less, more = price(offer, Usage(into, out), AT).usd, price(offer, Usage(into + more_in, out + more_out), AT).usd

    assert 0 <= less <= more


@given(plain(), usages())
def test_the_lines_add_up_to_the_cost_and_the_tokens(offer: Offer, usage: Usage) -> None:
    """Every token stands in exactly one line."""
    cost = price(offer, usage, AT)

    assert sum(line.usd for line in cost.lines) == cost.usd
    assert sum(line.quantity for line in cost.lines) == usage.input_tokens + usage.output_tokens


@given(stepped(), counts, counts)
def test_a_marginal_charge_never_costs_more_than_the_whole_one(offer: Offer, into: int, out: int) -> None:
    """Charging only the tokens above a threshold is at most charging all of them at the higher rate."""
    row = offer.prices[0]
    charged = {
        kind: _offer(dict(row.usd_per_mtok), tuple(Override(o.when, o.set, o.multiply, kind, HERE) for o in row.overrides))
        for kind in ("request", "marginal")
    }
    whole, marginal = (price(charged[kind], Usage(into, out), AT).usd for kind in ("request", "marginal"))
    rising = all(a.multiply["input"] <= b.multiply["input"] for a, b in zip(row.overrides, row.overrides[1:], strict=False))

    assert marginal <= whole or not rising
