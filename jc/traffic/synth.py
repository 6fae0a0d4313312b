"""A log made from a scenario: class mix, token distributions, arrivals, keys, and agents that send their context again."""

import math
import random
from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from itertools import accumulate
from typing import Any

from jc.traffic.scenario import Agent, Amount, Kind, Scenario

_DAY_S = 86_400.0
_DAILY_SWING = 0.8


def synthesised(scenario: Scenario, seed: int | None = None) -> list[dict[str, Any]]:
    """The rows of a scenario in the order of time; canonical columns."""
    chance = random.Random(scenario.seed if seed is None else seed)  # noqa: S311  a made-up log, not a secret
    rows = [*_requests(scenario, chance), *_loops(scenario)]
    rows.sort(key=lambda row: row["at"])
    out = []
    for number, row in enumerate(rows, 1):
        moment = scenario.start + timedelta(seconds=row.pop("at"))
        out.append({"ts": moment.isoformat().replace("+00:00", "Z"), "request_id": f"{scenario.name}-{number}", **row})
    return out


def _requests(scenario: Scenario, chance: random.Random) -> Iterator[dict[str, Any]]:
    kinds = _drawn(scenario, chance)
    times = _times(scenario, len(kinds), chance)
    for at, kind in zip(times, kinds, strict=True):
        tokens = _size(kind.input, chance)
        key = min(int(chance.expovariate(1.0) * scenario.keys / 3), scenario.keys - 1)
        row: dict[str, Any] = {"at": at, "key": f"key-{key + 1}"}
        if scenario.orgs > 1:
            row["org"] = f"org-{key % scenario.orgs + 1}"
        if scenario.sessions:
            row["session"] = f"session-{chance.randrange(max(1, round(len(kinds) / scenario.sessions))) + 1}"
        if kind.model:
            row["model"] = kind.model
        row |= {"route_class": kind.route_class, "input_tokens": tokens}
        if kind.cached:
            row["cached_input_tokens"] = int(tokens * kind.cached)
        row |= {"output_tokens": _size(kind.output, chance)}
        row |= {"tools": chance.random() < kind.tools, "vision": chance.random() < kind.vision}
        if kind.latency_s is not None:
            row["latency_ms"] = round(kind.latency_s * 1000, 3)
        yield row


def _drawn(scenario: Scenario, chance: random.Random) -> list[Kind]:
    """The kind of each request, shuffled: counts exactly, shares in proportion (the largest remainders get what is left)."""
    counted = [kind for kind in scenario.kinds if kind.count is not None]
    shared = [kind for kind in scenario.kinds if kind.count is None]
    left = max(0, scenario.requests - sum(kind.count or 0 for kind in counted)) if shared else 0
    exact = [kind.share * left for kind in shared]
    whole = [int(value) for value in exact]
    order = sorted(range(len(shared)), key=lambda at: exact[at] - whole[at], reverse=True)
    for at in order[: left - sum(whole)]:
        whole[at] += 1
    pairs = [*((kind, kind.count or 0) for kind in counted), *zip(shared, whole, strict=True)]
    kinds = [kind for kind, count in pairs for _ in range(count)]
    chance.shuffle(kinds)
    return kinds


def _times(scenario: Scenario, count: int, chance: random.Random) -> list[float]:
    """Seconds from the start, ascending."""
    span = scenario.over_s
    if scenario.arrivals == "even":
        return [span * number / max(1, count) for number in range(count)]
    if scenario.arrivals == "bursts":
        starts = [chance.random() * span for _ in range(math.ceil(count / scenario.burst))]
        return sorted(starts[number // scenario.burst] + chance.random() for number in range(count))
    if scenario.arrivals == "poisson":
        return sorted(chance.random() * span for _ in range(count))
    return sorted(_daily(scenario, chance) for _ in range(count))


def _daily(scenario: Scenario, chance: random.Random) -> float:
    """A moment drawn from a day curve (a cosine with its peak at `peak_hour`), by rejection."""
    while True:
        at = chance.random() * scenario.over_s
        clock = (scenario.start.hour * 3600 + scenario.start.minute * 60 + at) % _DAY_S
        height = 1 + _DAILY_SWING * math.cos(2 * math.pi * (clock / 3600 - scenario.peak_hour) / 24)
        if chance.random() * (1 + _DAILY_SWING) < height:
            return at


def _size(amount: Amount, chance: random.Random) -> int:
    if not amount.sigma:
        return round(amount.mean)
    drawn = chance.lognormvariate(math.log(max(amount.mean, 1e-9)) - amount.sigma**2 / 2, amount.sigma)
    return min(amount.most, max(1, round(drawn)))


def _loops(scenario: Scenario) -> Iterator[dict[str, Any]]:
    for agent in scenario.agents:
        for task in range(agent.tasks):
            for step, sizes in enumerate(steps(agent)):
                row: dict[str, Any] = {
                    "at": task * agent.every_s + step * agent.step_s,
                    "session": f"{agent.name}-{task + 1}",
                    "key": agent.key,
                }
                if agent.model:
                    row["model"] = agent.model
                row |= {"route_class": "agent", "input_tokens": sizes[0]}
                if agent.cached:
                    row["cached_input_tokens"] = sizes[1]
                row |= {"output_tokens": sizes[2], "tools": True, "vision": False}
                yield row


def steps(agent: Agent) -> list[tuple[int, int, int]]:
    """Input, cached and output tokens of every step of one task, exact over the task: parts are rounded cumulatively."""
    count = agent.steps
    parts = [
        _rounded([agent.system_tokens] * count),
        _rounded([agent.growth_tokens * step for step in range(count)]),
        _rounded([agent.tool_tokens] * count),
        [sum(one.tokens for one in agent.files if step + 1 > one.at_step) for step in range(count)],
    ]
    inputs = [sum(values) for values in zip(*parts, strict=True)]
    outputs = _rounded([agent.output_tokens] * count)
    inputs += [inputs[-1]] * agent.runaway
    outputs += [outputs[-1]] * agent.runaway
    before = [0, *inputs[:-1]]
    return [(tokens, min(tokens, sent), output) for tokens, sent, output in zip(inputs, before, outputs, strict=True)]


def _rounded(values: list[Fraction]) -> list[int]:
    """Whole numbers whose sums up to each place are those of the values, rounded."""
    sums = [round(total) for total in accumulate(values)]
    return [after - before for before, after in zip([0, *sums[:-1]], sums, strict=True)]
