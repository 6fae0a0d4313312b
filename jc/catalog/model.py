"""The catalog as values: what the YAML files say, after they were read and found sound.

Model and offer are split because price, region, vision and speed are facts of the offer: the same weights are text-only at one
host and cost 4.6 times as much at another. Every value is frozen, every record remembers where it was written (`where`), and
nothing here reads a file or a clock: `at` is always an argument.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from jc.errors import Where

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    from jc.values import dataclass  # the same for all who use it, and 13 ms less at every start

Kind = Literal["first_party", "cloud", "aggregator", "gateway", "local", "demo"]
PriceStatus = Literal["confirmed", "announced", "cancelled"]
Mode = Literal["standard", "batch", "flex", "priority"]
TokenKind = Literal["input", "output", "cache_read", "cache_write_5m", "cache_write_1h"]
TOKEN_KINDS: tuple[TokenKind, ...] = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")
UNIT_KINDS: tuple[str, ...] = ("request", "image", "audio_second", "ktexts")
OWN_EVAL = "own_eval/"
"""How the benchmarks of own evals begin (`own_eval/<set>`); they need no entry in the registry and no anchor."""
WEEKDAYS: tuple[str, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Energy:
    """Joules per request, million output tokens, image, audio second or chunk, and how the figure was come by."""

    joules: Decimal
    per: Literal["request", "mtok_output", "image", "audio_second", "chunk"]
    method: Literal["stated", "measured", "estimated"] | None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """Provider-neutral facts of one set of weights."""

    id: str
    lab: str
    where: Where
    family: str | None = None
    positioning: str | None = None
    """The tier its maker aims at; it caps the tier that scores can give."""
    open_weights: bool | None = None
    licence: str | None = None
    input: tuple[str, ...] = ("text",)
    output: tuple[str, ...] = ("text",)
    params_b: Decimal | None = None
    active_params_b: Decimal | None = None
    energy: Energy | None = None
    verbosity: Mapping[str, Decimal] = field(default_factory=dict)
    """Output tokens relative to the median model by route class, `default` for the rest; measured by `jc evals`."""
    aliases: tuple[str, ...] = ()
    best_at: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """A UTC time of day and the days on which it holds; `start` after `end` goes over midnight. Minutes since 00:00."""

    start: int
    end: int
    days: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class When:
    """The conditions of an override; all that are set must hold."""

    prompt_tokens_gt: int | None = None
    utc: tuple[Window, ...] = ()
    mode: Mode | None = None
    region: str | None = None
    days: tuple[str, ...] = ()
    """The days of the windows, as written; each window carries them too."""


@dataclass(frozen=True, slots=True)
class Override:
    """Rates that replace or scale the base ones while `when` holds; later overrides win key by key."""

    when: When
    set: Mapping[str, Decimal]
    multiply: Mapping[str, Decimal]
    charge: Literal["request", "marginal"]
    """`request`: the whole request at the new rate; `marginal`: only the tokens above the threshold."""
    where: Where


@dataclass(frozen=True, slots=True)
class PriceRow:
    """Prices in force from `valid_from` until the next row's; never overwritten, a change is a new row.

    `usd_per_mtok` is keyed by TokenKind, `usd_per_unit` by UNIT_KINDS (`usd_per_image: 0.04` is `{"image": 0.04}`).
    An absent key is unknown, never zero.
    """

    valid_from: date
    status: PriceStatus
    usd_per_mtok: Mapping[str, Decimal]
    usd_per_unit: Mapping[str, Decimal]
    overrides: tuple[Override, ...]
    source: str | None
    checked: date | None
    where: Where
    correction: str | None = None
    """Why this row was rewritten after it had been published."""


@dataclass(frozen=True, slots=True)
class Free:
    """The only way to cost nothing: a reason, and until when."""

    reason: str
    until: date | None
    where: Where


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """Dates of an offer; `removal` is the first day on which it no longer answers."""

    released: date | None = None
    deprecation_announced: date | None = None
    removal: date | None = None
    replacement: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Speed:
    """Typical time to first token in seconds, output tokens per second, and optional prefill seconds per input token."""

    ttft_s: Decimal | None
    tokens_per_s: Decimal | None
    source: str | None = None
    checked: date | None = None


@dataclass(frozen=True, slots=True)
class Api:
    """How to call a provider: an OpenAI-compatible base URL and the name of the variable that holds the key."""

    protocol: str
    base_url: str | None
    key_env: str | None


@dataclass(frozen=True, slots=True)
class Provider:
    """Who sells offers."""

    id: str
    kind: Kind
    api: Api | None
    where: Where
    name: str | None = None
    cache_ttl_s: int | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """One model that can be bought at one provider, under one wire id."""

    id: str
    model: str
    provider: str
    kind: Kind
    wire_id: str
    region: str
    where: Where
    aliases: tuple[str, ...] = ()
    input: tuple[str, ...] = ("text",)
    output: tuple[str, ...] = ("text",)
    tools: bool | None = None
    structured_output: bool | None = None
    reasoning: bool | None = None
    """True when hidden reasoning tokens are billed as output."""
    context: int | None = None
    max_output: int | None = None
    rpm: int | None = None
    tpm: int | None = None
    concurrency: int | None = None
    prices: tuple[PriceRow, ...] = ()
    free: Free | None = None
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    speed: Speed | None = None

    @property
    def vision(self) -> bool:
        """Whether the offer takes images; a fact of the offer, not of the weights."""
        return "image" in self.input


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One benchmark: its unit and range, its direction, and what succeeds it."""

    id: str
    name: str
    unit: str
    low: Decimal
    high: Decimal
    higher_is_better: bool
    where: Where
    measures: str | None = None
    successors: tuple[str, ...] = ()
    variant_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """One measurement of `n` prompts, with its 95 % interval; comparable only with the same benchmark and variant."""

    model: str
    benchmark: str
    value: Decimal
    variant: tuple[tuple[str, Any], ...]
    by: Literal["vendor", "independent", "own_eval"]
    where: Where
    harness: str | None = None
    source: str | None = None
    date: dt.date | None = None
    n: int | None = None
    interval: tuple[Decimal, Decimal] | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """What an own eval saw of a model besides its score: mean tokens and money, median seconds; they compare within one set."""

    model: str
    benchmark: str
    route_class: str | None
    answers: int
    output_tokens: Decimal
    where: Where
    latency_s: Decimal | None = None
    ttft_s: Decimal | None = None
    usd_per_answer: Decimal | None = None
    date: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Criterion:
    """What a tier looks at: a list of benchmarks, newest first, one anchor and one band per benchmark (points)."""

    name: str
    benchmarks: tuple[str, ...]
    band: Decimal
    anchors: Mapping[str, Decimal]
    """The score a member is expected to reach, by benchmark; the floor is anchor - band."""
    variant: Mapping[str, Any] = field(default_factory=dict)
    """What a score's variant must say to count here, `{tools: false}`; an absent key counts as false."""


