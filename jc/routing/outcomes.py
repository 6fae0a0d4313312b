"""What a route table would have done on prompts whose outcome is known for every model: quality, cost, and the field's measures.

A file has one row per prompt and model (`prompt_id, prompt, model, quality, usd`). Beside the table stand every single model, the
best one, a random choice and the oracle. A curve comes from mixing: any two points can be mixed by a coin, so what counts is the
rising upper hull (RouterBench); AIQ is the mean quality under it between the cheapest and the dearest single model. APGR and CPT
(RouteLLM) order prompts by need and give the neediest to the best single model, the others to the cheapest.
"""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from jc.errors import InputError, Problem, Where

LEVELS: tuple[float, ...] = (0.95, 0.99, 1.0)
SHARES: tuple[float, ...] = (0.5, 0.8, 0.95)
_MOST_PROBLEMS = 20
_STEPS = 50


class Outcome(NamedTuple):
    """What one model made of one prompt: quality 0 to 1 (or any scale on which more is better) and what it cost."""

    quality: float
    usd: float


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Prompts that every model answered: texts by id, and outcomes by prompt and model; `left_out` prompts lack a model."""

    prompts: Mapping[str, str]
    models: tuple[str, ...]
    table: Mapping[str, Mapping[str, Outcome]]
    left_out: int


class Spot(NamedTuple):
    """Mean quality and mean USD of a way to choose."""

    quality: float
    usd: float


class Measured(NamedTuple):
    """The figures of one way to choose, next to those that bound it."""

    prompts: int
    left_out: int
    singles: Mapping[str, Spot]
    best_single: str
    cheapest: str
    random: Spot
    oracle: Spot
    chosen: Spot
    saving_at: Mapping[str, float | None]
    saving_mixed: Mapping[str, float | None]
    """The saving of mixing single models by a coin, without looking at the prompt: what a table has to beat."""
    aiq: Mapping[str, float]
    apgr: float | None
    cpt: Mapping[str, float | None]


def read_outcomes(path: Path) -> Outcomes:
    """The outcomes in a JSON-lines file; InputError with every line that is wrong, or when no prompt has all models."""
    from jc.routing.rows import read_objects

    problems: list[Problem] = []
    rows: dict[str, dict[str, Outcome]] = {}
    prompts: dict[str, str] = {}
    for number, data in read_objects(path, problems):
        where = Where(str(path), number)
        wrong = _wrong(data)
        if wrong:
            problems.append(
                Problem(wrong, Where(where.file, number, 1), hint="each line needs prompt_id, prompt, model, quality and usd")
            )
            if len(problems) >= _MOST_PROBLEMS:
                break
            continue
        name = str(data["prompt_id"])
        prompts.setdefault(name, str(data["prompt"]))
        rows.setdefault(name, {})[str(data["model"])] = Outcome(float(data["quality"]), float(data["usd"]))
    if problems:
        raise InputError.of(problems)
    models = tuple(sorted({model for by_model in rows.values() for model in by_model}))
    complete = {name: by_model for name, by_model in rows.items() if len(by_model) == len(models)}
    if not complete or len(models) < 2:
        message = f"`{path}` holds no prompt that {'two models' if len(models) < 2 else f'all {len(models)} models'} answered"
        raise InputError(message, hint="one row per prompt and model, the same models for every prompt")
    return Outcomes({name: prompts[name] for name in complete}, models, complete, len(rows) - len(complete))


def _wrong(data: Mapping[str, Any]) -> str:
    missing = [name for name in ("prompt_id", "prompt", "model", "quality", "usd") if name not in data]
    if missing:
        return f"`{missing[0]}` is missing"
    for name in ("quality", "usd"):
        value = data[name]
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            return f"`{name}` is not a number"
        try:
            number = float(value)
        except ValueError:
            return f"`{name}` is not a number"
        if not math.isfinite(number) or (name == "usd" and number < 0):
            return f"`{name}` is {value}"
    return ""


def measured(
    outcomes: Outcomes, choose: Callable[[str], str], doubt: Callable[[str], float], need: Callable[[str], float]
) -> Measured:
    """The figures of a way to choose: `choose` gives a prompt's model, `doubt` how unsure that is, `need` how hard it looks.

    The curve of the choice gives the most doubtful prompts to the best single model, from none to all of them.
    """
    ids = list(outcomes.prompts)
    singles = {model: _mean([outcomes.table[one][model] for one in ids]) for model in outcomes.models}
    best = max(singles, key=lambda model: (singles[model].quality, -singles[model].usd, model))
    cheapest = min(singles, key=lambda model: (singles[model].usd, -singles[model].quality, model))
    picks = {one: choose(one) for one in ids}
    chosen = _mean([outcomes.table[one][picks[one]] for one in ids])
    curve = [chosen, *_escalated(outcomes, picks, doubt, best), singles[cheapest], singles[best]]
    oracle = _mean([_oracle(outcomes.table[one]) for one in ids])
    low, high = min(spot.usd for spot in singles.values()), max(spot.usd for spot in singles.values())
    recovered = _recovered(outcomes, need, best, cheapest)
    return Measured(
        prompts=len(ids),
        left_out=outcomes.left_out,
        singles=singles,
        best_single=best,
        cheapest=cheapest,
        random=_mean([outcome for one in ids for outcome in outcomes.table[one].values()]),
        oracle=oracle,
        chosen=chosen,
        saving_at={f"{level:g}": saving(curve, singles[best], level) for level in LEVELS},
        saving_mixed={f"{level:g}": saving(list(singles.values()), singles[best], level) for level in LEVELS},
        aiq={
            "chosen": aiq(curve, low, high),
            "single_models": aiq(list(singles.values()), low, high),
            "oracle": aiq([oracle, *singles.values()], low, high),
        },
        apgr=None if recovered is None else sum(recovered) / len(recovered),
        cpt={f"{share * 100:g}": _calls(recovered, share) for share in SHARES},
    )


def _mean(found: Sequence[Outcome]) -> Spot:
    return Spot(sum(one.quality for one in found) / len(found), sum(one.usd for one in found) / len(found))


def _oracle(by_model: Mapping[str, Outcome]) -> Outcome:
    return min(by_model.values(), key=lambda one: (-one.quality, one.usd))


def _escalated(outcomes: Outcomes, picks: Mapping[str, str], doubt: Callable[[str], float], best: str) -> list[Spot]:
    """The choice with the most doubtful share given to the best single model, in steps."""
    ranked = sorted(picks, key=lambda one: (-doubt(one), one))
    spots = []
    for step in range(1, _STEPS):
        cut = len(ranked) * step // _STEPS
        moved = set(ranked[:cut])
        spots.append(_mean([outcomes.table[one][best if one in moved else picks[one]] for one in ranked]))
    return spots


def hull(spots: Sequence[Spot]) -> list[Spot]:
    """The rising upper hull of (USD, quality): what mixing by a coin reaches, cheapest first."""
    rising: list[Spot] = []
    for spot in sorted(spots, key=lambda one: (one.usd, -one.quality)):
        if rising and spot.quality <= rising[-1].quality:
            continue
        while len(rising) > 1 and _slope(rising[-2], rising[-1]) <= _slope(rising[-1], spot):
            rising.pop()
        rising.append(spot)
    return rising


def _slope(one: Spot, other: Spot) -> float:
    return (other.quality - one.quality) / (other.usd - one.usd) if other.usd > one.usd else math.inf


def usd_for(spots: Sequence[Spot], quality: float) -> float | None:
    """The least mean USD at which the hull reaches a quality; None when it never does."""
    found = hull(spots)
    if found[0].quality >= quality:
        return found[0].usd
    for one, other in itertools.pairwise(found):
        if other.quality >= quality:
            return one.usd + (quality - one.quality) / (other.quality - one.quality) * (other.usd - one.usd)
    return None


def saving(spots: Sequence[Spot], best: Spot, level: float) -> float | None:
    """The share of the best single model's cost that is saved at a share of its quality; None when that is not reached."""
    needed = best.quality * level if best.quality >= 0 else best.quality / level
    usd = usd_for(spots, needed)
    return None if usd is None or best.usd <= 0 else 1 - usd / best.usd


