"""What a decision looks at and what it says, as values; `Request` is small and hashable, so equal requests are decided once."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from jc.catalog.model import Offer

Routing = Literal["auto", "explicit"]
Step = Literal[
    "explicit", "override", "rule", "cascade", "follow_up", "class", "requested", "constraints", "preference", "affinity",
    "fallback", "swap", "kept", "budget", "classifier", "refused",
]  # fmt: skip
Held = Literal["", "explicit", "tools", "vision", "swap_off", "unable"]

EXPECTED_OUTPUT: dict[str, int] = {"simple": 100, "general": 300, "reasoning": 600, "code": 400, "agent": 200}
"""Output tokens that are assumed when a request does not say: over the guide's class mix (600, 300, 70 and 30 of 1,000
requests) they average 204, its 200. Scaled by a model's own verbosity where that was measured."""


@dataclass(frozen=True, slots=True)
class Request:
    """All that a decision can depend on. Counts are tokens; money is USD; `requested` None (or "auto") asks for no model.

    `input_tokens` includes `cached_input_tokens`, which are those that `previous` (the model that answered last in the session)
    still has in its prompt cache: any other model bills them in full. `abstained` says that the classifier was not sure by its
    own thresholds. `budget_left_usd` is what the key has left in its window.
    """

    route_class: str | None = None
    confidence: float | None = None
    abstained: bool = False
    requested: str | None = None
    routing: Routing = "auto"
    input_tokens: int = 0
    output_tokens: int | None = None
    max_output_tokens: int | None = None
    cached_input_tokens: int = 0
    images: int = 0
    tools: bool = False
    structured_output: bool = False
    code: bool = False
    language: str | None = None
    script: str | None = None
    key: str | None = None
    org: str | None = None
    session: str | None = None
    region: str | None = None
    swap_opt_in: bool = False
    previous: str | None = None
    follow_up: bool = False
    max_latency_s: float | None = None
    max_usd: Decimal | None = None
    budget_left_usd: Decimal | None = None

    @property
    def vision(self) -> bool:
        """Whether the request carries images."""
        return self.images > 0


class Health(NamedTuple):
    """Offer ids and provider ids that are out of service, each with the reason; empty when all answer."""

    down: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, down: Iterable[tuple[str, str]]) -> "Health":
        """A health from pairs of offer or provider id and reason."""
        return cls(tuple(sorted(down)))


class Reason(NamedTuple):
    """One step of a decision and why it went as it did."""

    step: Step
    why: str


class Excluded(NamedTuple):
    """A model that could not answer, and why."""

    model: str
    why: str


class Ranked(NamedTuple):
    """One candidate of a pool as the preference saw it; quality in points of its benchmark, None where nothing is known."""

    model: str
    quality: float | None
    usd: Decimal | None
    latency_s: float | None
    score: float | None


class Estimate(NamedTuple):
    """What the request is expected to take: USD (None when a price is unknown), seconds and joules (None when not known).

    Includes the classifier when it is a model. `output_tokens` is what was assumed.
    """

    usd: Decimal | None
    latency_s: float | None
    joules: float | None
    input_tokens: int
    output_tokens: int


class Decision(NamedTuple):
    """Which model answers, and every step on the way there.

    `model` and `offer` are None when nothing may answer; `refused` then says why in one word: `budget` (as a gateway's 429) or
    `constraints`. `held` says why a model that was asked for answers although the table would have moved the request.
    `fallbacks` are tried in order when the model fails.
    """

    model: str | None
    offer: Offer | None
    requested: str | None
    route_class: str
    confidence: float | None
    reasons: tuple[Reason, ...]
    excluded: tuple[Excluded, ...]
    fallbacks: tuple[str, ...]
    estimate: Estimate
    ranked: tuple[Ranked, ...] = ()
    held: Held = ""
    refused: Literal["", "budget", "constraints"] = ""

    def sure(self, confidence: float | None) -> "Decision":
        """The same decision for a request whose class is as sure as this (between the same thresholds)."""
        return self._replace(confidence=confidence)

    def noted(self, step: Step, why: str) -> "Decision":
        """The same decision with a reason in front."""
        return self._replace(reasons=(Reason(step, why), *self.reasons))

    def to_json(self) -> dict[str, Any]:
        """The fields of `jc.decision/1`; money as decimal text."""
        estimate, offer = self.estimate, self.offer
        sold = None if offer is None else {"provider": offer.provider, "wire_id": offer.wire_id, "region": offer.region}
        return {
            "model": self.model,
            "offer": sold,
            "requested": self.requested,
            "route_class": self.route_class,
            "confidence": self.confidence,
            "reasons": [{"step": reason.step, "why": reason.why} for reason in self.reasons],
            "excluded": [{"model": one.model, "why": one.why} for one in self.excluded],
            "fallbacks": list(self.fallbacks),
            "estimate": {
                "usd": None if estimate.usd is None else format(estimate.usd, "f"),
                "latency_s": estimate.latency_s,
                "energy_j": estimate.joules,
                "input_tokens": estimate.input_tokens,
                "output_tokens": estimate.output_tokens,
            },
            "candidates": [
                {"model": one.model, "quality": one.quality, "usd": None if one.usd is None else format(one.usd, "f"),
                 "latency_s": one.latency_s, "score": one.score}
                for one in self.ranked
            ],
            "refused": self.refused or None,
        }  # fmt: skip