@dataclass(frozen=True, slots=True)
class TierRule:
    """One tier by hand: purpose and criteria; tiers are listed best first."""

    id: str
    purpose: str
    criteria: tuple[Criterion, ...]
    where: Where
    cheapest: Mapping[str, str] = field(default_factory=dict)
    """Who is stated to be cheapest, by region (`any` for all, `global/vision` among vision offers); checked, never used."""
    needs: Mapping[str, bool] = field(default_factory=dict)
    """Capabilities without which no score places an offer here, `{reasoning: true}`."""
    vouched: bool = True
    """Whether hand-placed members count as equals of each other until a score contradicts it."""


@dataclass(frozen=True, slots=True)
class ForbiddenSwap:
    """A pair that must never be swapped; both sides may hold `*` wildcards."""

    source: str
    target: str
    reason: str
    where: Where


@dataclass(frozen=True, slots=True)
class SwapRules:
    """The policy of same-tier swaps: opt-in, which regions (`same`, `any`, a list), which providers, which pins and pairs."""

    enabled: bool = True
    region: str | tuple[str, ...] = "same"
    providers_allow: tuple[str, ...] = ()
    providers_deny: tuple[str, ...] = ()
    removal_within_days: int = 30
    pins: tuple[str, ...] = ()
    never: tuple[ForbiddenSwap, ...] = ()


@dataclass(frozen=True, slots=True)
class TierPolicy:
    """Bands, anchors and swap rules, as written by hand in tiers/policy.yaml."""

    tiers: tuple[TierRule, ...] = ()
    swap: SwapRules = field(default_factory=SwapRules)
    hysteresis: Decimal = Decimal(1)
    where: Where = field(default_factory=lambda: Where("tiers/policy.yaml"))


@dataclass(frozen=True, slots=True)
class TierOverride:
    """A hand placement of an offer (two offers of one model may differ): why, by whom, since when, reviewed until when."""

    model: str
    tier: str
    reason: str
    by: str
    on: date
    review_by: date
    where: Where
    until: date | None = None  # the first day on which it no longer holds


@dataclass(frozen=True, slots=True)
class Placement:
    """One line of the lock file: offer, tier, the state of its evidence and the scores it rests on."""

    model: str
    tier: str
    state: Literal["verified", "partial", "provisional", "unplaced"]
    since: date
    evidence: Mapping[str, Any]
    where: Where


