"""The shipped catalog: what the documents print, and what it makes of them."""

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from jc.catalog.assemble import assemble
from jc.catalog.check import Book, check
from jc.catalog.documents import read_folder
from jc.catalog.load import load_catalog
from jc.catalog.model import Catalog
from jc.catalog.names import resolve
from jc.catalog.price import rates
from jc.catalog.rules.all import RULES
from jc.report.tiers import shown
from jc.tiers.rules import RULES as TIER_RULES
from jc.tiers.standing import cheapest, standing
from jc.tiers.swap import Kept, Swap, SwapRequest, swap

ROOT = Path(__file__).parents[2]
PAGE = list(csv.DictReader((Path(__file__).parent / "data" / "tiers_page.csv").read_text("utf-8").splitlines()))
JULY = datetime(2026, 7, 15, tzinfo=UTC)
TODAY = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def shipped() -> Catalog:
    return load_catalog(ROOT / "catalogs")


@pytest.mark.parametrize("row", PAGE, ids=[row["id"] for row in PAGE])
def test_every_row_of_the_tiers_page_is_an_offer(shipped: Catalog, row: dict[str, str]) -> None:
    """Id, provider, region, vision and both prices exactly as printed, from the first of July on."""
    offer = shipped.offers[row["id"]]
    in_force = rates(offer, JULY)

    assert (offer.provider, offer.region, offer.vision) == (row["provider"], row["region"], row["vision"] == "true")
    assert in_force["input"] == Decimal(row["input_usd_per_mtok"])
    assert in_force["output"] == Decimal(row["output_usd_per_mtok"])
    assert offer.prices[0].valid_from == date(2026, 7, 1)


@pytest.mark.parametrize("tier", ["flagship", "cheap-fast"])
def test_the_published_tables_in_their_printed_order(shipped: Catalog, tier: str) -> None:
    """The cheapest of region global first, the others by the cost key: the order of the page, with its label on the first row."""
    (table,) = shown(standing(shipped, JULY), JULY, [tier], None)

    assert [row.offer.id for row in table.rows] == [row["id"] for row in PAGE if row["tier"] == tier]
    assert [row.cheapest for row in table.rows] == [row["label_cheapest_today"] == "true" for row in PAGE if row["tier"] == tier]


GOLDEN = [
    ("flagship", "global", False, "deepseek/deepseek-v4-flash"),
    ("flagship", "any", False, "sarvam/sarvam-30b"),
    ("flagship", "global", True, "google/gemini-2.5-pro"),
    ("cheap-fast", "global", False, "openai/gpt-5-nano"),
    ("cheap-fast", "any", False, "glm/glm-4-flash"),
    ("cheap-fast", "global", True, "openai/gpt-4o-mini"),
]


@pytest.mark.parametrize(("tier", "region", "vision", "pick"), GOLDEN)
def test_the_golden_picks(shipped: Catalog, tier: str, region: str, vision: bool, pick: str) -> None:
    """Who is cheapest in July 2026, by tier, region and vision."""
    found = cheapest(standing(shipped, JULY), tier, JULY, region=region, vision=vision)

    assert found is not None
    assert found.id == pick


@pytest.mark.parametrize(("tier", "region", "vision", "pick"), GOLDEN)
def test_the_golden_picks_answer_swaps(shipped: Catalog, tier: str, region: str, vision: bool, pick: str) -> None:
    """The dearest members of region global are swapped to the golden pick."""
    dearest = {"flagship": "anthropic/claude-sonnet-4-6", "cheap-fast": "anthropic/claude-haiku-4-5"}[tier]
    policy = "any" if region == "any" else "same"
    found = swap(SwapRequest(dearest, vision=vision, region=policy), shipped, JULY)

    assert isinstance(found, Swap)
    assert found.model == pick


@pytest.mark.parametrize("at", [JULY, TODAY])
def test_sonnet_with_an_image_goes_to_gemini(shipped: Catalog, at: datetime) -> None:
    """Then and now, 900 tokens in and 300 out cost $0.0072 before and $0.004125 after."""
    found = swap(SwapRequest("anthropic/claude-sonnet-4-6", vision=True, input_tokens=900, output_tokens=300), shipped, at)

    assert isinstance(found, Swap)
    assert (found.model, found.before.usd, found.after.usd) == ("google/gemini-2.5-pro", Decimal("0.0072"), Decimal("0.004125"))
    assert {one.model: one.why for one in found.passed_over}["deepseek/deepseek-v4-flash"] == "is text only"


def test_today_the_cheapest_of_july_is_passed_over_for_its_removal(shipped: Catalog) -> None:
    """gpt-5-nano leaves on 2026-12-11: within thirty days of 2026-11-20 it is not picked, and the reason is given."""
    found = swap(SwapRequest("google/gemini-2.5-flash"), shipped, TODAY)

    assert isinstance(found, Swap)
    assert found.model == "openai/gpt-4o-mini"
    assert {one.model: one.why for one in found.passed_over}["openai/gpt-5-nano"] == "leaves on 2026-12-11, within 30 days"


def test_members_that_left_are_in_the_tables_of_their_time_only(shipped: Catalog) -> None:
    """Six of the 37 are gone by November; July lists them all."""
    july, today = set(standing(shipped, JULY).members), set(standing(shipped, TODAY).members)

    assert july - today == {
        "deepseek/deepseek-chat",
        "kimi/moonshot-v1-128k",
        "kimi/moonshot-v1-32k",
        "kimi/moonshot-v1-8k",
        "kimi/moonshot-v1-8k-vision-preview",
        "xai/grok-code-fast-1",
    }


