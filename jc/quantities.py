"""What calls consume, cost and take; the unit is in every name.

Money is exact: `Decimal` dollars where a person reads a price, integer pico-dollars (10⁻¹² USD) where millions of rows are
summed. One dollar per million tokens is exactly 1,000,000 pico-dollars a token, so a sum of integers is the sum of the prices.
"""

from dataclasses import dataclass
from decimal import Decimal

PICO_PER_USD = 10**12
PICO_PER_USD_PER_MTOK = 10**6


@dataclass(frozen=True, slots=True)
class Usage:
    """What one call consumed.

    `input_tokens` includes the cached and cache-written ones, as OpenAI and the OpenTelemetry GenAI conventions count;
    `output_tokens` includes reasoning tokens, because they are billed as output.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    cache_write_5m_tokens: int = 0
    cache_write_1h_tokens: int = 0
    reasoning_tokens: int = 0
    images: int = 0
    audio_seconds: int = 0
    requests: int = 1

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cached_input_tokens + other.cached_input_tokens,
            self.cache_write_5m_tokens + other.cache_write_5m_tokens,
            self.cache_write_1h_tokens + other.cache_write_1h_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
            self.images + other.images,
            self.audio_seconds + other.audio_seconds,
            self.requests + other.requests,
        )


@dataclass(frozen=True, slots=True)
class CostLine:
    """One addend of a cost: a quantity, the rate in force and their product in USD."""

    name: str
    quantity: int
    usd_per_unit: Decimal
    per: str
    usd: Decimal


@dataclass(frozen=True, slots=True)
class Cost:
    """Money in USD, with the lines that add up to it."""

    usd: Decimal
    lines: tuple[CostLine, ...] = ()

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.usd + other.usd, self.lines + other.lines)


def counted(number: int, noun: str) -> str:
    """`1 request`, `2,000 requests`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def to_pico(usd: Decimal) -> int:
    """Dollars as integer pico-dollars, exact; ValueError when the amount is finer than 10⁻¹² USD."""
    scaled = usd * PICO_PER_USD
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"{usd} USD is finer than a pico-dollar")
    return whole


def to_usd(pico_usd: int) -> Decimal:
    """Integer pico-dollars as dollars, exact."""
    return Decimal(pico_usd).scaleb(-12)