@dataclass(frozen=True, slots=True)
class Lock:
    """The head of the lock file: the day it was written for, and digests of the inputs it rests on."""

    as_of: date
    inputs: Mapping[str, str]
    where: Where


@dataclass(frozen=True, slots=True)
class Target:
    """Where a route goes: one model, or a pool with a preference."""

    model: str | None = None
    pool: tuple[str, ...] | Literal["any"] = ()
    preference: Literal["balanced", "quality", "speed", "cost", "auto"] = "balanced"
    fallback: tuple[str, ...] = ()
    min_confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Facts outrank the text: when all conditions of `when` hold, the target answers; first match wins."""

    when: Mapping[str, Any]
    target: Target
    where: Where


@dataclass(frozen=True, slots=True)
class RouteOverride:
    """Per key, organisation or requested model: pin one model, switch swaps off, or forbid targets (wildcards)."""

    when: Mapping[str, Any]
    where: Where
    pin: str | None = None
    swap: bool | None = None
    never: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cascade:
    """Local first: ask `first`, escalate when the class, the confidence or a judge's score says so."""

    first: str
    class_in: tuple[str, ...] = ()
    confidence_lt: float | None = None
    judge_score_lt: float | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """USD per key and window; below `below_usd` left, `low_model` answers; at the cap the request is refused (429)."""

    key_usd: Decimal
    window_hours: Decimal
    below_usd: Decimal | None = None
    low_model: str | None = None


@dataclass(frozen=True, slots=True)
class RouteTable:
    """One file of routes/: classes to targets, with rules, overrides, swap, cascade and budget.

    `threshold` is one confidence for all classes; None uses the classifier's own. `classes` says what each class means, for a
    model that classifies; empty for the five built-in ones.
    """

    name: str
    where: Where
    classifier: str = "local"
    threshold: float | None = None
    default: str = "general"
    routes: Mapping[str, Target] = field(default_factory=dict)
    fallback: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    overrides: tuple[RouteOverride, ...] = ()
    swap_mode: Literal["off", "opt_in", "all"] = "off"
    swap_region: str | tuple[str, ...] = "same"
    cascade: Cascade | None = None
    budget: Budget | None = None
    description: str | None = None
    classes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """A flat-rate plan or a per-key budget window."""

    id: str
    provider: str | None
    where: Where
    usd_per_month: Decimal | None = None
    window_hours: Decimal | None = None
    window_usd: Decimal | None = None
    window_kind: Literal["first_use", "fixed"] = "first_use"
    models: tuple[str, ...] = ()
    note: str | None = None
    source: str | None = None
    window_per: Literal["key", "account"] = "key"


@dataclass(frozen=True, slots=True)
class Job:
    """One row of a pick-by-job table, or one branch of the decision tree: the first question answered with yes wins."""

    id: str
    title: str
    models: tuple[str, ...]
    where: Where
    needs: Mapping[str, Any] = field(default_factory=dict)
    question: str | None = None
    why: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Staleness:
    """After how many days without a check a price is a warning or an error, by kind of provider."""

    warn_days: int
    error_days: int


@dataclass(frozen=True, slots=True)
class Settings:
    """catalog.yaml: schema version and the policies that rules read."""

    schema_version: int = 1
    staleness: Mapping[str, Staleness] = field(default_factory=dict)
    open_weight_notice_months: int = 6
    closed_notice_days: int = 60
    removal_warning_days: int = 60
    default_region: str = "global"
    output_weight: Decimal = Decimal("0.2")
    """The cost key, what "cheapest" means: input + output_weight * output, USD per Mtok."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything the folder says, by id; `root` is how its files are named in messages, `digest` is sha256 over the files."""

    root: str
    settings: Settings = field(default_factory=Settings)
    providers: Mapping[str, Provider] = field(default_factory=dict)
    models: Mapping[str, Model] = field(default_factory=dict)
    offers: Mapping[str, Offer] = field(default_factory=dict)
    benchmarks: Mapping[str, Benchmark] = field(default_factory=dict)
    scores: Sequence[Score] = ()
    observations: Sequence[Observation] = ()
    policy: TierPolicy = field(default_factory=TierPolicy)
    tier_overrides: Sequence[TierOverride] = ()
    placements: Mapping[str, Placement] = field(default_factory=dict)
    lock: Lock | None = None
    routes: Mapping[str, RouteTable] = field(default_factory=dict)
    plans: Mapping[str, Plan] = field(default_factory=dict)
    jobs: Sequence[Job] = ()
    tree: Sequence[Job] = ()
    digest: str = ""