def test_a_model_that_the_page_sells_after_its_retirement_is_never_picked(shipped: Catalog) -> None:
    """grok-code-fast-1 is on the page of July and was retired in May."""
    found = swap(SwapRequest("anthropic/claude-haiku-4-5"), shipped, JULY)

    assert {one.model: one.why for one in found.passed_over}["xai/grok-code-fast-1"] == "was removed on 2026-05-15"


def test_the_third_tier_is_reasoning(shipped: Catalog) -> None:
    """The page names three tiers and lists two; the third needs hidden thinking, and scores to make two members equals."""
    view = standing(shipped, TODAY)
    found = swap(SwapRequest("anthropic/claude-opus-4-6"), shipped, TODAY)

    assert {member.offer.id for member in view.tiers["reasoning"]} >= {
        "anthropic/claude-opus-4-6",
        "openai/gpt-5.4",
        "openai/gpt-5.5",
    }
    assert all(member.offer.reasoning for member in view.tiers["reasoning"])
    assert isinstance(found, Swap)
    assert (found.model, found.reasons[2]) == ("openai/gpt-5.4", "within the band on 3 criteria that both were measured on")


def test_requests_with_tools_are_kept(shipped: Catalog) -> None:
    """The page's rule, on its own model."""
    found = swap(SwapRequest("openai/gpt-4o", tools=True), shipped, TODAY)

    assert isinstance(found, Kept)


@pytest.mark.parametrize(
    ("name", "offer", "joules"),
    [
        ("llama-3.3-405b", "llama-3.3-405b-instruct", "14"),
        ("llama-3.3-70b", "llama-3.3-70b-instruct", "3.2"),
        ("deepseek-v3", "deepseek-v3", "6.5"),
        ("qwen2.5-72b", "qwen2.5-72b", "3.0"),
        ("mixtral-8x22b", "mixtral-8x22b", "2.4"),
        ("gpt-oss-120b", "gpt-oss-120b", "5.1"),
        ("claude-haiku-4.5", "anthropic/claude-haiku-4-5", "3.8"),
        ("flux-schnell", "flux-schnell", "110"),
        ("flux-dev", "flux-dev", "280"),
        ("sdxl-1.0", "sdxl-1.0", "95"),
        ("whisper-large-v3", "whisper-large-v3", "0.4"),
        ("text-embedding-3-small", "openai/text-embedding-3-small", "0.02"),
        ("text-embedding-3-large", "openai/text-embedding-3-large", "0.05"),
    ],
)
def test_the_models_of_the_energy_page(shipped: Catalog, name: str, offer: str, joules: str) -> None:
    """Every name that the page prints means one offer, whose model has the printed joules."""
    found = resolve(shipped, name)
    energy = shipped.models[found.model].energy

    assert found.id == offer
    assert energy is not None
    assert energy.joules == Decimal(joules)


@pytest.mark.parametrize(
    "name",
    [
        "meta-llama/llama-3.1-8b-instruct",
        "deepseek/deepseek-chat-v3-0324",
        "deepseek/deepseek-reasoner",
        "qwen/qwen3-coder",
        "moonshotai/kimi-k2-5",
        "claude-sonnet-4.5",
        "gemini-3-flash-preview",
        "gemini-3.1-pro-preview",
        "gpt-5.5",
    ],
)
def test_the_models_of_the_guides_are_priced(shipped: Catalog, name: str) -> None:
    """Route targets and pool members can be simulated: both rates are known, in July and today."""
    offer = resolve(shipped, name)

    assert {"input", "output"} <= rates(offer, JULY).keys()
    assert {"input", "output"} <= rates(offer, TODAY).keys()


def test_the_scores_of_the_benchmark_post(shipped: Catalog) -> None:
    """Twelve scores of four models, and HLE with tool use as part of the measurement."""
    found = {
        (row.model, row.benchmark, dict(row.variant).get("tools", False)): row.value
        for row in shipped.scores
        if not dict(row.variant).keys() - {"tools"}
    }

    assert found["openai/gpt-5.4", "mmlu-pro", False] == Decimal("88.5")
    assert found["qwen/qwen3.5-397b-a17b", "gpqa-diamond", False] == Decimal("88.4")
    assert found["qwen/qwen3.5-35b-a3b", "livecodebench", False] == Decimal("74.6")
    assert found["anthropic/claude-opus-4-6", "mmlu-pro", False] == Decimal("82.0")
    assert found["moonshotai/kimi-k2.5", "hle", True] == Decimal("50.2")
    assert ("moonshotai/kimi-k2.5", "hle", False) not in found


def test_the_check_finds_no_error() -> None:
    """On 2026-11-20 the shipped catalog has warnings about the age of prices and nothing worse."""
    book = Book.of(assemble(read_folder(ROOT / "catalogs")))
    findings = check(book, date(2026, 11, 20), (*RULES, *TIER_RULES))

    assert [one for one in findings if one.severity == "error"] == []
    assert {one.rule for one in findings if one.severity == "warning"} <= {"JC509"}


def test_every_file_names_its_schema_on_line_one() -> None:
    """Editors find the schema of each file, and the file that they are pointed to is the one of its kind."""
    for path in sorted((ROOT / "catalogs").rglob("*.yaml")):
        first = path.read_text("utf-8").splitlines()[0]
        prefix = "# yaml-language-server: $schema="

        assert first.startswith(prefix), path
        assert (path.parent / first.removeprefix(prefix)).parent.resolve() == (ROOT / "catalogs" / ".schema").resolve(), path