def aiq(spots: Sequence[Spot], low: float, high: float) -> float:
    """Mean quality under the hull between two costs; below its first point the hull has no quality to give."""
    found = hull(spots)
    if high <= low:
        return max(spot.quality for spot in found)
    area = 0.0
    for one, other in itertools.pairwise(found):
        left, right = max(one.usd, low), min(other.usd, high)
        if right > left:
            slope = _slope(one, other)
            area += (right - left) * (one.quality + slope * ((left + right) / 2 - one.usd))
    last = found[-1]
    area += max(0.0, high - max(last.usd, low)) * last.quality
    return area / (high - low)


def _recovered(outcomes: Outcomes, need: Callable[[str], float], strong: str, weak: str) -> list[float] | None:
    """The share of the quality gap that is recovered when 0, 1, 2 … hundredths of the prompts go to the strong model."""
    ranked = sorted(outcomes.prompts, key=lambda one: (-need(one), one))
    low = sum(outcomes.table[one][weak].quality for one in ranked)
    high = sum(outcomes.table[one][strong].quality for one in ranked)
    if strong == weak or high <= low:
        return None
    gains = [0.0]
    for one in ranked:
        gains.append(gains[-1] + outcomes.table[one][strong].quality - outcomes.table[one][weak].quality)
    return [gains[round(len(ranked) * hundredth / 100)] / (high - low) for hundredth in range(101)]


def _calls(recovered: Sequence[float] | None, share: float) -> float | None:
    """The least share of calls to the strong model at which that share of the gap is recovered."""
    if recovered is None:
        return None
    return next((hundredth / 100 for hundredth, gain in enumerate(recovered) if gain >= share), None)
