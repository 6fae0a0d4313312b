"""routes/<name>.yaml: one route table."""

from typing import Literal

from pydantic import Field

from jc.catalog.shapes.base import Number, Regions, Shape, Text, Version, Whole


class TargetShape(Shape):
    """Where a route goes: one model, or a pool with a preference."""

    model: Text | None = None
    pool: Literal["any"] | list[Text] | None = None
    preference: Literal["balanced", "quality", "speed", "cost", "auto"] = "balanced"
    fallback: list[Text] = Field(default_factory=list)
    min_confidence: Number | None = None
    note: Text | None = None


class RouteWhen(Shape):
    """Facts of a request; all that are written must hold, a list means one of."""

    vision: bool | None = None
    tools: bool | None = None
    structured_output: bool | None = None
    code: bool | None = None
    long_context: bool | None = None
    input_tokens_gt: Whole | None = None
    input_tokens_lt: Whole | None = None
    output_tokens_gt: Whole | None = None
    language: Text | list[Text] | None = None
    script: Text | list[Text] | None = None
    class_: Text | list[Text] | None = Field(None, alias="class")
    key: Text | list[Text] | None = None
    org: Text | list[Text] | None = None
    model: Text | list[Text] | None = None
    region: Text | list[Text] | None = None


class RuleShape(TargetShape):
    """Facts outrank the text: when all conditions hold, the target answers; the first match wins."""

    when: RouteWhen


class RouteOverrideShape(Shape):
    """Per key, organisation or requested model: pin one model, switch swaps off, or forbid targets (wildcards)."""

    when: RouteWhen
    pin: Text | None = None
    swap: Literal["on", "off"] | bool | None = None
    never: list[Text] = Field(default_factory=list)
    note: Text | None = None


class RouteSwap(Shape):
    """Same-tier swap for requests that name a model."""

    mode: Literal["off", "opt_in", "all"] = "off"
    region: Regions = "same"


class Escalate(Shape):
    """When the first answer of a cascade is not good enough."""

    class_in: list[Text] = Field(default_factory=list)
    confidence_lt: Number | None = None
    judge_score_lt: Number | None = None


class CascadeShape(Shape):
    """Local first: ask `first`, escalate when one of the conditions holds."""

    first: Text
    escalate: Escalate = Field(default_factory=Escalate)


class WhenLow(Shape):
    """Degrade before the cap: below so many dollars left, this model answers."""

    below_usd: Number
    model: Text


class BudgetShape(Shape):
    """USD per key and window."""

    key_usd: Number
    window_hours: Number
    when_low: WhenLow | None = None


class RouteFile(Shape):
    """routes/<name>.yaml: one route table."""

    name: Text
    schema_version: Version
    description: Text | None = None
    classifier: Text = Field("local", description="local, or the id of a model")
    classes: dict[str, Text] = Field(default_factory=dict, description="what each class means, told to a model that classifies")
    threshold: Number | None = Field(None, description="below it: default")
    default: Text = "general"
    routes: dict[str, TargetShape]
    fallback: list[Text] = Field(default_factory=list)
    rules: list[RuleShape] = Field(default_factory=list)
    overrides: list[RouteOverrideShape] = Field(default_factory=list)
    swap: RouteSwap = Field(default_factory=RouteSwap)
    cascade: CascadeShape | None = None
    budget: BudgetShape | None = None
    source: Text | None = None
    note: Text | None = None
