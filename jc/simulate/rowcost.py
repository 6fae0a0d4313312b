"""What single rows cost: the same tariffs as for groups, for questions in which every row has its own fate.

Whole pico-dollars a row. Where a rate is finer than a pico-dollar a token the row is rounded, so that a million rows are off by
less than a millionth of a dollar.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jc.catalog.model import Offer
from jc.catalog.price import Unpriced
from jc.simulate.book import Book
from jc.simulate.tariff import Exact, Rates, Tariff, rate_of, scaled
from jc.traffic.cube import Sample

Ints = NDArray[np.int64]
_KINDS = ("cache_read", "cache_write_5m", "input")


class Tokens(NamedTuple):
    """The usage of rows: tokens (input includes cached and written ones) and images."""

    input: Ints
    cached: Ints
    written: Ints
    output: Ints
    images: Ints

    def at(self, rows: Ints) -> "Tokens":
        """The usage of some of the rows."""
        return Tokens(*(column[rows] for column in self))

    def keeping(self, kept: Ints) -> "Tokens":
        """The same prompts with so many tokens still cached: what is lost is written again where the log wrote."""
        lost = self.cached - kept
        return self._replace(cached=kept, written=np.where(self.written > 0, self.written + lost, self.written))

    def classified(self, prompt_tokens: int, answer_tokens: int) -> "Tokens":
        """What a model reads and says that classifies the same prompts, with so many tokens of its own for each."""
        nothing = np.zeros_like(self.input)
        return Tokens(self.input + prompt_tokens, nothing, nothing, nothing + answer_tokens, nothing)


def row_pico(book: Book, offer: Offer, group: Ints, tokens: Tokens, ratio: NDArray[np.float64] | None = None) -> Ints:
    """What rows of these groups cost at an offer, in pico-dollars; Unpriced when a needed rate is not known.

    `ratio` is how many output tokens the offer's model says for each logged one of every row; None: as many.
    """
    code, tariffs = book.tariffs(offer)
    place = code[group]
    out = np.zeros(len(group), dtype=np.int64)
    order = np.argsort(place, kind="stable")
    found, starts = np.unique(place[order], return_index=True)
    for number, rows in zip(found.tolist(), np.split(order, starts[1:]), strict=True):
        rates = tariffs.rates[number]
        if rates is None:
            raise Unpriced(tariffs.why or f"`{offer.id}` has no price", hint="add its price, or leave the offer out")
        out[rows] = _priced(rates, tokens.at(rows), None if ratio is None else ratio[rows])
    return out


def stated_pico(book: Book, sample: Sample) -> NDArray[np.float64]:
    """What the log says that sampled rows cost: the sums of alike requests, shared out by their tokens.

    An output token weighs as four fresh ones, a cached one a tenth. Who sent a request and when plays no part, so no breakdown
    changes it.
    """
    alike, groups, rows = book.alike(), book.groups, sample.columns
    size = int(alike.max(initial=0)) + 1
    stated = np.bincount(alike, weights=groups["cost_pico"].astype(np.float64), minlength=size)
    weight = np.bincount(alike, weights=_weight(groups), minlength=size)
    return np.asarray((stated / np.maximum(weight, 1))[alike[sample.group]] * _weight(rows))


def _weight(tokens: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
    cached = tokens["cached"].astype(np.float64)
    return np.asarray(tokens["input"] - 0.9 * cached + 4.0 * tokens["output"])


def _priced(found: Tariff, tokens: Tokens, ratio: NDArray[np.float64] | None) -> Ints:
    last = found.rates[-1]
    total = np.full(len(tokens.input), 0, dtype=np.int64)
    if last.bills_tokens:
        borders = (tokens.input * 0, tokens.cached, tokens.cached + tokens.written, tokens.input)
        for number, segment in enumerate(found.rates):
            end = found.rates[number + 1].start if number + 1 < len(found.rates) else None
            inside = [np.clip(border, segment.start, end) for border in borders]
            for kind, low, high in zip(_KINDS, inside, inside[1:], strict=False):
                total += _charged(segment, kind, found.offer, high - low)
        total += _said(last, found.offer, tokens.output, ratio)
    total += _times(last.by_unit.get("request", 0), np.ones_like(total))
    if tokens.images.any():
        if "image" in last.by_unit:
            total += _times(last.by_unit["image"], tokens.images)
        elif not last.bills_tokens:
            raise Unpriced(f"`{found.offer}` has no price per image", hint="add `usd_per_image` to its price row")
    return total


def _said(rates: Rates, offer: str, output: Ints, ratio: NDArray[np.float64] | None) -> Ints:
    """What output tokens cost, each at the rate of as many as the model says for it."""
    if ratio is None or not output.any():
        return _charged(rates, "output", offer, output)
    rate, total = rate_of(rates, "output", offer), np.zeros_like(output)
    for one in np.unique(ratio).tolist():
        here = ratio == one
        total[here] = _times(scaled(rate, one), output[here])
    return total


def _charged(rates: Rates, kind: str, offer: str, tokens: Ints) -> Ints:
    return _times(rate_of(rates, kind, offer), tokens) if tokens.any() else tokens


def _times(rate: Exact, amount: Ints) -> Ints:
    if isinstance(rate, int):
        return np.asarray(amount * rate)
    return np.asarray(np.rint(amount * float(rate)), dtype=np.int64)
