"""benchmarks/: the registry and the measurements."""

from typing import Annotated, Literal

from pydantic import Field

from jc.catalog.shapes.base import Day, Number, Scalar, Shape, Text, Version, Whole


class BenchmarkShape(Shape):
    """One benchmark: unit, range and direction, what makes two scores comparable, and what succeeds it."""

    id: Text
    name: Text
    unit: Literal["percent", "fraction", "points", "elo"]
    range: Annotated[list[Number], Field(min_length=2, max_length=2, description="[lowest, highest] possible value")]
    direction: Literal["higher", "lower"] = "higher"
    measures: Text | None = None
    variant_keys: list[Text] = Field(default_factory=list, description="keys of a score's variant: tools, effort, shots …")
    successors: list[Text] = Field(default_factory=list)
    source: Text | None = None
    note: Text | None = None


class RegistryFile(Shape):
    """benchmarks/registry.yaml: the canonical benchmarks."""

    schema_version: Version
    benchmarks: list[BenchmarkShape]


class ScoreShape(Shape):
    """One measurement of a model (or of one offer); comparable only with the same benchmark and variant."""

    model: Text
    benchmark: Text
    value: Number
    variant: dict[str, Scalar] = Field(default_factory=dict)
    harness: Text | None = None
    by: Literal["vendor", "independent", "own_eval"]
    source: Text | None = None
    date: Day | None = None
    n: Annotated[Whole | None, Field(description="prompts that it rests on")] = None
    interval: Annotated[
        list[Number] | None, Field(min_length=2, max_length=2, description="[low, high], the 95% interval of the value")
    ] = None
    note: Text | None = None


class ObservationShape(Shape):
    """What an own eval saw of a model besides its score: how much it says, how long it takes, what it costs."""

    model: Text
    benchmark: Annotated[Text, Field(description="the set, as in its scores: own_eval/<set>")]
    route_class: Annotated[Text | None, Field(description="the class of these prompts; absent: all of them")] = None
    answers: Whole
    output_tokens: Annotated[Number, Field(description="mean output tokens of an answer")]
    latency_s: Annotated[Number | None, Field(description="median seconds of an answer")] = None
    ttft_s: Annotated[Number | None, Field(description="median seconds to the first token")] = None
    usd_per_answer: Number | None = None
    date: Day


class ScoresFile(Shape):
    """benchmarks/*.yaml but the registry: one row per measurement."""

    schema_version: Version
    attribution: Text | None = None
    scores: list[ScoreShape]
    observed: list[ObservationShape] = Field(default_factory=list)
