"""What a call costs."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from jc.catalog.documents import document
from jc.catalog.model import Offer
from jc.catalog.price import Unpriced, blend, price, rates, row_in_force
from jc.catalog.records import offer as build_offer
from jc.catalog.records import provider
from jc.errors import InputError
from jc.quantities import Usage

HEAD = "schema_version: 1\nprovider: p\nkind: first_party\noffers:\n  - id: p/a\n    model: m\n    wire_id: a\n    region: eu\n"
NOON = datetime(2026, 8, 21, 12, tzinfo=UTC)  # a Friday


def offer(rest: str) -> Offer:
    """An offer from the lines after its id."""
    found = document("", "offers/p.yaml", (HEAD + rest).encode())
    assert found.flaws == []
    return build_offer(found.tree["offers"][0], provider(found.tree, "f"), "f")


def priced(per_mtok: str, *more: str) -> Offer:
    """An offer with one row."""
    lines = ["prices:", "  - from: 2026-01-01", "    status: confirmed", f"    usd_per_mtok: {{{per_mtok}}}", *more]
    return offer("".join(f"    {line}\n" for line in lines))


def usd(one: Offer, at: datetime = NOON, mode: Any = "standard", region: str | None = None, **usage: int) -> Decimal:
    """The cost of a call."""
    return price(one, Usage(**usage), at, mode=mode, region=region).usd


def test_the_cost_is_the_sum_of_its_lines() -> None:
    """The mock-up of the command: 12,000 tokens at 0.14 and 800 at 0.28."""
    cost = price(priced("input: 0.14, output: 0.28"), Usage(12_000, 800), NOON)

    assert cost.usd == Decimal("0.001904")
    assert [(line.name, line.quantity, line.usd) for line in cost.lines] == [
        ("input", 12_000, Decimal("0.001680")),
        ("output", 800, Decimal("0.000224")),
    ]


def test_cached_and_written_tokens_are_part_of_the_input() -> None:
    """1,000 tokens of which 400 are read from the cache and 300 written to it leave 300 at the input rate."""
    one = priced("input: 10, output: 20, cache_read: 1, cache_write_5m: 12.5, cache_write_1h: 20")

    cost = usd(one, input_tokens=1000, cached_input_tokens=400, cache_write_5m_tokens=200, cache_write_1h_tokens=100)

    assert cost == Decimal("0.0003") * 10 + Decimal("0.0004") + Decimal("0.0002") * Decimal("12.5") + Decimal("0.0001") * 20


def test_unknown_cache_rates_cost_the_input_rate() -> None:
    """Cached tokens without a rate cost as much as others; written ones too, at an offer that bills no writing."""
    one = priced("input: 10, output: 20")

    assert usd(one, input_tokens=1000, cached_input_tokens=400, cache_write_5m_tokens=200) == Decimal("0.01")


def test_a_missing_write_rate_beside_a_known_one_is_unknown() -> None:
    """An offer that bills one kind of writing does not do the other for the price of input."""
    one = priced("input: 10, output: 20, cache_write_5m: 12.5")

    with pytest.raises(Unpriced, match="cache write 1h"):
        usd(one, input_tokens=10, cache_write_1h_tokens=10)


def test_tokens_that_do_not_add_up_are_refused() -> None:
    """More cached than input tokens, or negative ones, are an error in the usage."""
    for usage in (Usage(5, cached_input_tokens=6), Usage(output_tokens=-1), Usage(-1)):
        with pytest.raises(InputError):
            price(priced("input: 1, output: 1"), usage, NOON)


def test_an_absent_price_is_an_error_and_only_when_it_is_needed() -> None:
    """No output price matters only when there is output."""
    one = priced("input: 0.22")

    assert usd(one, input_tokens=1_000_000) == Decimal("0.22")
    with pytest.raises(Unpriced, match="no output price"):
        usd(one, input_tokens=1, output_tokens=1)
    with pytest.raises(Unpriced, match="no price on 2026-08-21"):
        usd(offer(""), input_tokens=1)


def test_only_free_costs_nothing_until_its_day() -> None:
    """`until` is the first day that costs again."""
    one = offer("    free: {reason: a trial, until: 2026-08-22}\n")

    assert usd(one, input_tokens=5, output_tokens=5) == 0
    with pytest.raises(Unpriced):
        usd(one, NOON + timedelta(days=1), input_tokens=5)


ROWS = offer(
    """\
    prices:
      - {from: 2026-01-01, status: confirmed, usd_per_mtok: {input: 1, output: 1}}
      - {from: 2026-03-01, status: cancelled, usd_per_mtok: {input: 9, output: 9}}
      - {from: 2026-06-01, status: confirmed, usd_per_mtok: {input: 2, output: 2}}
      - {from: 2026-09-01, status: announced, usd_per_mtok: {input: 3, output: 3}}
