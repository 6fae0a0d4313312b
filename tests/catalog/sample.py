"""A small sound catalog as text, and edits of it: `§` in an edit marks the place where the finding must point."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jc.catalog.assemble import assemble
from jc.catalog.check import Book, Finding, Rule, check
from jc.catalog.documents import documents
from jc.catalog.rules.all import RULES
from jc.routing.rules import RULES as ROUTE_RULES
from jc.tiers.rules import RULES as TIER_RULES

TODAY = date(2026, 11, 20)
ALL_RULES: tuple[Rule, ...] = (*RULES, *TIER_RULES, *ROUTE_RULES)
MARK = "§"

CATALOG = """\
schema_version: 1
staleness:
  first_party: {warn_days: 60, error_days: 180}
  aggregator: {warn_days: 14, error_days: 60}
notice: {open_weight_months: 6, closed_days: 60, removal_warning_days: 60}
default_region: global
"""

MODELS = """\
schema_version: 1
lab: acme
models:
  - id: acme/large
    family: acme
    positioning: flagship
    open_weights: false
    modalities: {input: [text, image], output: [text]}
    energy: {joules: 6.5, per: request, method: stated, source: "https://acme.example/energy"}
  - id: acme/open
    family: acme
    open_weights: true
    licence: Apache-2.0
    modalities: {input: [text], output: [text]}
    aliases: [acme/open-1]
  - id: acme/small
    open_weights: false
    modalities: {input: [text, image], output: [text]}
"""

ACME = """\
schema_version: 1
provider: acme
kind: first_party
api: {protocol: openai, base_url: "https://api.acme.example/v1", key_env: ACME_API_KEY}
offers:
  # The big one.
  - id: acme/large
    model: acme/large
    wire_id: large-2026
    aliases: [large]
    region: global
    capabilities: {input: [text, image], output: [text], tools: true, structured_output: true, reasoning: false}
    limits: {context: 1000000, output: 128000}
    prices:
      - from: 2026-01-15
        status: confirmed
        usd_per_mtok: {input: 2.50, output: 12.00, cache_read: 0.25, cache_write_5m: 3.00, cache_write_1h: 5.00}
        source: https://acme.example/prices-2025
        checked: 2026-06-01
      - from: 2026-06-30
        status: confirmed
        usd_per_mtok: {input: 2.00, output: 10.00, cache_read: 0.20, cache_write_5m: 2.50, cache_write_1h: 4.00}
        overrides:
          - when: {mode: batch}
            multiply: {input: 0.5, output: 0.5}
          - when: {prompt_tokens_gt: 200000}
            set: {input: 4.00, output: 15.00}
          - when:
              utc: ["01:00-04:00"]
              days: [sat, sun]
            multiply: {input: 0.75, output: 0.75}
        source: https://acme.example/prices
        checked: 2026-11-01
    lifecycle: {released: 2026-01-15}
    speed: {ttft_s: 0.9, tokens_per_s: 46, source: "https://acme.example/speed", checked: 2026-11-01}
  - id: acme/old
    model: acme/small
    wire_id: old
    capabilities: {input: [text, image], output: [text], tools: true}
    limits: {context: 200000, output: 8192}
    prices:
      - from: 2025-01-01
        status: confirmed
        usd_per_mtok: {input: 0.50, output: 1.50}
        source: https://acme.example/prices
        checked: 2026-11-01
    lifecycle:
      released: 2025-01-01
      deprecation_announced: 2026-08-01
      removal: 2027-03-01
      replacement: acme/small
      source: https://acme.example/deprecations
  - id: acme/small
    model: acme/small
    wire_id: small-2026
    aliases: [small, tiny]
    capabilities: {input: [text, image], output: [text], tools: true, structured_output: true}
    limits: {context: 200000, output: 16384}
    prices:
      - from: 2026-06-30
        status: confirmed
        usd_per_mtok: {input: 0.15, output: 0.60, cache_read: 0.075}
        source: https://acme.example/prices
        checked: 2026-11-01
    lifecycle: {released: 2026-06-30}
"""

HOST = """\
schema_version: 1
provider: hosted
kind: aggregator
offers:
  - id: hosted/open
    model: acme/open
    wire_id: acme/open
    capabilities: {input: [text], output: [text], tools: true}
    limits: {context: 131072, output: 8192}
    prices:
      - from: 2026-06-30
        status: confirmed
        usd_per_mtok: {input: 0.10, output: 0.40}
        source: https://hosted.example/prices
        checked: 2026-11-10
    lifecycle:
      released: 2026-01-01
      deprecation_announced: 2026-09-01
      removal: 2027-03-01
      source: https://hosted.example/deprecations
  - id: hosted/painter
    model: acme/large
    wire_id: painter
    capabilities: {input: [text, image], output: [text]}
    free: {reason: a trial of the host, until: 2027-01-01}
