"""tiers/: policy and overrides by hand, placements by machine."""

from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from jc.catalog.shapes.base import Day, Number, Regions, Scalar, Shape, Text, Version, Whole


class CriterionShape(Shape):
    """What a tier looks at: benchmarks from newest to oldest, one band in points, one anchor per benchmark."""

    name: Text
    benchmarks: list[Text]
    band: Number
    anchors: dict[str, Number] = Field(default_factory=dict)
    variant: dict[str, Scalar] = Field(default_factory=dict, description="the variant that counts, e.g. {tools: false}")


class TierShape(Shape):
    """One tier: purpose, criteria, and who is stated to be cheapest, by region."""

    id: Text
    purpose: Text
    criteria: list[CriterionShape]
    cheapest: dict[str, Text] = Field(default_factory=dict, description="stated by region; compared with the computed one")
    vouched: bool = Field(default=True, description="hand-placed members are equals of each other until a score contradicts it")
    needs: dict[str, bool] = Field(default_factory=dict, description="capabilities that scores cannot replace: reasoning, vision")


class NeverShape(Shape):
    """A pair that must never be swapped; both sides may hold `*`."""

    from_: Text = Field(alias="from")
    to: Text
    reason: Text | None = None


class ProvidersShape(Shape):
    """Which providers a swap may go to."""

    allow: list[Text] = Field(default_factory=list)
    deny: list[Text] = Field(default_factory=list)


class SwapShape(Shape):
    """The policy of same-tier swaps."""

    enabled: bool = True
    region: Regions = "same"
    providers: ProvidersShape = Field(default_factory=ProvidersShape)
    removal_within_days: Whole = 30
    pins: list[Text] = Field(default_factory=list, description="models that are never swapped away from")
    never: list[NeverShape] = Field(default_factory=list)


class PolicyFile(Shape):
    """tiers/policy.yaml: bands, anchors and swap rules, by hand; tiers are listed best first."""

    schema_version: Version
    hysteresis: Number = Decimal(1)
    tiers: list[TierShape]
    swap: SwapShape = Field(default_factory=SwapShape)


class TierOverrideShape(Shape):
    """A hand placement of one offer."""

    model: Text = Field(description="id of the offer")
    tier: Text
    reason: Text
    by: Text
    on: Day
    review_by: Day
    until: Day | None = Field(None, description="first day on which the placement no longer holds, e.g. the offer's removal")
    source: Text | None = None
    note: Text | None = None


class OverridesFile(Shape):
    """tiers/overrides.yaml: hand placements, each with its reason."""

    schema_version: Version
    overrides: list[TierOverrideShape]


class PlacementShape(Shape):
    """One placement with its evidence."""

    model: Text = Field(description="id of the offer")
    tier: Text
    state: Literal["verified", "partial", "provisional", "unplaced"]
    since: Day
    evidence: dict[str, Any] = Field(default_factory=dict)


class PlacementsFile(Shape):
    """tiers/placements.lock.yaml: written only by `jc tiers assign --write`."""

    schema_version: Version
    as_of: Day
    inputs: dict[str, Text] = Field(default_factory=dict, description="sha256 of policy, scores and overrides it rests on")
    placements: list[PlacementShape]
