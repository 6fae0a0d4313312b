"""A scenario: what a made-up log is to look like, read from YAML and checked whole."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from jc.catalog.syntax import read
from jc.errors import InputError, Problem, Where

Arrivals = Literal["even", "poisson", "daily", "bursts"]


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of tokens: fixed, or lognormal with this mean and sigma of the logarithm, at most `most`."""

    mean: float
    sigma: float = 0.0
    most: int = 2_000_000


@dataclass(frozen=True, slots=True)
class Kind:
    """Requests of one class: their share or number, tokens, model, facts, and how long they took."""

    route_class: str
    share: float = 0.0
    count: int | None = None
    input: Amount = field(default_factory=lambda: Amount(500))
    output: Amount = field(default_factory=lambda: Amount(200))
    model: str | None = None
    tools: float = 0.0
    vision: float = 0.0
    cached: float = 0.0
    latency_s: float | None = None


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file that an agent reads at a step (from 1); it is sent again with every later step."""

    tokens: int
    at_step: int


@dataclass(frozen=True, slots=True)
class Agent:
    """A loop: every step sends the system prompt, the context so far and what its tool gave back.

    Amounts are exact fractions of tokens per step and add up exactly over a task. `runaway` steps repeat the last one without
    getting anywhere: a loop gone wrong.
    """

    name: str
    steps: int
    model: str | None
    key: str
    tasks: int = 1
    every_s: float = 3600.0
    step_s: float = 20.0
    system_tokens: Fraction = Fraction(0)
    growth_tokens: Fraction = Fraction(0)
    """How much longer the context is at each step than at the one before; the first step has none."""
    tool_tokens: Fraction = Fraction(0)
    output_tokens: Fraction = Fraction(500)
    files: tuple[ReadFile, ...] = ()
    runaway: int = 0
    cached: bool = False
    """Whether what was sent before counts as cached."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything that a made-up log needs; the same scenario and seed give the same log."""

    name: str
    seed: int
    start: datetime
    requests: int
    arrivals: Arrivals
    over_s: float
    kinds: tuple[Kind, ...]
    agents: tuple[Agent, ...]
    keys: int
    orgs: int
    sessions: float
    """Requests of one session on average; 0: no sessions."""
    burst: int
    peak_hour: float