"""

REGISTRY = """\
schema_version: 1
benchmarks:
  - id: mmlu
    name: MMLU
    unit: percent
    range: [0, 100]
    measures: knowledge
    variant_keys: [shots]
    successors: [mmlu-pro]
  - id: mmlu-pro
    name: MMLU-Pro
    unit: percent
    range: [0, 100]
    variant_keys: [shots]
"""

SCORES = """\
schema_version: 1
scores:
  - {model: acme/large, benchmark: mmlu, value: 88.0, by: vendor, source: "https://acme.example/large", date: 2026-01-15}
  - {model: acme/open, benchmark: mmlu, value: 80.0, variant: {shots: 5}, by: independent, source: "https://board.example"}
"""

POLICY = """\
schema_version: 1
tiers:
  - id: flagship
    purpose: The best.
    criteria:
      - name: knowledge
        benchmarks: [mmlu-pro, mmlu]
        band: 3
        anchors: {mmlu: 86}
"""

OVERRIDES = """\
schema_version: 1
overrides:
  - model: acme/large
    tier: flagship
    reason: the maker's largest
    by: the curator
    on: 2026-07-01
    review_by: 2027-02-01
"""

ROUTE = """\
name: plain
schema_version: 1
classifier: local
threshold: 0.5
default: general
routes:
  simple: {model: acme/small}
  general: {model: large}
  reasoning: {model: acme/large, min_confidence: 0.6}
  code: {pool: [acme/large, hosted/open], preference: quality}
  agent: {model: acme/large}
fallback: [hosted/open]
rules:
  - {when: {vision: true}, model: acme/large}
overrides:
  - {when: {key: agent-7}, pin: acme/small}
budget: {key_usd: 5.00, window_hours: 5, when_low: {below_usd: 0.02, model: acme/small}}
"""

PLANS = """\
schema_version: 1
plans:
  - id: acme-pro
    provider: acme
    usd_per_month: 50
    window: {hours: 5, usd: 4.00}
    models: [acme/*]
    source: https://acme.example/plans
"""

JOBS = """\
schema_version: 1
jobs:
  - id: chat
    title: Chat
    models: [acme/large]
tree:
  - id: default
    models: [acme/small]
"""

FILES: Mapping[str, str] = {
    "catalog.yaml": CATALOG,
    "models/acme.yaml": MODELS,
    "offers/acme.yaml": ACME,
    "offers/hosted.yaml": HOST,
    "benchmarks/registry.yaml": REGISTRY,
    "benchmarks/scores.yaml": SCORES,
    "tiers/policy.yaml": POLICY,
    "tiers/overrides.yaml": OVERRIDES,
    "routes/plain.yaml": ROUTE,
    "plans.yaml": PLANS,
    "jobs.yaml": JOBS,
}


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of one file: `old` becomes `new`; the mark in `new` is the place of the finding and is taken out."""

    file: str
    old: str
    new: str


def edited(edits: Sequence[Edit], files: Mapping[str, str] = FILES) -> tuple[dict[str, str], tuple[str, int, int] | None]:
    """The files after the edits, and the marked place as file, line, column."""
    out = dict(files)
    for edit in edits:
        before = out.get(edit.file, "")
        assert not edit.old or before.count(edit.old) == 1, f"{edit.old!r} stands {before.count(edit.old)} times in {edit.file}"
        out[edit.file] = before.replace(edit.old, edit.new) if edit.old else edit.new
    place = None
    for rel, text in out.items():
        at = text.find(MARK)
        if at >= 0:
            assert place is None
            place = (rel, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
            out[rel] = text.replace(MARK, "")
    return out, place


def book(files: Mapping[str, str], base: Mapping[str, str] | None = None) -> Book:
    """The files as a book, compared with others when given."""
    before = book(base) if base is not None else None
    return Book.of(assemble(documents("", sorted((rel, text.encode()) for rel, text in files.items()))), before)


def findings(
    files: Mapping[str, str], base: Mapping[str, str] | None = None, at: date = TODAY, rules: Sequence[Rule] = ALL_RULES
) -> list[Finding]:
    """What the check says about the files."""
    return check(book(files, base), at, rules)


def write(root: Path, files: Mapping[str, str] = FILES) -> Path:
    """The files on disk."""
    for rel, text in files.items():
        path = root / rel
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root
