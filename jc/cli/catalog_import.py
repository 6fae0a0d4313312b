"""`jc catalog import` and `jc catalog drift`: the public price lists as candidates, and as a second opinion."""

from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jc.cli.catalog_days import day_of
from jc.cli.options import split_list
from jc.cli.output import Out, problem
from jc.errors import AnswerIsNo

if TYPE_CHECKING:
    from jc.catalog.importers.candidate import Candidate
    from jc.catalog.model import Catalog

AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="As of that day (UTC). [default: today]")]


def import_(
    out: Out,
    format_of: Annotated[str, typer.Argument(metavar="FROM", help="litellm, models.dev, openrouter, genai-prices, or evals.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The list, as JSON; a run of `jc evals` by name or folder.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="DIR", help="The candidate folder: new, or of an import; for a run the catalog, or a file."
        ),
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="Day on which the list was read. [default: today]")
    ] = None,
) -> None:
    """Read a public price list into a candidate folder, or what a run of `jc evals` taught into the catalog.

    Prices are converted exactly, from the text. What cannot be taken is listed with its reason: whole entries in skipped.csv,
    single figures in left-out.csv. Files that a person wrote or changed are never overwritten. Reads one file, no network.

    \b
    Examples:
      jc catalog import litellm model_prices_and_context_window.json --output candidate
      jc catalog import models.dev api.json --output candidate --as-of 2026-07-02
      jc catalog import evals my-run
    """
    if format_of == "evals":
        _import_run(out, str(file), output)
        return
    if output is None:
        raise problem("`--output` is missing", hint="name a candidate folder: --output candidate")
    from jc.catalog.importers.folder import write_candidate
    from jc.report.catalog_answers import import_document, reasons

    found = _candidate(format_of, file, day_of(as_of))
    write_candidate(found, output)
    out.emit(import_document(found, output))
    for what, rows in (("skipped", found.skipped), ("left out", found.left_out)):
        for reason, count in reasons(rows):
            out.say(f"{count:>6,} {what}: {reason}")
    out.hint(f"check it with `jc catalog check {output}`")


def _import_run(out: Out, name: str, output: Path | None) -> None:
    """Write what a run taught as a file of the catalog's `benchmarks/`, with its run and day; scores go by class."""
    from jc.evals.finish import read_summary
    from jc.evals.own_eval import class_namer, learn, scores_file
    from jc.evals.results import RESULT_COLUMNS
    from jc.evals.runfolder import find
    from jc.files import write_atomically
    from jc.report.own_eval import own_eval_document
    from jc.report.run_document import prompt_texts
    from jc.report.run_rows import read_rows
    from jc.routing.classify import classify

    folder = find(Path(out.config.get("runs")), name)
    scale = folder.read_manifest()["request"]["scale"]
    namer = class_namer(prompt_texts(folder), lambda text: classify(text).route_class)
    rows = list(read_rows(folder.path / "results.csv", RESULT_COLUMNS))
    summary = read_summary(folder)
    if summary.get("unreliable"):
        out.warn(f"the run `{name}` is marked unreliable: its judge accepts known-bad answers, and so may what is written here")
    lacking = summary["missing"], summary.get("missing_verdicts") or 0
    if any(lacking):
        out.warn(f"the run `{name}` was stopped: {lacking[0]:,} answers and {lacking[1]:,} verdicts are missing")
    found = learn(summary, rows, namer, (scale[0], scale[1]))
    if not found.lessons:
        raise problem(f"the run `{name}` has no answers of a model that is in the catalog", hint="`jc catalog list` names them")
    path = _scores_path(out, output, found.name)
    if path.exists() and "Made by `jc catalog import evals" not in path.read_text("utf-8", "replace"):
        raise problem(f"`{path}` was not made by an import", hint="move it away; nothing that a person wrote is overwritten")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, scores_file(found))
    out.emit(own_eval_document(found, path))
    for unknown in found.unknown:
        out.warn(f"`{unknown}` is in no catalog: nothing was written about it")
    out.hint(
        "`jc route`, `jc simulate` and `jc optimize` use it from now on, tiers and their lock after `jc tiers assign --write`;"
        " check it with `jc catalog check`"
    )


