"""The 21 classic mistakes of public catalogs, each made in a sound catalog and found at its very line and column."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from jc.catalog.folder import find_catalog, read_files
from tests.catalog.sample import FILES, TODAY, Edit, edited, findings

A, R = "offers/acme.yaml", "routes/plain.yaml"
SMALL = "{input: 0.15, output: 0.60, cache_read: 0.075}"
BIG = "{input: 2.00, output: 10.00, cache_read: 0.20, cache_write_5m: 2.50, cache_write_1h: 4.00}"
CAN = "aliases: [small, tiny]\n    capabilities: {input: [text, image]"
_LARGE = FILES[A][FILES[A].index("  # The big one.") : FILES[A].index("  - id: acme/old")]


@dataclass(frozen=True, slots=True)
class Slip:
    """A mistake: its name, the edits, the rule that finds it, and whether it shows only beside an older version."""

    name: str
    edits: tuple[Edit, ...]
    rule: str
    against_base: bool = False
    where: tuple[str, int, int] | None = None


def _slip(name: str, old: str, new: str, rule: str, *, against_base: bool = False) -> Slip:
    return Slip(name, (Edit(A, old, new),), rule, against_base)


SLIPS = (
    _slip("unit x1000", BIG, BIG.replace("input: 2.00", "input: §2000.00"), "price-absurd"),
    _slip(
        "unit x1000, small",
        SMALL,
        SMALL.replace("input: 0.15, output: 0.60", "input: §150, output: 600"),
        "price-far-from-siblings",
    ),
    _slip("per-token figure in a per-million field", BIG, BIG.replace("input: 2.00", "input: §0.000002"), "price-unit"),
    _slip("dropped zero, output", BIG, BIG.replace("output: 10.00", "output: §1.00"), "output-below-input"),
    _slip("dropped zero, input", BIG, BIG.replace("input: 2.00", "input: §0.20"), "price-ratio"),
    _slip(
        "input and output swapped",
        BIG,
        BIG.replace("input: 2.00, output: 10.00", "input: 10.00, output: §2.00"),
        "output-below-input",
    ),
    _slip("cache_read above input", SMALL, SMALL.replace("0.075", "§0.75"), "cache-read-above-input"),
    _slip("negative sentinel", SMALL, SMALL.replace("input: 0.15", "input: §-1"), "price-negative"),
    _slip("zero for a paid model", SMALL, SMALL.replace("input: 0.15", "input: §0"), "price-zero"),
    _slip("duplicate key", "    wire_id: small-2026\n", "    wire_id: small-2026\n    §wire_id: small\n", "duplicate-key"),
    _slip("misspelt price key", SMALL, SMALL.replace("output: 0.60", "§ouput: 0.60"), "unknown-key"),
    _slip("misspelt top-level key", "api: {protocol", "§apis: {protocol", "unknown-key"),
    _slip('price as "$2.50"', BIG, BIG.replace("input: 2.00", 'input: §"$2.50"'), "wrong-type"),
    _slip(
        "context / 10, below the output limit",
        "{context: 1000000, output: 128000}",
        "{context: 100000, output: §128000}",
        "output-above-context",
    ),
    _slip("context / 10", "{context: 200000, output: 16384}", "{context: §20000, output: 16384}", "limit-cut", against_base=True),
    _slip(
        "price overwritten without a new dated row",
        SMALL,
        SMALL.replace("input: 0.15", "input: §0.20"),
        "history-rewritten",
        against_base=True,
    ),
    _slip(
        "future checked date",
        "checked: 2026-11-01\n    lifecycle: {released: 2026-06-30}",
        "checked: §2027-11-01\n    lifecycle: {released: 2026-06-30}",
        "date-in-future",
    ),
    _slip("long-context tier cheaper than base", "set: {input: 4.00", "set: {input: §0.40", "long-context-cheaper"),
    Slip("model deleted without deprecation", (Edit(A, _LARGE, ""),), "deleted-early", against_base=True, where=(A, 6, 5)),
    Slip("model deleted while a route uses it", (Edit(A, _LARGE, ""), Edit(R, "model: large", "model: §large")), "unknown-model"),
    _slip("alias claimed twice", "aliases: [small, tiny]", "aliases: [small, §large]", "duplicate-name"),
    _slip("impossible date", "from: 2026-01-15", "from: §2026-02-30", "wrong-date"),
    _slip("window without days", 'utc: ["01:00-04:00"]\n              days: [sat, sun]', 'utc: §["01:00-04:00"]', "window-days"),
    _slip("window without zone", 'utc: ["01:00-04:00"]\n', '§window: ["01:00-04:00"]\n', "unknown-key"),
    _slip("vision dropped", CAN, CAN.replace("[text, image]", "§[text]"), "modality-differs"),
    _slip("vision dropped, beside the base", CAN, CAN.replace("[text, image]", "§[text]"), "capability-lost", against_base=True),
    _slip(
        "bad status value",
        "from: 2025-01-01\n        status: confirmed",
        "from: 2025-01-01\n        status: §live",
        "wrong-value",
    ),
)


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.name)
def test_each_mistake_is_found_where_it_stands(slip: Slip) -> None:
    """One slip, one finding of the rule that is meant for it, at the exact place."""
    files, place = edited(slip.edits)
    found = findings(files, FILES if slip.against_base else None)

    places = {(one.where.file, one.where.line, one.where.column) for one in found if one.name == slip.rule}

    assert (slip.where or place) in places, [f"{one.where} {one.name}: {one.message}" for one in found]


def _shipped() -> dict[str, str]:
    return {rel: raw.decode() for rel, raw in read_files(find_catalog()) if isinstance(raw, bytes)}


def _price_lines(files: dict[str, str]) -> list[tuple[str, int, str]]:
    """Every line of the shipped catalog that prices input and output of a chat model at once."""
    return [
        (rel, number, line)
        for rel, text in files.items()
        for number, line in enumerate(text.split("\n"))
        if "usd_per_mtok: {input: " in line and ", output: " in line and "null" not in line
    ]


SLIPPED: dict[str, Callable[[str], str]] = {
    "times 1000": lambda usd: f"{float(usd) * 1000:g}",
    "per token": lambda usd: f"{float(usd) / 1e6:.10f}".rstrip("0"),
    "a lost zero": lambda usd: f"{float(usd) / 10:g}",
    "negative": lambda _usd: "-1",
    "zero": lambda _usd: "0",
    "with a dollar": lambda usd: f'"${usd}"',
}


@pytest.mark.parametrize("name", SLIPPED)
def test_a_slip_of_any_shipped_input_price_is_found_beside_the_base(name: str, tmp_path: Path) -> None:
    """Whichever input price of the shipped catalog slips, the comparison with the version before points at that line."""
    files = _shipped()
    lines = _price_lines(files)
    assert len(lines) > 20
    for rel, number, line in lines[:: max(1, len(lines) // 8)]:
        usd = line.split("input: ")[1].split(",")[0]
        rows = files[rel].split("\n")
        rows[number] = line.replace(f"input: {usd}", f"input: {SLIPPED[name](usd)}")
        found = findings({**files, rel: "\n".join(rows)}, files, TODAY)

        assert number + 1 in {one.where.line for one in found if one.severity != "note" and one.where.file == rel}, line
