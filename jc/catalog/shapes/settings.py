"""catalog.yaml, plans.yaml and jobs.yaml: policies, plans, and what to pick for which job."""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from jc.catalog.model import Kind
from jc.catalog.shapes.base import Modality, Number, Shape, Text, Version, Whole


class StalenessDays(Shape):
    """After how many days without a check a price is a warning, and an error."""

    warn_days: Whole
    error_days: Whole


class Notice(Shape):
    """How long before its removal an offer must be announced, and how long before it a route that uses it is warned of."""

    open_weight_months: Whole = 6
    closed_days: Whole = 60
    removal_warning_days: Whole = 60


class CostKey(Shape):
    """What "cheapest" means: input + output_weight × output, USD per million tokens."""

    output_weight: Number = Decimal("0.2")


class CatalogFile(Shape):
    """catalog.yaml: the policies that rules read."""

    schema_version: Version
    staleness: dict[Kind, StalenessDays] = Field(default_factory=dict, description="by kind of provider")
    notice: Notice = Field(default_factory=Notice)
    default_region: Text = "global"
    cost_key: CostKey = Field(default_factory=CostKey)


class PlanWindow(Shape):
    """A budget window: so many USD in so many hours, per key or account."""

    hours: Number | None = None
    usd: Number | None = None
    kind: Literal["first_use", "fixed"] = "first_use"
    per: Literal["key", "account"] = "key"


class PlanShape(Shape):
    """A flat-rate plan or a per-key budget window."""

    id: Text
    provider: Text | None = None
    usd_per_month: Number | None = None
    window: PlanWindow | None = None
    models: list[Text] = Field(default_factory=list)
    note: Text | None = None
    source: Text | None = None


class PlansFile(Shape):
    """plans.yaml: what is paid by the month and what is capped by the window."""

    schema_version: Version
    plans: list[PlanShape]


class JobNeeds(Shape):
    """What a job asks of a model."""

    vision: bool | None = None
    tools: bool | None = None
    structured_output: bool | None = None
    reasoning: bool | None = None
    multilingual: bool | None = None
    code: bool | None = None
    long_context: Whole | None = Field(None, description="tokens of context")
    max_latency: Number | None = Field(None, description="seconds to the first token")
    output: Modality | None = None


class JobShape(Shape):
    """One row of a pick-by-job table."""

    id: Text
    title: Text
    models: list[Text]
    needs: JobNeeds | None = None
    why: Text | None = None
    source: Text | None = None


class BranchShape(JobShape):
    """One branch of the decision tree; the first question answered with yes wins."""

    title: Text = ""
    question: Text | None = Field(None, description="absent on the last branch, which always answers")


class JobsFile(Shape):
    """jobs.yaml: pick-by-job rules and the decision tree."""

    schema_version: Version
    jobs: list[JobShape]
    tree: list[BranchShape] = Field(default_factory=list)
