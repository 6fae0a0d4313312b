"""A batching server under load: how long requests take when more arrive than it can hold, fitted from its own log.

One step of the server gives every running request one token and takes `a + b · running` seconds, plus `prefill_s` for every
prompt token that joins in that step. At most `places` requests run at once, and at most `tokens` of context fit into its
memory; who does not fit waits, first come first served, and who no longer fits goes back to the front and is read again.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jc.traffic.cube import Cube

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEAST_ROWS = 40
_MOST_ROWS = 20_000
_MOST_EVENTS = 2_000_000
_STARTS = ((0.02, 3e-4), (0.01, 6e-4))
_PREFILL = 1e-4


@dataclass(frozen=True, slots=True)
class Server:
    """A batching server: seconds of a step, per running request and per prompt token; places, and tokens of memory."""

    a_s: float
    b_s: float
    prefill_s: float
    places: int
    tokens: float


@dataclass(frozen=True, slots=True)
class Load:
    """Requests in the order of arrival: when (seconds), how many tokens in and out."""

    arrive: Floats
    prompt: Ints
    output: Ints


@dataclass(frozen=True, slots=True)
class Served:
    """Seconds from arrival to the first and to the last token of every request."""

    first_s: Floats
    last_s: Floats


def served(load: Load, server: Server) -> Served:
    """What a server makes of a load. Steps between two events are alike and are taken at once."""
    return _Run(load, server).served()


class _Run:
    """One simulation, event by event."""

    def __init__(self, load: Load, server: Server) -> None:
        self.load, self.server = load, server
        count = len(load.arrive)
        self.arrive, self.prompt, self.output = load.arrive.tolist(), load.prompt.tolist(), np.maximum(load.output, 1).tolist()
        self.made = [0] * count
        self.first, self.last = [np.nan] * count, [np.nan] * count
        self.running: list[int] = []
        self.waiting: deque[int] = deque()
        self.now, self.held, self.coming = 0.0, 0, 0

    def served(self) -> Served:
        """Run until every request has its last token."""
        count = len(self.arrive)
        for _ in range(_MOST_EVENTS):
            if self.coming >= count and not self.waiting and not self.running:
                break
            self._arrived()
            joined = self._admitted()
            if not self.running:
                self.now = max(self.now, self.arrive[self.coming])
                continue
            self._step(joined)
            self._finished()
            self._evicted()
        return Served(np.array(self.first) - self.load.arrive, np.array(self.last) - self.load.arrive)

    def _arrived(self) -> None:
        while self.coming < len(self.arrive) and self.arrive[self.coming] <= self.now:
            self.waiting.append(self.coming)
            self.coming += 1

    def _admitted(self) -> list[int]:
        """The requests that join the batch now."""
        joined = []
        while self.waiting and len(self.running) < self.server.places:
            request = self.waiting[0]
            size = self.prompt[request] + self.made[request]
            if self.running and self.held + size + len(self.running) > self.server.tokens:
                break
            self.waiting.popleft()
            self.running.append(request)
            self.held += size
            joined.append(request)
        return joined

    def _step(self, joined: Sequence[int]) -> None:
        """One step when somebody joins; else all the steps until something changes."""
        server, running = self.server, self.running
        takes = server.a_s + server.b_s * len(running)
        steps = 1
        if joined:
            self.now += takes + server.prefill_s * sum(self.prompt[one] + self.made[one] for one in joined)
        else:
            steps = self._steps_alike(takes)
            self.now += steps * takes
        for request in running:
            self.made[request] += steps
            if np.isnan(self.first[request]):
                self.first[request] = self.now
        self.held += steps * len(running)

    def _steps_alike(self, takes: float) -> int:
        running = self.running
        steps = min(self.output[one] - self.made[one] for one in running)
        if self.coming < len(self.arrive) and not self.waiting and len(running) < self.server.places:
            steps = min(steps, int((self.arrive[self.coming] - self.now) / takes) + 1)
        room = self.server.tokens - self.held
        if room > 0 and np.isfinite(room):
            steps = min(steps, int(room // len(running)) + 1)
        return int(max(1, steps))

    def _finished(self) -> None:
        done = [one for one in self.running if self.made[one] >= self.output[one]]
        for request in done:
            self.last[request] = self.now
            self.held -= self.prompt[request] + self.made[request]
            self.running.remove(request)

    def _evicted(self) -> None:
        """The youngest go back to the front of the queue while memory is over its limit."""
        while self.held > self.server.tokens and len(self.running) > 1:
            request = self.running.pop()
            self.held -= self.prompt[request] + self.made[request]
            self.waiting.appendleft(request)


def observed_limits(load: Load, seen: Served) -> tuple[int, float]:
    """How many requests ran at once at most, and how many tokens they held, by a log's own times."""
    begins, ends = load.arrive + seen.first_s, load.arrive + seen.last_s
    moments = np.sort(np.concatenate([begins, ends]))
    places, tokens = 1, 1.0
    for at in moments.tolist():
        inside = (begins <= at) & (ends > at)
        progress = np.clip((at - begins) / np.maximum(ends - begins, 1e-9), 0, 1)
        places = max(places, int(inside.sum()))
        tokens = max(tokens, float((np.where(inside, load.prompt + load.output * progress, 0)).sum()))
    return places, tokens


