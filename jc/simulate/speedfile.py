"""Speeds kept in a file: fitted once from a good log, used for others."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from jc.catalog.syntax import read
from jc.errors import InputError, Problem, Where
from jc.files import write_atomically
from jc.simulate.speeds import EXACT, Speed, Spread

_NAMES = ("ttft_s", "s_per_uncached_token", "s_per_cached_token", "s_per_output_token")


def write_speeds(path: Path, speeds: Mapping[str, Speed]) -> None:
    """Write speeds as YAML; InputError when there are none."""
    if not speeds:
        raise InputError(
            "the log says too little about speeds to keep any", hint="it needs latency_ms for 30 requests of a model"
        )
    lines = ["# Seconds of an answer = ttft + uncached, cached and output tokens, times one of the equally likely factors."]
    shared: dict[Spread, str] = {}
    for name in sorted(speeds):
        speed = speeds[name]
        shared.setdefault(speed.spread, f"spread-{len(shared) + 1}")
    lines.append("spreads:")
    for spread, label in shared.items():
        lines.append(f"  {label}:")
        lines.append(f"    edges_s: [{', '.join(_number(edge) for edge in spread.edges)}]")
        lines.append("    factors:")
        lines += [f"      - [{', '.join(_number(factor) for factor in row)}]" for row in spread.factors]
    lines.append("models:")
    for name in sorted(speeds):
        speed = speeds[name]
        values = (speed.ttft_s, speed.s_per_fresh, speed.s_per_cached, speed.s_per_output)
        fields = ", ".join(f"{label}: {_number(value)}" for label, value in zip(_NAMES, values, strict=True))
        lines.append(f'  "{name}": {{{fields}, spread: {shared[speed.spread]}}}')
    write_atomically(path, "\n".join(lines) + "\n")


def _number(value: float) -> str:
    """Six significant digits in plain decimal text."""
    return format(Decimal(f"{value:.6g}"), "f")


def read_speeds(path: Path) -> dict[str, Speed]:
    """The speeds of a file that `write_speeds` wrote, or that was written by hand in its form; InputError with all flaws."""
    try:
        found = read(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot read `{path}`: {error.strerror}", hint="write one with --fit-output") from error
    if found.flaws:
        raise InputError.of([Problem(flaw.message, Where(str(path), flaw.line, flaw.column)) for flaw in found.flaws])
    tree = found.tree
    problems: list[Problem] = []
    spreads = {name: _spread(value) for name, value in _section(tree, "spreads").items()}
    speeds = {}
    for name, value in _section(tree, "models").items():
        try:
            speeds[name] = _speed(value, spreads)
        except (KeyError, TypeError, ValueError) as error:
            problems.append(Problem(f"`{name}`: {error}", Where(str(path)), hint=f"each model needs {', '.join(_NAMES)}"))
    if problems or not speeds:
        raise InputError.of(problems or [Problem("no speeds under `models:`", Where(str(path)))])
    return speeds


def _section(tree: Any, name: str) -> Mapping[str, Any]:
    value = tree.get(name) if isinstance(tree, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _spread(value: Any) -> Spread:
    if not isinstance(value, Mapping):
        return EXACT
    factors = tuple(tuple(float(one) for one in row) for row in value.get("factors") or ())
    edges = tuple(float(edge) for edge in value.get("edges_s") or ())
    whole = factors and len(factors) == len(edges) + 1 and len({len(row) for row in factors}) == 1 and factors[0]
    return Spread(edges, factors) if whole else EXACT


def _speed(value: Any, spreads: Mapping[str, Spread]) -> Speed:
    ttft, fresh, cached, output = (float(value[name]) for name in _NAMES)
    if min(ttft, fresh, cached, output) < 0:
        raise ValueError("a speed is not negative")
    return Speed(ttft, fresh, cached, output, spreads.get(str(value.get("spread")), EXACT), "file")
