"""A small run against a scripted server, for the tests of the pipeline."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jc.catalog.model import Catalog, Model, Offer, PriceRow, Provider
from jc.errors import Where
from jc.evals.finish import derive
from jc.evals.plan import Settings
from jc.evals.run import Finished, Prepared, Request, Spending, carry_out, prepare
from jc.evals.run import Where as Folders
from jc.providers.settings import ClientSettings
from tests.fakes.provider import FakeProvider

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HERE = Where("catalog")


def catalog(*names: str, usd: str = "1.00") -> Catalog:
    """A catalog with these models at one price a million tokens, input and output."""
    row = PriceRow(date(2026, 1, 1), "confirmed", {"input": Decimal(usd), "output": Decimal(usd)}, {}, (), None, None, HERE)
    offers = {name: Offer(name, name, "maker", "first_party", name, "global", HERE, prices=(row,)) for name in names}
    models = {name: Model(name, "lab", HERE) for name in names}
    return Catalog("catalog", providers={"maker": Provider("maker", "first_party", None, HERE)}, models=models, offers=offers)


@dataclass(frozen=True)
class Bench:
    """Where a test's run lives and what it asks for."""

    folder: Path
    server: FakeProvider
    catalog: Catalog

    def request(self, prompts: int = 6, **changes: Any) -> Request:
        """Three candidates and a judge on so many prompts."""
        path = self.folder / "set.jsonl"
        if not path.exists():
            lines = [json.dumps({"id": f"p{n}", "prompt": f"Question {n}?", "category": "ab"[n % 2]}) for n in range(prompts)]
            path.write_text("\n".join(lines), "utf-8")
        request = Request(str(path), ("ant", "bee", "cat"), ("judge",), self.server.url, settings=Settings(max_tokens=64))
        return replace(request, **changes)

    def prepared(self, request: Request, spending: Spending | None = None, name: str = "run", **where: Any) -> Prepared:
        """The plan in the run folder `name`."""
        folders = Folders(self.folder / "runs", self.folder / name, **where)
        return prepare(request, self.catalog, {"JC_API_KEY": "sk-test-key"}, folders, spending or Spending(), now=NOW)

    @contextmanager
    def run(
        self, request: Request | None = None, spending: Spending | None = None, name: str = "run", **client: Any
    ) -> Iterator[Finished]:
        """Carry the run out; the result is open for the time of the block."""
        settings = ClientSettings(concurrency=client.pop("concurrency", 8), timeout_s=client.pop("timeout_s", 2.0), **client)
        with carry_out(self.prepared(request or self.request(), spending, name), settings) as finished:
            yield finished

    def rows(self, finished: Finished) -> list[dict[str, Any]]:
        """The rows of the results."""
        return list(finished.results.answers())


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A bench with a server that answers at once."""
    with FakeProvider() as server:
        yield Bench(tmp_path, server, catalog("ant", "bee", "cat", "judge"))


Derive = Callable[..., dict[str, Any]]
__all__ = ["NOW", "Bench", "catalog", "derive"]
