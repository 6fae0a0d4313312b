"""What a call costs at one offer, at one moment: exact, by the dated row in force and the overrides whose conditions hold.

Rows run from their day until the next row's; cancelled rows never count, announced ones count from their day. Days and windows
are UTC. Overrides are applied in the order written: `set` replaces a rate, `multiply` scales the rate as it stands by then, so
the later one wins key by key, and keys it does not name are inherited. An absent rate is unknown; only `free` costs nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from typing import NamedTuple

from jc.catalog.model import TOKEN_KINDS, WEEKDAYS, Free, Mode, Offer, Override, PriceRow, When, Window
from jc.errors import InputError
from jc.quantities import Cost, CostLine, Usage

_EXACT = Context(prec=120)
_ZERO = Decimal(0)
_NOTHING: Mapping[str, Decimal] = dict.fromkeys(TOKEN_KINDS, _ZERO)
_COUNTED = {"request": "requests", "image": "images", "audio_second": "audio_seconds"}
"""Which field of Usage counts a unit."""


class Unpriced(InputError):  # noqa: N818  it says what the offer is
    """A rate that is needed is unknown; unknown is never zero."""


def utc(at: datetime) -> datetime:
    """The moment in UTC; a moment without a zone is taken as UTC."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def row_in_force(offer: Offer, on: date) -> PriceRow | None:
    """The price row that holds on a day (UTC): the latest begun one that is not cancelled; of two on one day the last written."""
    best: PriceRow | None = None
    for row in offer.prices:
        if row.valid_from <= on and row.status != "cancelled" and (best is None or row.valid_from >= best.valid_from):
            best = row
    return best


def free_on(free: Free | None, on: date) -> bool:
    """Whether an offer costs nothing on a day; `until` is the first day on which it does cost."""
    return free is not None and (free.until is None or on < free.until)


class Call(NamedTuple):
    """What the conditions of an override look at."""

    at: datetime
    prompt_tokens: int
    mode: Mode
    region: str


class Segment(NamedTuple):
    """Rates for the prompt tokens from `start` on (0 for the first segment)."""

    start: int
    rates: Mapping[str, Decimal]


def rates(
    offer: Offer, at: datetime, *, prompt_tokens: int = 0, mode: Mode = "standard", region: str | None = None
) -> Mapping[str, Decimal]:
    """Rates in force: USD per million tokens by kind of token, and `usd_per_<unit>` keys; absent keys are unknown.

    With a marginal override (`charge: marginal`) these are the rates of the tokens up to its threshold. Unpriced when no row is
    in force, or when the offer has no price for `mode`.
    """
    return segments(offer, Call(utc(at), prompt_tokens, mode, region or offer.region))[0].rates


def segments(offer: Offer, call: Call) -> Sequence[Segment]:
    """The rates of a call, split at the thresholds of its marginal overrides; one segment for nearly every offer."""
    on = call.at.date()
    if free_on(offer.free, on):
        return (Segment(0, _NOTHING),)
    row = row_in_force(offer, on)
    if row is None:
        raise Unpriced(f"`{offer.id}` has no price on {on}", hint="add a price row to its file")
    if not row.overrides and call.mode == "standard":
        return (Segment(0, _base(row)),)
    if call.mode != "standard" and not any(override.when.mode == call.mode for override in row.overrides):
        raise Unpriced(f"`{offer.id}` has no price for mode `{call.mode}`", hint="add an override with `when: {mode: …}`")
    holding = [override for override in row.overrides if _holds(override.when, call)]
    starts = sorted({0, *(_threshold(override) for override in holding)})
    return [Segment(start, _apply(_base(row), [o for o in holding if _threshold(o) <= start])) for start in starts]


def _threshold(override: Override) -> int:
    """From which prompt token on an override that holds is charged: 0 for the whole request."""
    return override.when.prompt_tokens_gt or 0 if override.charge == "marginal" else 0


def _base(row: PriceRow) -> Mapping[str, Decimal]:
    if not row.usd_per_unit:
        return row.usd_per_mtok
    return {**row.usd_per_mtok, **{f"usd_per_{unit}": usd for unit, usd in row.usd_per_unit.items()}}


def _apply(base: Mapping[str, Decimal], overrides: Sequence[Override]) -> Mapping[str, Decimal]:
    out = dict(base)
    for override in overrides:
        for kind, factor in override.multiply.items():
            if kind in out:
                out[kind] = _EXACT.multiply(out[kind], factor)
        out.update(override.set)
    return out


def _holds(when: When, call: Call) -> bool:
    """Whether all conditions that are set hold for a call."""
    if when.prompt_tokens_gt is not None and call.prompt_tokens <= when.prompt_tokens_gt:
        return False
    if when.mode is not None and when.mode != call.mode:
        return False
    if when.region is not None and when.region != call.region:
        return False
    return not when.utc or any(window_open(window, call.at) for window in when.utc)


