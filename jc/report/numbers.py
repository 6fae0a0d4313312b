"""How numbers are printed; one pure function per kind, so that every table and page tells them alike.

Rules: money per request has four significant figures, totals have two decimals; changes carry a sign (a real minus, U+2212) and
one decimal; seconds and joules have three significant figures with an SI prefix; an unknown value is an en dash, never a zero.
"""

from decimal import ROUND_HALF_EVEN, Decimal

UNKNOWN = "–"
MINUS = "−"


def _signed(text: str) -> str:
    return text.replace("-", MINUS)


def usd_total(usd: Decimal | float | None) -> str:
    """Dollars in a total: two decimals and thousands separators, `$4,218.40`."""
    if usd is None:
        return UNKNOWN
    value = Decimal(str(usd)).quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)
    return _signed(f"-${-value:,}" if value < 0 else f"${value:,}")


def usd_request(usd: Decimal | float | None) -> str:
    """Dollars of one request: four significant figures, at least two decimals, `$0.001904`."""
    if usd is None:
        return UNKNOWN
    value = Decimal(str(usd))
    if value == 0:
        return "$0.00"
    places = max(2, 3 - value.adjusted())
    rounded = abs(value).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    return _signed(f"{'-' if value < 0 else ''}${rounded:,}")


def usd_amount(usd: Decimal | float | None) -> str:
    """Dollars of a total that may be small: two decimals from a dollar on, four significant figures below."""
    return usd_request(usd) if usd is not None and -1 < usd < 1 else usd_total(usd)


def usd_per_mtok(usd: Decimal | None) -> str:
    """A price per million tokens as written in the catalog, with at least two decimals, `$0.090`."""
    if usd is None:
        return UNKNOWN
    exponent = usd.as_tuple().exponent
    decimals = max(2, -exponent if isinstance(exponent, int) else 2)
    return f"${usd:,.{decimals}f}"


def percent(share: float | None, decimals: int = 1) -> str:
    """A share as percent, `61.8%`."""
    return UNKNOWN if share is None else f"{share * 100:.{decimals}f}%"


def change(before: Decimal | float, after: Decimal | float, decimals: int = 1) -> str:
    """A relative change, `−36.7%` or `+5.0%`; an en dash when there is nothing to compare with."""
    if not before:
        return UNKNOWN
    return _signed(f"{(float(after) / float(before) - 1) * 100:+.{decimals}f}%")


def _three(value: float) -> str:
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def seconds(value: float | None) -> str:
    """A duration in seconds, `1.31 s`, below a tenth in milliseconds, `21.0 ms`, from ten minutes on `8 h 53 min`."""
    if value is None:
        return UNKNOWN
    if value >= 600:
        hours, minutes = divmod(round(value / 60), 60)
        return f"{hours:,} h {minutes} min" if hours else f"{minutes} min"
    return f"{_three(value * 1e3)} ms" if 0 < value < 0.1 else f"{_three(value)} s"


def joules(value: float | None) -> str:
    """An energy with an SI prefix, `148 MJ`."""
    if value is None:
        return UNKNOWN
    for factor, unit in ((1e9, "GJ"), (1e6, "MJ"), (1e3, "kJ")):
        if value >= factor:
            return f"{_three(value / factor)} {unit}"
    return f"{_three(value)} J"


def grams(value: float | None) -> str:
    """A mass from grams, `26.4 kg`."""
    if value is None:
        return UNKNOWN
    for factor, unit in ((1e6, "t"), (1e3, "kg")):
        if value >= factor:
            return f"{_three(value / factor)} {unit}"
    return f"{_three(value)} g"


def count(value: float | None) -> str:
    """A count with thousands separators, in millions from ten million on, `31.4 M`."""
    if value is None:
        return UNKNOWN
    return f"{value / 1e6:,.1f} M" if value >= 1e7 else f"{value:,.0f}"


def bar(share: float, width: int = 20) -> str:
    """A bar of eighth blocks for `share` in 0..1, at most `width` columns wide."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    return "█" * (eighths // 8) + ("▏▎▍▌▋▊▉"[eighths % 8 - 1] if eighths % 8 else "")
