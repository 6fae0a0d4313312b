"""How long it takes to load and check a catalog of 1,000 and of 10,000 offers, beyond imports.

Each offer is as full as the example of the specification: capabilities, limits, a price row with five rates, an override, a
source, lifecycle and speed, about a hundred YAML nodes. Figures are the best of several runs, in process time, because the
machine may be busy; peers cannot be measured here, as none loads this format.
"""

import gc
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

TODAY = date(2026, 11, 20)
_PROVIDERS = 20
_OFFERS_PER_MODEL = 4


def write_catalog(root: Path, offers: int) -> None:
    """A sound catalog of so many offers at twenty providers."""
    models = max(1, offers // _OFFERS_PER_MODEL)
    (root / "models").mkdir(parents=True)
    (root / "offers").mkdir()
    (root / "catalog.yaml").write_text("schema_version: 1\n")
    rows = "".join(_model(number) for number in range(models))
    (root / "models" / "lab.yaml").write_text(f"schema_version: 1\nlab: lab\nmodels:\n{rows}")
    for provider in range(_PROVIDERS):
        head = f"schema_version: 1\nprovider: p{provider:02d}\nkind: first_party\n"
        api = "api: {protocol: openai, base_url: https://api.example.org/v1, key_env: EXAMPLE_API_KEY}\noffers:\n"
        mine = "".join(_offer(provider, number, models) for number in range(provider, offers, _PROVIDERS))
        (root / "offers" / f"p{provider:02d}.yaml").write_text(head + api + mine)


def _model(number: int) -> str:
    return f"  - id: lab/m{number:05d}\n    open_weights: false\n    modalities: {{input: [text, image], output: [text]}}\n"


def _offer(provider: int, number: int, models: int) -> str:
    cents = 100 + number % 400
    can = "input: [text, image], output: [text], tools: true, structured_output: true"
    base = f"input: {cents / 100:.2f}, output: {cents / 25:.2f}, cache_read: {cents / 1000:.3f}"
    return f"""  - id: p{provider:02d}/m{number:05d}
    model: lab/m{number % models:05d}
    wire_id: m{number:05d}
    aliases: [alias{number:05d}]
    region: global
    capabilities: {{{can}, reasoning: {"true" if number % 3 else "false"}}}
    limits: {{context: 1000000, output: {64000 + 1000 * (number % 7)}, rpm: null, tpm: null, concurrency: null}}
    prices:
      - from: 2026-06-30
        status: confirmed
        usd_per_mtok: {{{base}, cache_write_5m: {cents / 80:.4f}, cache_write_1h: {cents / 50:.2f}}}
        overrides:
          - when: {{mode: batch}}
            multiply: {{input: 0.5, output: 0.5}}
          - when: {{prompt_tokens_gt: 200000}}
            set: {{input: {cents / 50:.2f}, output: {cents / 16:.4f}}}
        source: https://example.org/prices/m{number:05d}
        checked: 2026-11-01
    lifecycle: {{released: 2026-06-30, deprecation_announced: null, removal: null, replacement: null, source: null}}
    speed: {{ttft_s: 0.9, tokens_per_s: {30 + number % 90}, source: https://example.org/speed, checked: 2026-11-01}}
"""


def best(work: Callable[[], object], runs: int) -> float:
    """Milliseconds of process time of the best run."""
    times = []
    for _ in range(runs):
        gc.collect()
        start = time.process_time()
        work()
        times.append((time.process_time() - start) * 1000)
    return min(times)


def rows(runs: int = 5) -> list[tuple[str, str, str]]:
    """Name, figure and goal of every row."""
    from jc.catalog.assemble import assemble
    from jc.catalog.check import Book, check
    from jc.catalog.documents import read_folder
    from jc.catalog.load import cached_catalog, load_catalog
    from jc.catalog.rules.all import RULES

    def load_and_check(root: Path) -> None:
        findings = check(Book.of(assemble(read_folder(root))), TODAY, RULES)
        if findings:
            raise SystemExit(f"the catalog of the benchmark is not sound: {findings[0]}")

    out = []
    for offers, goal in ((1_000, 100), (10_000, 1_500)):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "catalog"
            write_catalog(root, offers)
            cache = {"XDG_CACHE_HOME": folder}
            cached_catalog(root, cache)
            name = f"{offers:,} offers"
            out.append((f"{name}: load and check", f"{best(lambda r=root: load_and_check(r), runs):.0f} ms", f"≤ {goal:,} ms"))
            out.append((f"{name}: load", f"{best(lambda r=root: load_catalog(r), runs):.0f} ms", "–"))
            out.append((f"{name}: from the snapshot", f"{best(lambda r=root, c=cache: cached_catalog(r, c), runs):.0f} ms", "–"))
    out.append(("shipped catalog: load", f"{best(lambda: load_catalog(None), runs):.1f} ms", "–"))
    with tempfile.TemporaryDirectory() as folder:
        cache = {"XDG_CACHE_HOME": folder}
        cached_catalog(None, cache)
        out.append(("shipped catalog: from the snapshot", f"{best(lambda: cached_catalog(None, cache), runs):.1f} ms", "≤ 10 ms"))
    return out


def main() -> None:
    """Print the table."""
    sys.stdout.write("| catalog | measured | goal |\n| --- | ---: | ---: |\n")
    for name, figure, goal in rows():
        sys.stdout.write(f"| {name} | {figure} | {goal} |\n")


if __name__ == "__main__":
    main()