def window_open(window: Window, at: datetime) -> bool:
    """Whether a moment (UTC) lies in a window; one over midnight belongs to the day on which it begins. No days: every day."""
    minute = at.hour * 60 + at.minute
    today = WEEKDAYS[at.weekday()]
    days = window.days or WEEKDAYS
    if window.start < window.end:
        return today in days and window.start <= minute < window.end
    yesterday = WEEKDAYS[at.weekday() - 1]
    return (today in days and minute >= window.start) or (yesterday in days and minute < window.end)


def price(offer: Offer, usage: Usage, at: datetime, *, mode: Mode = "standard", region: str | None = None) -> Cost:
    """The cost of one call, exact, with the lines that add up to it; Unpriced when a needed rate is unknown.

    `input_tokens` includes cached and cache-written ones. Cached tokens cost `cache_read`, or the input rate when that is
    unknown; written ones their own rate, or the input rate at an offer that bills no writing. An offer that is priced by the unit
    only (per image, per second) bills no tokens. Output is charged at the rates of the last prompt token.
    """
    call = Call(utc(at), usage.input_tokens, mode, region or offer.region)
    priced = segments(offer, call)
    if priced[0].rates is _NOTHING:
        return Cost(_ZERO, (CostLine("free", usage.requests, _ZERO, "request", _ZERO),))
    last = priced[-1].rates
    lines: list[CostLine] = []
    if not last or any(kind in last for kind in TOKEN_KINDS):
        for kind, count, in_force in _split(_prompt(usage), priced):
            lines.append(_token_line(offer, kind, count, in_force))
        if usage.output_tokens:
            lines.append(_token_line(offer, "output", usage.output_tokens, last))
    lines.extend(_unit_lines(offer, usage, last))
    total = _ZERO
    for line in lines:
        total = _EXACT.add(total, line.usd)
    return Cost(total, tuple(lines))


def _prompt(usage: Usage) -> list[tuple[str, int]]:
    """The prompt in the order in which a provider reads it: the cached beginning, what is written to the cache, the rest."""
    known = usage.cached_input_tokens + usage.cache_write_5m_tokens + usage.cache_write_1h_tokens
    parts = [
        ("cache_read", usage.cached_input_tokens),
        ("cache_write_5m", usage.cache_write_5m_tokens),
        ("cache_write_1h", usage.cache_write_1h_tokens),
        ("input", usage.input_tokens - known),
    ]
    if usage.output_tokens < 0 or min(count for _, count in parts) < 0:
        message = f"{usage.input_tokens:,} input tokens cannot hold {known:,} cached and written ones"
        raise InputError(message, hint="input tokens include the cached and the written ones; no count is negative")
    return parts


def _split(parts: Sequence[tuple[str, int]], priced: Sequence[Segment]) -> Iterator[tuple[str, int, Mapping[str, Decimal]]]:
    """The parts of the prompt cut at the starts of the segments, each with the rates it is charged at; the input comes first."""
    pieces = []
    position = 0
    for kind, count in parts:
        end = position + count
        for segment, following in zip(priced, [*priced[1:], None], strict=True):
            upper = end if following is None else min(end, following.start)
            lower = max(position, segment.start)
            if upper > lower:
                pieces.append((kind, upper - lower, segment.rates))
        position = end
    yield from sorted(pieces, key=lambda piece: TOKEN_KINDS.index(piece[0]))


def _token_line(offer: Offer, kind: str, count: int, in_force: Mapping[str, Decimal]) -> CostLine:
    rate = in_force.get(kind)
    if rate is None and (kind == "cache_read" or (kind != "output" and not _bills_writing(in_force))):
        rate = in_force.get("input")
    if rate is None:
        raise Unpriced(f"`{offer.id}` has no {kind.replace('_', ' ')} price", hint=f"add `{kind}` under `usd_per_mtok`")
    return CostLine(kind, count, rate, "mtok", _EXACT.scaleb(_EXACT.multiply(rate, Decimal(count)), -6))


def _bills_writing(in_force: Mapping[str, Decimal]) -> bool:
    return "cache_write_5m" in in_force or "cache_write_1h" in in_force


def _unit_lines(offer: Offer, usage: Usage, in_force: Mapping[str, Decimal]) -> Iterator[CostLine]:
    """Lines for requests, images and seconds. Images and sound that a token-priced model reads are in its tokens already."""
    for unit, name in _COUNTED.items():
        count: int = getattr(usage, name)
        rate = in_force.get(f"usd_per_{unit}")
        if rate is not None and count:
            yield CostLine(unit, count, rate, unit, _EXACT.multiply(rate, Decimal(count)))
        elif count and unit in {"image", "audio_second"} and not (in_force.keys() & set(TOKEN_KINDS)):
            raise Unpriced(
                f"`{offer.id}` has no price per {unit.replace('_', ' ')}", hint=f"add `usd_per_{unit}` to its price row"
            )


def blend(offer: Offer, at: datetime, output_weight: Decimal) -> Decimal | None:
    """The cost key, input + output_weight × output in USD per million tokens; None when a rate is unknown."""
    try:
        in_force = rates(offer, at)
    except Unpriced:
        return None
    if "input" not in in_force or "output" not in in_force:
        return None
    return _EXACT.add(in_force["input"], _EXACT.multiply(in_force["output"], output_weight))
