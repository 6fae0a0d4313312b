"""What is asked of a log, and the answer: the two values that a replay goes between."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO

from jc.catalog.model import RouteTable
from jc.routing.request import Health
from jc.simulate.backtest import Backtest
from jc.simulate.book import Book
from jc.simulate.choices import Chooser
from jc.simulate.estimate import Assumed, Estimate, Estimator
from jc.simulate.overload import OverloadTest
from jc.simulate.paired import Paired, paired
from jc.simulate.quality import Confusion, Qualities
from jc.simulate.speeds import Speed, Speeds
from jc.simulate.terms import Terms
from jc.traffic.cube import Cube
from jc.traffic.read import Counts

LOGGED = "as logged"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a log. `at` prices every row at that moment; `now` stands for rows without a time."""

    traffic: str
    tables: Sequence[tuple[str, RouteTable]]
    now: datetime
    shipped: bool = False
    """The tables were not named: what cannot be priced is passed over with a note instead of an error."""
    baseline: str = LOGGED
    at: datetime | None = None
    by: tuple[str, ...] = ()
    assumed: Assumed = field(default_factory=Assumed)
    mix: tuple[tuple[str, float], ...] = ()
    seed: int = 0
    allow_unpriced: bool = False
    health: Health = field(default_factory=Health)
    rejects: Path | None = None
    stdin: IO[bytes] | None = None
    format: str | None = None
    speeds: Mapping[str, Speed] = field(default_factory=dict)
    """Speeds by offer id that go before the log's and the catalog's."""
    backtest: bool = False
    terms: Terms = field(default_factory=Terms)
    find_budget: bool = False
    overload: bool = False
    classify_all: bool = False
    confusion: Confusion | None = None
    engine: str = "local"
    scheduler: str | None = None

    @property
    def row_by_row(self) -> bool:
        """Whether rows have to be walked in their order: for budgets, outages, limits."""
        return self.overload or self.terms.any or any(table.budget is not None for _, table in self.tables)


@dataclass(slots=True)
class Simulation:
    """The answer: estimates of the log and of every table, and what they rest on."""

    traffic: str
    counts: Counts
    cube: Cube
    book: Book
    estimates: list[Estimate]
    baseline: Estimate
    speeds: Speeds
    estimator: Estimator
    chooser: Chooser
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    passed_over: dict[str, str] = field(default_factory=dict)
    truncated: tuple[str, ...] = ()
    timed: bool = True
    shipped: bool = False
    """Whether the tables are the shipped ones because none was named."""
    fitted: Mapping[str, Speed] = field(default_factory=dict)
    """What the log itself says about speeds, by offer id (by the name in the log where the catalog does not know it)."""
    backtest: Backtest | None = None
    overload: OverloadTest | None = None
    qualities: Qualities | None = None
    measured: bool = False
    """Whether the intervals of quality hold how well the models were measured."""

    pairs: dict[int, Paired] = field(default_factory=dict)
    """Estimates beside the baseline, by their identity, as far as they were asked for."""

    def pair_of(self, estimate: Estimate) -> Paired:
        """An estimate beside the baseline, over what both answer at a known cost."""
        if id(estimate) not in self.pairs:
            self.pairs[id(estimate)] = paired(estimate, self.baseline, self.estimator)
        return self.pairs[id(estimate)]

    @property
    def assumptions(self) -> list[str]:
        """What all estimates rest on, each sentence once."""
        return list(dict.fromkeys(line for estimate in self.estimates for line in estimate.assumptions))
