"""Results of own evals as scores: `own_eval/<set>`, in percent.

Read are a run folder of `jc evals` (its summary.json), its results as CSV or JSON lines, and score rows written by hand
(`{model, benchmark, value, variant}` in YAML or JSON), so that the results of any tool can count.
"""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from jc.catalog.model import OWN_EVAL, Catalog, Score
from jc.catalog.names import Names
from jc.errors import InputError, IoFailure, Problem, Where
from jc.tiers.bands import plain_variant

_HINT = "give a run folder, its results (.csv, .jsonl), or rows of model, benchmark and value (.yaml, .json)"
_MOST = 64 * 1024 * 1024


def read_scores(paths: Sequence[Path], catalog: Catalog) -> tuple[Score, ...]:
    """The scores of several runs; InputError with everything that is wrong with them at once."""
    problems: list[Problem] = []
    names = Names(catalog)
    out: list[Score] = []
    for path in paths:
        for row, where in _rows(path, problems):
            score = _score(row, where, names, problems)
            if score is not None:
                out.append(score)
    if problems:
        raise InputError.of(problems)
    return tuple(out)


Row = tuple[Mapping[str, Any], Where]


class _UnreadableError(ValueError):
    """A file that is not one of those that are read here."""


def _rows(path: Path, problems: list[Problem]) -> list[Row]:
    file = path / "summary.json" if path.is_dir() else path
    where = Where(str(file))
    try:
        if file.stat().st_size > _MOST:
            problems.append(Problem("is larger than 64 MiB", where, hint=_HINT))
            return []
        text = file.read_text("utf-8-sig")
    except FileNotFoundError:
        problems.append(Problem("there is no such run or file", where, hint=_HINT))
        return []
    except UnicodeDecodeError:
        problems.append(Problem("is not UTF-8 text", where, hint=_HINT))
        return []
    except OSError as error:
        raise IoFailure(f"cannot read `{file}`: {error.strerror}") from error
    try:
        return _parsed(text, file)
    except (ValueError, RecursionError, csv.Error) as error:
        problems.append(Problem(f"cannot be read: {error}", where, hint=_HINT))
        return []


def _parsed(text: str, file: Path) -> list[Row]:
    where = Where(str(file))
    suffix = file.suffix.lower()
    if suffix == ".csv":
        return _means(list(csv.DictReader(io.StringIO(text))), file)
    if suffix == ".jsonl":
        return _means([_json(line) for line in text.splitlines() if line.strip()], file)
    if suffix in {".yaml", ".yml"}:
        return _yaml(text, file)
    if suffix != ".json":
        raise _UnreadableError(f"no reader for `{suffix or file.name}`")
    value = _json(text)
    if isinstance(value, Mapping) and "standings" in value:
        return _summary(value, where)
    rows = value.get("scores") if isinstance(value, Mapping) else value
    if not isinstance(rows, list):
        raise _UnreadableError("neither a summary of `jc evals` nor a list of scores")
    return [(row if isinstance(row, Mapping) else {}, where) for row in rows]


def _json(text: str) -> Any:
    def refuse(name: str) -> Any:
        raise _UnreadableError(f"{name} is no number")

    return json.loads(text, parse_float=Decimal, parse_constant=refuse)


def _yaml(text: str, file: Path) -> list[Row]:
    """Rows under `scores:`, or a bare list, with their lines."""
    from jc.catalog.syntax import read

    reading = read(text.encode(), marks=False)
    if reading.flaws:
        first = reading.flaws[0]
        raise _UnreadableError(f"{first.message} (line {first.line})")
    rows = reading.tree.get("scores") if isinstance(reading.tree, Mapping) else reading.tree
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise _UnreadableError("no list of scores")
    return [(row if isinstance(row, Mapping) else {}, Where(str(file), getattr(row, "line", 0))) for row in rows]


def _summary(value: Mapping[str, Any], where: Where) -> list[Row]:
    """The standings of a run: the win rate or mean score of each candidate."""
    evalset = value.get("evalset")
    name = evalset.get("name") if isinstance(evalset, Mapping) else None
    standings = value.get("standings") or {}
    rows = standings.get("standings") if isinstance(standings, Mapping) else standings
    offers = {row.get("candidate"): row.get("offer") for row in value.get("candidates") or () if isinstance(row, Mapping)}
    out: list[Row] = []
    for row in rows or ():
        score = row.get("score")
        mean = score.get("value") if isinstance(score, Mapping) else score
        if mean is not None:
            model = offers.get(row.get("candidate")) or row.get("candidate")
            benchmark = OWN_EVAL + (Path(str(name)).stem if name else "run")
            out.append(({"model": model, "benchmark": benchmark, "value": Decimal(str(mean)) * 100}, where))
    return out


def _means(rows: Iterable[Mapping[str, Any]], file: Path) -> list[Row]:
    """The mean score of each candidate over rows of `candidate` and `score` (0 to 1); rows without a score do not count."""
    sums: dict[str, list[Decimal]] = defaultdict(list)
    for number, row in enumerate(rows, 2):
        if row.get("candidate") in {None, ""}:
            raise _UnreadableError(f"line {number} has no `candidate`")
        if row.get("score") not in {None, ""}:
            try:
                sums[str(row["candidate"])].append(Decimal(str(row["score"])))
            except InvalidOperation:
                raise _UnreadableError(f"line {number}: `score` is no number: {row['score']!r}") from None
    where, stem = Where(str(file)), file.stem
    return [
        ({"model": name, "benchmark": f"{OWN_EVAL}{stem}", "value": sum(found, Decimal(0)) / len(found) * 100}, where)
        for name, found in sums.items()
    ]


def _score(row: Mapping[str, Any], where: Where, names: Names, problems: list[Problem]) -> Score | None:
    missing = [key for key in ("model", "benchmark", "value") if row.get(key) is None]
    if missing:
        problems.append(Problem(f"a score needs `{missing[0]}`", where, hint=_HINT))
        return None
    try:
        value = Decimal(str(row["value"]))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        problems.append(Problem(f"`value` is no number: {row['value']!r}", where, hint="scores are percent, 0 to 100"))
        return None
    model, variant, day = str(row["model"]), row.get("variant") or {}, row.get("date")
    offer = names.get(model)
    if offer is None and model not in names.catalog.models:
        hint = ", ".join(f"`{name}`" for name in names.suggestions(model))
        problems.append(Problem(f"no model `{model}` in the catalog", where, hint=f"did you mean {hint}?" if hint else ""))
        return None
    return Score(
        model=offer.id if offer else model,
        benchmark=str(row["benchmark"]),
        value=value,
        variant=plain_variant(variant.items()) if isinstance(variant, Mapping) else (),
        by="own_eval",
        where=where,
        date=date.fromisoformat(str(day)) if day else None,
    )
