"""offers/<provider>.yaml: what can be bought."""

from typing import Annotated, Literal

from pydantic import Field

from jc.catalog.model import Kind, Mode, PriceStatus
from jc.catalog.shapes.base import Day, Modality, Number, Shape, Text, Version, WeekDay, Whole, WindowText, text_only


class ApiShape(Shape):
    """How to call a provider; the key is named by its variable, never written down."""

    protocol: Literal["openai", "anthropic"] = "openai"
    base_url: Text | None = None
    key_env: Text | None = None


class Capabilities(Shape):
    """What this offer takes, gives and can do; an absent flag is unknown."""

    input: list[Modality] = Field(default_factory=text_only)
    output: list[Modality] = Field(default_factory=text_only)
    tools: bool | None = None
    structured_output: bool | None = None
    reasoning: bool | None = Field(None, description="true when hidden reasoning tokens are billed as output")


class Limits(Shape):
    """Tokens of context and output, requests and tokens a minute, requests in flight; null is unknown."""

    context: Whole | None = None
    output: Whole | None = None
    rpm: Whole | None = None
    tpm: Whole | None = None
    concurrency: Whole | None = None


class Rates(Shape):
    """USD per million tokens by kind of token; an absent kind is unknown, never zero."""

    input: Number | None = None
    output: Number | None = None
    cache_read: Number | None = None
    cache_write_5m: Number | None = None
    cache_write_1h: Number | None = None


class OverrideRates(Rates):
    """Rates of an override: token kinds in USD per million tokens, units under their own name."""

    usd_per_request: Number | None = None
    usd_per_image: Number | None = None
    usd_per_audio_second: Number | None = None
    usd_per_ktexts: Number | None = None


class WhenShape(Shape):
    """The conditions of an override; all that are written must hold."""

    prompt_tokens_gt: Whole | None = None
    utc: Annotated[list[WindowText], Field(max_length=8)] | None = Field(
        None, description='windows in UTC, like "01:00-04:00"; over midnight is allowed'
    )
    days: list[WeekDay] | None = Field(None, description="the days on which the windows begin; needed with `utc`")
    mode: Mode | None = None
    region: Text | None = None


class OverrideShape(Shape):
    """Rates that replace (`set`) or scale (`multiply`) the base ones while `when` holds; later overrides win key by key."""

    when: WhenShape
    set: OverrideRates | None = None
    multiply: OverrideRates | None = None
    charge: Literal["request", "marginal"] = "request"
    note: Text | None = None


class Correction(Shape):
    """Why a past price row was changed: the only way to rewrite history."""

    reason: Text


class PriceShape(Shape):
    """Prices in force from `from` until the next row's `from`; never overwritten, a change is a new row."""

    from_: Day = Field(alias="from")
    status: PriceStatus
    usd_per_mtok: Rates | None = None
    usd_per_request: Number | None = None
    usd_per_image: Number | None = None
    usd_per_audio_second: Number | None = None
    usd_per_ktexts: Number | None = None
    overrides: Annotated[list[OverrideShape], Field(max_length=50)] = Field(default_factory=list)
    source: Text | None = None
    checked: Day | None = None
    correction: Correction | None = None
    note: Text | None = None


class FreeShape(Shape):
    """The only way to cost nothing: a reason, and until when."""

    reason: Text
    until: Day | None = Field(None, description="first day on which it costs again")


class LifecycleShape(Shape):
    """Dates of an offer; `removal` is the first day on which it no longer answers."""

    released: Day | None = None
    deprecation_announced: Day | None = None
    removal: Day | None = None
    replacement: Text | None = None
    source: Text | None = None


class SpeedShape(Shape):
    """Typical time to first token in seconds and output tokens per second."""

    ttft_s: Number | None = None
    tokens_per_s: Number | None = None
    source: Text | None = None
    checked: Day | None = None


class OfferShape(Shape):
    """One model that can be bought at one provider, under one wire id."""

    id: Text
    model: Text
    wire_id: Text
    aliases: list[Text] = Field(default_factory=list)
    region: Text = "global"
    capabilities: Capabilities | None = None
    limits: Limits | None = None
    prices: list[PriceShape] = Field(default_factory=list)
    free: FreeShape | None = None
    lifecycle: LifecycleShape | None = None
    speed: SpeedShape | None = None
    note: Text | None = None


class OffersFile(Shape):
    """offers/<provider>.yaml: what one provider sells, sorted by id."""

    schema_version: Version
    provider: Text
    kind: Kind
    name: Text | None = None
    api: ApiShape | None = None
    cache_ttl_s: Whole | None = Field(None, description="seconds that the prompt cache stays warm")
    offers: list[OfferShape]