def _scores_path(out: Out, output: Path | None, name: str) -> Path:
    """The file for the lessons: the one named, else one of the catalog that the user chose; never of the installed package's."""
    from jc.catalog.folder import find_catalog

    if output is not None and output.suffix.lower() in {".yaml", ".yml"}:
        return output
    chosen = output or out.catalog
    folder = find_catalog(chosen)
    if chosen is None and folder.resolve() != Path("catalogs").resolve():
        raise problem(
            "no catalog of yours to write into: the one in use came with `jc`",
            hint="name a file with `-o FILE.yaml`, or your copy of the catalog with `-C FOLDER`",
        )
    return folder / "benchmarks" / f"own-eval-{name}.yaml"


def _candidate(name: str, file: Path, read_on: date) -> "Candidate":
    from jc.catalog.importers.formats import candidate
    from jc.catalog.importers.reading import read_json

    return candidate(name, read_json(file), read_on)


def drift(
    out: Out,
    against: Annotated[Path, typer.Option("--against", metavar="FILE", help="A public list (JSON), or a catalog folder.")],
    threshold: Annotated[
        str, typer.Option("--threshold", metavar="PERCENT", help="Differences up to this are left out, 5 or 5%.")
    ] = "0",
    seller: Annotated[
        list[str] | None,
        typer.Option("--seller", metavar="THEIRS=OURS", help="A seller that goes by another name there. Repeatable."),
    ] = None,
    as_of: AsOf = None,
) -> None:
    """How far the catalog's prices are from another list's: a report for a scheduled job. Exit 1 when a price differs.

    Offers are matched by id, alias, or seller and wire id, never by likeness. The list's format is recognised.

    \b
    Examples:
      jc catalog drift --against api.json
      jc catalog drift --against candidate --threshold 5% --format csv
    """
    from jc.catalog.drift import SAME_SELLER
    from jc.catalog.drift import drift as measure
    from jc.catalog.load import load_catalog
    from jc.report.catalog_answers import drift_document

    on, limit = day_of(as_of), _percent(threshold)
    catalog = load_catalog(out.catalog)
    sellers = {**SAME_SELLER, **_pairs(seller)}
    found = measure(catalog, _other(against, on), on, sellers)
    beyond = [one for one in found.drifts if abs(one.share) * 100 > limit]
    out.emit(drift_document(found, beyond, str(against), on, float(limit)))
    out.say(
        f"Compared {_so_many(found.figures, 'price')} of {_so_many(len(found.compared), 'offer')} with `{against}`; "
        f"not listed there: {_so_many(len(found.missing), 'offer')}; without a price on one side: {len(found.unpriced)}."
    )
    if found.ambiguous:
        out.warn(f"{len(found.ambiguous)} offers have several namesakes there: {', '.join(found.ambiguous[:5])}")
    if not found.compared:
        out.warn("nothing could be compared")
        out.hint("name its sellers with `--seller THEIRS=OURS`")
    if beyond:
        raise AnswerIsNo("")


def _other(against: Path, on: date) -> "Catalog":
    """A public list, or a candidate folder, as a catalog."""
    if against.is_dir():
        from jc.catalog.load import load_catalog

        return load_catalog(against)
    from jc.catalog.importers.formats import READERS, detected
    from jc.catalog.importers.reading import read_json

    tree = read_json(against)
    name = detected(tree)
    if name is None:
        raise problem(f"`{against}` is none of the lists that `jc` knows", hint=f"lists: {', '.join(READERS)}")
    return READERS[name](tree, on).catalog()


def _so_many(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _percent(text: str) -> Decimal:
    try:
        value = Decimal(text.strip().removesuffix("%").strip())
    except InvalidOperation:
        value = Decimal(-1)
    if not value.is_finite() or value < 0:
        raise problem(f"`--threshold {text}`: not a percentage", hint="percent, as 5 or 2.5%")
    return value


def _pairs(values: list[str] | None) -> dict[str, str]:
    out = {}
    for text in split_list(values):
        theirs, equals, ours = text.partition("=")
        if not (theirs and equals and ours):
            raise problem(f"`--seller {text}`: not two names", hint="as moonshotai=kimi")
        out[theirs] = ours
    return out