"""
)


@pytest.mark.parametrize(
    ("day", "rate"), [("2026-01-01", 1), ("2026-05-31", 1), ("2026-06-01", 2), ("2026-08-31", 2), ("2026-09-01", 3)]
)
def test_a_row_holds_from_its_day_until_the_next(day: str, rate: int) -> None:
    """Cancelled rows never count, announced ones count from their day."""
    assert rates(ROWS, datetime.fromisoformat(day + "T00:00+00:00"))["input"] == rate


def test_days_are_utc() -> None:
    """One in the morning of 1 June in Berlin is still 31 May in UTC, and a moment without zone is UTC."""
    berlin = timezone(timedelta(hours=2))

    assert rates(ROWS, datetime(2026, 6, 1, 1, tzinfo=berlin))["input"] == 1
    assert rates(ROWS, datetime(2026, 6, 1, 1))["input"] == 2  # noqa: DTZ001  on purpose
    assert row_in_force(ROWS, date(2025, 12, 31)) is None


OVERRIDES = offer(
    """\
    prices:
      - from: 2026-01-01
        status: confirmed
        usd_per_mtok: {input: 2, output: 10, cache_read: 0.2}
        overrides:
          - {when: {mode: batch}, multiply: {input: 0.5, output: 0.5}}
          - {when: {prompt_tokens_gt: 1000}, set: {input: 4, output: 15}}
          - {when: {region: us}, multiply: {input: 1.1, output: 1.1}}
          - {when: {utc: ["22:00-02:00"], days: [fri]}, multiply: {input: 0.1}}
"""
)


def night(day: int, hour: int) -> datetime:
    """An hour of August 2026; the 21st is a Friday."""
    return datetime(2026, 8, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "prompt", "mode", "region", "expected"),
    [
        (NOON, 10, "standard", None, (2, 10)),
        (NOON, 10, "batch", None, (1, 5)),
        (NOON, 1000, "standard", None, (2, 10)),
        (NOON, 1001, "standard", None, (4, 15)),
        (NOON, 1001, "batch", None, (4, 15)),
        (NOON, 10, "standard", "us", ("2.2", 11)),
        (NOON, 1001, "standard", "us", ("4.4", "16.5")),
        (night(21, 22), 10, "standard", None, ("0.2", 10)),
        (night(22, 1), 10, "standard", None, ("0.2", 10)),
        (night(22, 2), 10, "standard", None, (2, 10)),
        (night(22, 22), 10, "standard", None, (2, 10)),
        (night(21, 1), 10, "standard", None, (2, 10)),
    ],
)
def test_overrides_hold_when_all_their_conditions_do(
    at: datetime, prompt: int, mode: Any, region: str | None, expected: Sequence[object]
) -> None:
    """Later ones win key by key, keys they do not name are inherited, a window over midnight belongs to the day it begins."""
    found = rates(OVERRIDES, at, prompt_tokens=prompt, mode=mode, region=region)

    assert (found["input"], found["output"]) == tuple(Decimal(str(one)) for one in expected)
    assert found["cache_read"] == Decimal("0.2")


def test_a_mode_without_a_price_is_unknown() -> None:
    """Batch at an offer without a batch price is not silently the standard price."""
    with pytest.raises(Unpriced, match="mode `batch`"):
        usd(priced("input: 1, output: 1"), mode="batch", input_tokens=1)


MARGINAL = offer(
    """\
    prices:
      - from: 2026-01-01
        status: confirmed
        usd_per_mtok: {input: 1, output: 2, cache_read: 0.1}
        overrides:
          - {when: {prompt_tokens_gt: 1000}, charge: marginal, set: {input: 3, output: 4}}
          - {when: {prompt_tokens_gt: 2000}, charge: marginal, set: {input: 5}}
"""
)


def test_a_marginal_override_charges_only_the_tokens_above() -> None:
    """1,000 at the first rate, 1,000 at the second, the rest at the third; output at the rate of the last prompt token."""
    assert usd(MARGINAL, input_tokens=1000, output_tokens=1) * 10**6 == 1000 + 2
    assert usd(MARGINAL, input_tokens=1001, output_tokens=1) * 10**6 == 1000 + 3 + 4
    assert usd(MARGINAL, input_tokens=2500, output_tokens=1) * 10**6 == 1000 + 3000 + 2500 + 4


def test_the_cached_beginning_fills_the_cheap_part_first() -> None:
    """A prompt is cached from its beginning, so the tokens above a threshold are the last ones."""
    cost = price(MARGINAL, Usage(1500, 0, cached_input_tokens=800), NOON)

    assert [(line.name, line.quantity, line.usd_per_unit) for line in cost.lines] == [
        ("input", 200, 1),
        ("input", 500, 3),
        ("cache_read", 800, Decimal("0.1")),
    ]
    assert rates(MARGINAL, NOON, prompt_tokens=1500)["input"] == 1


def test_prices_by_the_unit() -> None:
    """An image generator bills images and no tokens; a request fee comes on top of tokens; what is not billed has no line."""
    painter = offer("    prices:\n      - {from: 2026-01-01, status: confirmed, usd_per_image: 0.04}\n")
    fee = offer("    prices:\n      - {from: 2026-01-01, status: confirmed, usd_per_mtok: {input: 1}, usd_per_request: 0.005}\n")

    assert usd(painter, input_tokens=50, images=3) == Decimal("0.12")
    assert usd(fee, input_tokens=1_000_000, requests=2) == Decimal("1.01")
    assert usd(fee, input_tokens=1_000_000, images=1) == Decimal("1.005")
    with pytest.raises(Unpriced, match="audio second"):
        usd(painter, audio_seconds=3)


def test_the_blend_is_the_cost_key_or_unknown() -> None:
    """Input + weight × output."""
    assert blend(priced("input: 1.25, output: 10"), NOON, Decimal("0.2")) == Decimal("3.25")
    assert blend(priced("input: 1.25"), NOON, Decimal("0.2")) is None
    assert blend(offer(""), NOON, Decimal("0.2")) is None


def test_amounts_are_exact_however_large() -> None:
    """A billion billion tokens at eight digits lose nothing."""
    one = priced("input: 0.12345678, output: 1")

    assert usd(one, input_tokens=10**18 + 1) == (10**18 + 1) * Decimal("0.12345678") / 10**6
