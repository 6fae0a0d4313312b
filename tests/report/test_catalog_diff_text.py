"""The difference of two catalogs in words."""

from datetime import date
from decimal import Decimal

from jc.catalog.diff_values import Change, Delta, ordered
from jc.errors import Where
from jc.report.catalog_diff import diff_document
from jc.report.catalog_diff_text import DiffReport, EffectOnCost
from jc.report.document import render

USD = "usd_per_mtok"
CHANGES = [
    Change(
        "repriced",
        "p/a",
        (Delta("input", Decimal(2), Decimal("1.50"), USD), Delta("output", None, Decimal(9), USD, "batch")),
        date(2026, 12, 1),
        "announced",
        Decimal("-0.5"),
        region="global",
    ),
    Change("new", "p/free", (Delta("free", None, True),), region="eu"),
    Change("new", "p/image", (Delta("image", None, Decimal("0.04"), "usd_per_image"),), region="eu"),
    Change("removed", "p/old", (), replacement="p/a", used_by=(Where("catalogs/routes/x.yaml", 14, 3),), region="cn"),
    Change("removed", "p/older", note="its cheapest equal is p/a", region="cn"),
    Change("removed", "p/oldest", region="cn"),
    Change("lifecycle", "p/a", (Delta("removal", None, date(2027, 1, 1)),), region="global"),
    Change("capability", "p/a", (Delta("input", ("text",), ("text", "image")), Delta("tools", True, None)), region="global"),
    Change("limit", "p/a", (Delta("context", 128_000, 1_000_000, "tokens"),), region="global"),
    Change(
        "tier",
        "p/a",
        (Delta("tier", "low", "top"), Delta("mmlu", Decimal(79), Decimal(90), "points", "floor 85")),
        note="by scores, verified",
    ),
    Change(
        "cheapest", "top, global, text", (Delta("cheapest", "p/b", "p/a"), Delta("cost key", Decimal(3), Decimal("1.7"), USD))
    ),
    Change("route", "plain: code", (Delta("answers text", "p/b", "p/a"),)),
]
COST = EffectOnCost(
    name="log.jsonl",
    before=Decimal("4218.40"),
    after=Decimal("3902.10"),
    price=Decimal("-300.00"),
    swap_target=Decimal("-26.30"),
    removal=Decimal("10.00"),
    days=31,
    requests=48_212,
    exact={"price": Decimal("1E-12")},
    left_out={},
    unknown={},
    by_model={},
    swaps="log",
)
REPORT = DiffReport(
    "main", "working tree", "abc", date(2026, 11, 20), ordered(CHANGES), {"p/a": "top"}, (7, 37), COST, ("too dear (`cost>5%`)",)
)

TEXT = """\
Catalog: main → working tree

~ p/a  top, global  from 2026-12-01, announced
    input         $2.00 → $1.50 per 1M tokens  −25.0%
    output batch  – → $9.00 per 1M tokens

+ p/free   eu  free
+ p/image  eu  $0.04 per image

- p/old     cn  replaced by p/a; still named in catalogs/routes/x.yaml:14:3
- p/older   cn  its cheapest equal is p/a
- p/oldest  cn  nothing replaces it

Lifecycle
~ p/a  top, global
    removal  – → 2027-01-01

Capabilities
~ p/a  top, global
    input  text → text, image
    tools  yes → –

Limits
~ p/a  top, global
    context  128,000 → 1,000,000 tokens

Tier moves
~ p/a  top  by scores, verified
    tier           low → top
    mmlu floor 85  79 → 90 points

Swaps that change: 7 of 37 models
    top, global, text  p/b → p/a  $3.00 → $1.70 per 1M tokens

Routes whose target changed
~ plain: code
    answers text  p/b → p/a

Cost of log.jsonl, 48,212 requests
    $4,218.40 → $3,902.10 a month   −$316.30 (−7.5%)
    prices        −$300.00
    swap targets   −$26.30
    removals       +$10.00
"""


def test_the_text_follows_the_mock_up() -> None:
    """Signs, names, tiers, regions, figures with their change, and the bill at the end."""
    assert render(diff_document(REPORT), "table") == TEXT
    assert render(diff_document(REPORT), "text") == TEXT


def test_markdown_has_a_table_for_each_kind_and_what_stopped_it() -> None:
    """The bill first, then the changes, then the conditions that hold."""
    lines = render(diff_document(REPORT), "markdown").splitlines()

    heads = ["Re-priced", "New", "Removed", "Lifecycle", "Capabilities", "Limits", "Tier moves", "Cheapest equals",
             "Routes whose target changed", "Stopped"]  # fmt: skip
    assert [line for line in lines if line.startswith("####")] == [f"#### {head}" for head in heads]
    assert lines[0] == "### Catalog: `main` → `working tree`"
    assert "**$4,218.40 → $3,902.10 a month, −$316.30 (−7.5%)** for `log.jsonl`" in lines
    assert "| p/a | input per 1M tokens | $2.00 | $1.50 | −25.0% | from 2026-12-01, announced |" in lines
    assert lines[-1] == "- too dear (`cost&gt;5%`)"


def test_hostile_names_stay_text() -> None:
    """Markup in an id is shown, not rendered; a pipe does not open a cell."""
    hostile = DiffReport("`x`", "y", "", date(2026, 11, 20), [Change("new", "<img src=x>|[a](b)", ())], {}, None)
    text = render(diff_document(hostile), "markdown")

    assert "&lt;img src=x&gt;\\|[a](b)" in text
    assert text.startswith("### Catalog: `x` → `y`")


def test_machine_figures_are_plain_decimals() -> None:
    """No exponent in money, whatever its size."""
    assert '"price_usd": "0.000000000001"' in render(diff_document(REPORT), "json")


def test_rows_have_one_figure_each() -> None:
    """CSV: kind, id, field, condition, before, after."""
    lines = render(diff_document(REPORT), "csv").splitlines()

    assert lines[1].startswith("repriced,p/a,top,global,input,,usd_per_mtok,2,1.50,-0.25,2026-12-01,announced")
    assert len(lines) == 1 + sum(max(1, len(one.deltas)) for one in CHANGES)