def fit_server(load: Load, seen: Served, known: int) -> Server | None:
    """The server that explains the first `known` requests of a load best; None when there are too few.

    The arrivals of all requests are known, the times only of those: the rest of the load slows them down too.
    """
    if known < LEAST_ROWS:
        return None
    from scipy.optimize import minimize

    half = Load(load.arrive[:known], load.prompt[:known], load.output[:known])
    times = Served(seen.first_s[:known], seen.last_s[:known])
    places, tokens = observed_limits(half, times)
    scale = float(times.last_s.mean())

    def server(found: Floats) -> Server:
        a, b, prefill, memory = np.exp(found)
        return Server(float(a), float(b), float(prefill), places, float(memory))

    def off(found: Floats) -> float:
        made = served(load, server(found))
        return (
            float(np.abs(made.last_s[:known] - times.last_s).mean() + np.abs(made.first_s[:known] - times.first_s).mean()) / scale
        )

    best: tuple[float, Floats] | None = None
    for a, b in _STARTS:
        start = np.log([a, b, _PREFILL, tokens])
        found = minimize(off, start, method="Nelder-Mead", options={"maxiter": 70, "xatol": 1e-3, "fatol": 1e-4,
                         "initial_simplex": np.vstack([start, start + 0.2 * np.eye(4)])})  # fmt: skip
        if best is None or found.fun < best[0]:
            best = (float(found.fun), found.x)
    return server(best[1]) if best is not None else None


def load_of(cube: Cube) -> tuple[Load, Served] | None:
    """The load of a cube that kept every row, with the times that its log measured; None without both latencies."""
    sample = cube.sample
    if sample is None or sample.share < 1:
        return None
    columns = sample.columns
    timed = np.isfinite(columns["latency_ms"]) & np.isfinite(columns["ttft_ms"])
    if timed.mean() < 0.99 or len(timed) > _MOST_ROWS:
        return None
    order = np.argsort(columns["us"], kind="stable")
    order = order[timed[order]]
    arrive = (columns["us"][order] - columns["us"][order].min()) / 1e6
    load = Load(arrive, columns["input"][order], columns["output"][order])
    return load, Served(columns["ttft_ms"][order] / 1000, columns["latency_ms"][order] / 1000)


@dataclass(frozen=True, slots=True)
class OverloadTest:
    """A server fitted on the first half of a log, asked about the second: relative errors of the end-to-end time."""

    server: Server
    rows: int
    mean: float
    p50: float
    p95: float
    measured_mean_s: float
    loads: tuple[tuple[float, float, float], ...]
    """What the server would make of the same requests arriving at another rate: factor, mean and p95 in seconds."""


def overload_test(load: Load, seen: Served) -> OverloadTest | None:
    """Fit on the first half of the requests, predict the second; None when the log is too short."""
    half = len(load.arrive) // 2
    server = fit_server(load, seen, half)
    if server is None:
        return None
    made = served(load, server).last_s[half:]
    true = seen.last_s[half:]
    loads = []
    for factor in (0.25, 0.5, 1.0, 1.5):
        other = served(Load(load.arrive / factor, load.prompt, load.output), server).last_s
        loads.append((factor, float(other.mean()), float(np.quantile(other, 0.95))))
    return OverloadTest(
        server=server,
        rows=len(true),
        mean=float(made.mean() / true.mean()) - 1,
        p50=float(np.quantile(made, 0.5) / np.quantile(true, 0.5)) - 1,
        p95=float(np.quantile(made, 0.95) / np.quantile(true, 0.95)) - 1,
        measured_mean_s=float(true.mean()),
        loads=tuple(loads),
    )