def read_scenario(path: Path) -> Scenario:
    """The scenario of a file; InputError with everything that is wrong with it."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read `{path}`: {error.strerror}", hint="name a scenario: see docs/simulate.md") from error
    found = read(raw)
    if found.flaws:
        raise InputError.of([Problem(flaw.message, Where(str(path), flaw.line, flaw.column)) for flaw in found.flaws])
    reader = _Reader(path, found.tree)
    scenario = reader.scenario()
    if reader.problems:
        raise InputError.of(reader.problems)
    return scenario


class _Reader:
    """One pass over the tree; what is wrong is noted, and a default goes on in its place."""

    def __init__(self, path: Path, tree: Any) -> None:
        self.path = path
        self.tree: Mapping[str, Any] = tree if isinstance(tree, Mapping) else {}
        self.problems: list[Problem] = []
        if not isinstance(tree, Mapping):
            self.wrong("a scenario is a mapping")

    def wrong(self, message: str, hint: str = "") -> None:
        """Note what is wrong."""
        self.problems.append(Problem(message, Where(str(self.path)), hint=hint))

    def scenario(self) -> Scenario:
        tree = self.tree
        self._known(tree, "the scenario", _TOP)
        kinds = tuple(self._kind(name, value) for name, value in self._map(tree.get("classes"), "classes").items())
        agents = tuple(self._agent(number, value) for number, value in enumerate(self._list(tree.get("agents"), "agents")))
        arrivals = self._map(tree.get("arrivals"), "arrivals")
        self._known(arrivals, "arrivals", {"kind", "over_hours", "burst", "peak_hour"})
        how = str(arrivals.get("kind", "even"))
        if how not in {"even", "poisson", "daily", "bursts"}:
            self.wrong(f"`arrivals.kind`: no `{how}`", "even, poisson, daily or bursts")
        requests = int(self._number(tree, "requests", sum(kind.count or 0 for kind in kinds), least=0))
        if not kinds and not agents:
            self.wrong("nothing to make: no `classes` and no `agents`")
        if requests > 50_000_000:
            self.wrong(f"`requests`: {requests:,} is more than 50,000,000")
        self._shares(kinds)
        return Scenario(
            name=str(tree.get("name", self.path.stem)),
            seed=int(self._number(tree, "seed", 0, least=0)),
            start=self._moment(tree.get("start")),
            requests=requests if kinds else 0,
            arrivals=how if how in {"even", "poisson", "daily", "bursts"} else "even",  # type: ignore[arg-type]
            over_s=self._number(arrivals, "over_hours", 24, least=1e-6) * 3600,
            kinds=kinds,
            agents=agents,
            keys=int(self._number(tree, "keys", 1, least=1)),
            orgs=int(self._number(tree, "orgs", 1, least=1)),
            sessions=self._number(tree, "requests_per_session", 0, least=0),
            burst=int(self._number(arrivals, "burst", 20, least=1)),
            peak_hour=self._number(arrivals, "peak_hour", 14, least=0),
        )

    def _kind(self, name: str, value: Any) -> Kind:
        fields = self._map(value, name)
        self._known(fields, f"`classes.{name}`", _KIND)
        latency = fields.get("latency_s")
        return Kind(
            route_class=str(name),
            share=self._number(fields, "share", 0, least=0, most=1),
            count=int(self._number(fields, "count", 0, least=0)) if "count" in fields else None,
            input=self._amount(fields.get("input", 500), f"classes.{name}.input"),
            output=self._amount(fields.get("output", 200), f"classes.{name}.output"),
            model=str(fields["model"]) if fields.get("model") else None,
            tools=self._number(fields, "tools", 0, least=0, most=1),
            vision=self._number(fields, "vision", 0, least=0, most=1),
            cached=self._number(fields, "cached", 0, least=0, most=1),
            latency_s=None if latency is None else self._number(fields, "latency_s", 0, least=0),
        )

    def _agent(self, number: int, value: Any) -> Agent:
        fields = self._map(value, f"agents[{number}]")
        self._known(fields, f"`agents[{number}]`", _AGENT)
        files = tuple(
            ReadFile(int(self._number(one, "tokens", 0, least=0)), int(self._number(one, "at_step", 1, least=1)))
            for one in (self._map(item, "files") for item in self._list(fields.get("files"), "files"))
        )
        amounts = {name: self._fraction(fields, name) for name in ("system_tokens", "growth_tokens", "tool_tokens")}
        return Agent(
            name=str(fields.get("name", f"agent-{number + 1}")),
            steps=int(self._number(fields, "steps", 10, least=1, most=100_000)),
            model=str(fields["model"]) if fields.get("model") else None,
            key=str(fields.get("key", fields.get("name", f"agent-{number + 1}"))),
            tasks=int(self._number(fields, "tasks", 1, least=1, most=1_000_000)),
            every_s=self._number(fields, "every_s", 3600, least=0),
            step_s=self._number(fields, "step_s", 20, least=0),
            **amounts,
            output_tokens=self._fraction(fields, "output_tokens", Fraction(500)),
            files=files,
            runaway=int(self._number(fields, "runaway", 0, least=0, most=1_000_000)),
            cached=fields.get("cached") is True,
        )

    def _shares(self, kinds: tuple[Kind, ...]) -> None:
        shared = [kind for kind in kinds if kind.count is None]
        total = sum(kind.share for kind in shared)
        if shared and abs(total - 1) > 1e-6:
            self.wrong(f"the shares of the classes sum to {total:g}, not to 1", "give each a `share`, or a `count`")

    def _known(self, fields: Mapping[str, Any], what: str, names: set[str]) -> None:
        import difflib

        for name in fields:
            if name not in names:
                close = difflib.get_close_matches(str(name), names, 1)
                self.wrong(
                    f"{what} has no `{name}`", f"did you mean `{close[0]}`?" if close else f"it has {', '.join(sorted(names))}"
                )

    def _map(self, value: Any, what: str) -> Mapping[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.wrong(f"`{what}` is a mapping")
            return {}
        return value

    def _list(self, value: Any, what: str) -> list[Any]:
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong(f"`{what}` is a list")
            return []
        return value

    def _converted(self, value: Any, convert: Callable[[Any], Any], name: str, default: Any) -> Any:
        try:
            if isinstance(value, bool):
                raise TypeError  # noqa: TRY301  one message for every wrong type
            return convert(value)
        except (TypeError, ValueError, ArithmeticError):
            self.wrong(f"`{name}` is not a number: {value!r}")
            return default

    def _number(self, fields: Mapping[str, Any], name: str, default: float, *, least: float, most: float = 1e12) -> float:
        value = float(self._converted(fields.get(name, default), float, name, default))
        if not least <= value <= most:
            self.wrong(f"`{name}` is {value:g}; it lies between {least:g} and {most:g}")
            return max(least, min(most, default))
        return value

    def _fraction(self, fields: Mapping[str, Any], name: str, default: Fraction = Fraction(0)) -> Fraction:
        """A number, or two whole ones with a stroke between them: `156000/38`."""
        found = self._converted(fields.get(name, default), lambda value: Fraction(str(value).replace(" ", "")), name, default)
        if found < 0 or found > 10**8:
            self.wrong(f"`{name}` is {float(found):g}; it lies between 0 and 100,000,000")
            return default
        return Fraction(found)

    def _amount(self, value: Any, name: str) -> Amount:
        if isinstance(value, Mapping):
            self._known(value, f"`{name}`", {"mean", "sigma", "most"})
            sigma = self._number(value, "sigma", 0, least=0, most=5)
            return Amount(
                self._number(value, "mean", 500, least=0, most=1e8), sigma, int(self._number(value, "most", 2e6, least=0))
            )
        return Amount(float(self._converted(value, float, name, 0)))

    def _moment(self, value: Any) -> datetime:
        if value is None:
            return datetime(2026, 10, 1, tzinfo=UTC)
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=UTC)
        if isinstance(value, date):
            return datetime.combine(value, time(), UTC)
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            self.wrong(f"`start` is not a day or moment: {value!r}", "write 2026-10-01")
            return datetime(2026, 10, 1, tzinfo=UTC)
        return found if found.tzinfo else found.replace(tzinfo=UTC)


_TOP = {
    "name",
    "seed",
    "start",
    "requests",
    "arrivals",
    "classes",
    "agents",
    "keys",
    "orgs",
    "requests_per_session",
    "description",
}
_KIND = {"share", "count", "input", "output", "model", "tools", "vision", "cached", "latency_s"}
_AGENT = {"name", "steps", "model", "key", "tasks", "every_s", "step_s", "system_tokens", "growth_tokens", "tool_tokens",
          "output_tokens", "files", "runaway", "cached"}  # fmt: skip
