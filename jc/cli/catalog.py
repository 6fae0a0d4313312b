"""`jc catalog`: check, list, show and price the model catalog."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from jc.cli import catalog_more
from jc.cli.options import command, new_app, split_list
from jc.cli.output import Out, problem, terminal_width
from jc.errors import AnswerIsNo

if TYPE_CHECKING:
    from jc.catalog.check import Book, Finding, Rule
    from jc.catalog.documents import Documents
    from jc.catalog.model import Mode, Offer

app = new_app(
    """Check, compare, import and price the model catalog.

\b
Examples:
  jc catalog check                        is the catalog sound?
  jc catalog check --base main            and does this branch rewrite no history?
  jc catalog list --vision --sort input
  jc catalog price gpt-4o-mini --input-tokens 12000 --output-tokens 800
  jc catalog diff main                    what did this branch change, and what does it cost?
  jc catalog pick --vision --tools
"""
)


def add_to(root: typer.Typer) -> None:
    """Hang the commands under the root."""
    root.add_typer(app, name="catalog")


AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="As of that day (UTC). [default: today]")]
_SORTS = ("id", "input", "output", "blend", "context", "released", "removal")


def day_of(text: str | None) -> date:
    """A day of the command line, today (UTC) when none was given."""
    if text is None:
        return datetime.now(UTC).date()
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  a day has no zone
    except ValueError:
        raise problem(f"`--as-of {text}`: not a day", hint="days are written 2026-06-30") from None


@command(app, "check")
def check(
    out: Out,
    path: Annotated[Path | None, typer.Argument(metavar="[PATH]", help="Folder of the catalog; as --catalog.")] = None,
    base: Annotated[str | None, typer.Option("--base", metavar="REF", help="Compare with the catalog at this git ref.")] = None,
    as_of: AsOf = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 on warnings too.")] = False,
    fix: Annotated[bool, typer.Option("--fix", help="Sort models and offers by id; comments move along.")] = False,
) -> None:
    """Check every file of a catalog: syntax, names, prices, limits, dates, sources, scores, tiers, routes, history.

    Everything that is wrong is told in one run, with file, line and column. Exit code 0: nothing, or warnings only; 1: errors;
    2: there was nothing to read. Never needs the network. Formats: text, json, github, sarif, markdown, csv.

    \b
    Examples:
      jc catalog check
      jc catalog check ./catalogs --base origin/main --format github
      jc catalog check --as-of 2026-12-01 --strict
    """
    from jc.catalog.documents import read_folder
    from jc.catalog.load import find_catalog
    from jc.report.findings import findings_document
    from jc.report.rules_page import every_rule

    at = day_of(as_of)
    folder = find_catalog(path or out.catalog)
    before = _book(_at_ref(folder, base), None) if base is not None else None
    documents = read_folder(folder)
    if fix and _fixed(out, documents, folder):
        documents = read_folder(folder)
    book, rules = _book(documents, before), every_rule()
    findings = _checked(book, at, rules)
    payload = {"as_of": at, "catalog": documents.root, "base": base, "strict": strict}
    out.emit(findings_document(findings, book, rules, payload))
    if any(finding.severity == "error" or (strict and finding.severity == "warning") for finding in findings):
        raise AnswerIsNo("")


def _book(documents: "Documents", base: "Book | None") -> "Book":
    from jc.catalog.assemble import assemble
    from jc.catalog.check import Book

    return Book.of(assemble(documents), base)


def _checked(book: "Book", at: date, rules: "Sequence[Rule]") -> "list[Finding]":
    from jc.catalog.check import check as run

    return run(book, at, rules)


def _at_ref(folder: Path, ref: str) -> "Documents":
    from jc.catalog.documents import documents
    from jc.catalog.git import files_at

    found = files_at(folder, ref)
    return documents(found.name, found.files)


def _fixed(out: Out, documents: "Documents", folder: Path) -> bool:
    """Rewrite the files whose rows are out of order; whether there were any."""
    from jc.catalog.order import in_order
    from jc.files import write_atomically

    any_fixed = False
    for document in documents:
        text = in_order(document)
        if text is not None:
            write_atomically(folder / document.rel, text)
            out.say(f"Sorted `{document.file}`.")
            any_fixed = True
    return any_fixed


@command(app, "list")
def list_(
    out: Out,
    provider: Annotated[list[str] | None, typer.Option("--provider", metavar="NAME", help="Only these. Repeatable.")] = None,
    region: Annotated[list[str] | None, typer.Option("--region", metavar="REGION", help="Only these. Repeatable.")] = None,
    vision: Annotated[bool, typer.Option("--vision", help="Only offers that take images.")] = False,
    tools: Annotated[bool, typer.Option("--tools", help="Only offers that call tools.")] = False,
    max_input_price: Annotated[
        str | None, typer.Option("--max-input-price", metavar="USD", help="At most so many USD per million input tokens.")
    ] = None,
    sort: Annotated[
        str, typer.Option("--sort", metavar="KEY", help=f"{', '.join(_SORTS)}; a minus in front turns it round.")
    ] = "id",
    as_of: AsOf = None,
) -> None:
    """The offers of the catalog with the prices in force.

    Prices are USD per million tokens; blend is input + 0.2 x output (the catalog's cost key). What is unknown is an en dash
    and stands last.

    \b
    Examples:
      jc catalog list
      jc catalog list --region global --vision --sort blend
      jc catalog list --provider openai,anthropic --max-input-price 1 --format csv
    """
    from jc.catalog.load import load_catalog
    from jc.report.catalog_prices import list_document, offer_record

    catalog, at = load_catalog(out.catalog), _moment(as_of)
    limit = _usd(max_input_price)
    providers, regions = split_list(provider), split_list(region)
    unknown = [name for name in providers if name not in catalog.providers]
    if unknown:
        raise problem(f"there is no provider `{unknown[0]}`", hint=f"providers: {', '.join(catalog.providers)}")
    key = _sort_key(sort)
    found: list[tuple[Offer, dict[str, object]]] = []
    for offer in catalog.offers.values():
        record = offer_record(offer, catalog, at)
        usd = record["input_usd_per_mtok"]
        if (
            (not providers or offer.provider in providers)
            and (not regions or offer.region in regions)
            and (not vision or offer.vision)
            and (not tools or offer.tools)
            and (limit is None or (usd is not None and usd <= limit))
        ):
            found.append((offer, record))
    out.emit(list_document(_sorted(found, key, sort.startswith("-")), catalog, at, _width()))
    out.say(f"{len(found)} of {len(catalog.offers)} offers.")


def _width() -> int:
    """The terminal's width; into a file or a pipe ids go whole, because they are looked for there."""
    return terminal_width(default=10_000)


def _sort_key(sort: str) -> str:
    name = sort.removeprefix("-")
    if name not in _SORTS:
        raise problem(f"`--sort {sort}`: no such key", hint=f"keys: {', '.join(_SORTS)}")
    return f"{name}_usd_per_mtok" if name in {"input", "output", "blend"} else name


def _sorted(found: "list[tuple[Offer, dict[str, object]]]", key: str, backwards: bool) -> "list[Offer]":
    """By a key of the record, unknown ones last either way, equal ones by id."""
    by_id = sorted(found, key=lambda item: item[0].id)
    known = [item for item in by_id if item[1][key] is not None]
    unknown = [item for item in by_id if item[1][key] is None]
    known.sort(key=lambda item: item[1][key], reverse=backwards)  # type: ignore[arg-type,return-value]
    return [offer for offer, _ in (*known, *unknown)]


@command(app, "show")
def show(
    out: Out,
    model: Annotated[str | None, typer.Argument(metavar="[MODEL]", help="Id, alias or unique ending of an id.")] = None,
    as_of: AsOf = None,
) -> None:
    """Everything about one offer: prices by date, limits, capabilities, lifecycle, the model behind it. Without MODEL: the list.

    \b
    Examples:
      jc catalog show gpt-4o-mini
      jc catalog show anthropic/claude-sonnet-4-6 --as-of 2026-07-15 --format json
    """
    from jc.catalog.load import load_catalog
    from jc.catalog.names import resolve_all
    from jc.report.catalog_prices import list_document, show_document

    catalog, at = load_catalog(out.catalog), _moment(as_of)
    if model is None:
        out.emit(list_document(sorted(catalog.offers.values(), key=lambda offer: offer.id), catalog, at, _width()))
        return
    out.emit(show_document(resolve_all(catalog, [model], f"jc catalog show {model}")[0], catalog, at))


@command(app, "price")
def price(
    out: Out,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Id, alias or unique ending of an id.")],
    input_tokens: Annotated[
        int, typer.Option("--input-tokens", metavar="N", min=0, help="Tokens of the prompt, cached and written ones included.")
    ] = 0,
    output_tokens: Annotated[
        int, typer.Option("--output-tokens", metavar="N", min=0, help="Tokens of the answer, reasoning included.")
    ] = 0,
    cached_tokens: Annotated[
        int, typer.Option("--cached-tokens", metavar="N", min=0, help="Prompt tokens read from the cache.")
    ] = 0,
    cache_write_tokens: Annotated[
        int, typer.Option("--cache-write-tokens", metavar="N", min=0, help="Prompt tokens written to the cache for 5 minutes.")
    ] = 0,
    cache_write_1h_tokens: Annotated[
        int, typer.Option("--cache-write-1h-tokens", metavar="N", min=0, help="Prompt tokens written to the cache for an hour.")
    ] = 0,
    images: Annotated[int, typer.Option("--images", metavar="N", min=0, help="Images, where they are billed by the piece.")] = 0,
    audio_seconds: Annotated[int, typer.Option("--audio-seconds", metavar="N", min=0, help="Seconds of sound, billed so.")] = 0,
    requests: Annotated[int, typer.Option("--requests", metavar="N", min=1, help="Requests, where they are billed.")] = 1,
    mode: Annotated[str, typer.Option("--mode", metavar="MODE", help="standard, batch, flex or priority.")] = "standard",
    region: Annotated[
        str | None, typer.Option("--region", metavar="REGION", help="Where it is served. [default: the offer's region]")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="Moment of the call, 2026-08-21T14:00Z or a day (UTC). [default: now]"),
    ] = None,
) -> None:
    """What one call costs, exactly, at the price in force at that moment.

    An unknown price is an error, never zero.

    \b
    Examples:
      jc catalog price deepseek/deepseek-chat --input-tokens 12000 --output-tokens 800
      jc catalog price claude-sonnet-5 --input-tokens 300000 --cached-tokens 250000 --output-tokens 900 --at 2026-08-21
    """
    from jc.catalog.load import load_catalog
    from jc.catalog.names import resolve_all
    from jc.catalog.price import price as cost_of
    from jc.quantities import Usage
    from jc.report.catalog_prices import Call, price_document

    if mode not in ("standard", "batch", "flex", "priority"):
        raise problem(f"`--mode {mode}`: no such mode", hint="standard, batch, flex or priority")
    moment = _time(at)
    offer = resolve_all(load_catalog(out.catalog), [model], f"jc catalog price {model}")[0]
    usage = Usage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_input_tokens=cached_tokens,
        cache_write_5m_tokens=cache_write_tokens,
        cache_write_1h_tokens=cache_write_1h_tokens,
        images=images,
        audio_seconds=audio_seconds,
        requests=requests,
    )
    cost = cost_of(offer, usage, moment, mode=cast("Mode", mode), region=region)
    out.emit(price_document(Call(offer, usage, moment, mode, region), cost))


@command(app, "schema")
def schema(
    out: Out,
    kind: Annotated[str | None, typer.Argument(metavar="[KIND]", help="Only this file kind, as offers or routes.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Write them to .schema/ of the catalog folder.")] = False,
) -> None:
    """The JSON Schemas of the catalog's files, made from the code; editors read them by the first line of each file.

    \b
    Examples:
      jc catalog schema offers
      jc catalog schema --write
    """
    import json

    from jc.catalog.kept import schemas
    from jc.catalog.load import find_catalog
    from jc.files import write_atomically
    from jc.report.document import Document

    texts = schemas()
    if kind is not None:
        if f"{kind}.json" not in texts:
            raise problem(
                f"there is no file kind `{kind}`", hint=f"kinds: {', '.join(name.removesuffix('.json') for name in texts)}"
            )
        texts = {f"{kind}.json": texts[f"{kind}.json"]}
    if write:
        folder = find_catalog(out.catalog)
        if not folder.is_dir():
            raise problem(f"the catalog `{folder}` does not exist", hint="name a folder with `--catalog DIR`")
        (folder / ".schema").mkdir(exist_ok=True)
        for name, text in texts.items():
            write_atomically(folder / ".schema" / name, text)
        out.say(f"Wrote {len(texts)} schemas to `{folder / '.schema'}`.")
        return
    bodies = {name.removesuffix(".json"): json.loads(text) for name, text in texts.items()}
    plain = next(iter(texts.values())) if kind is not None else json.dumps(bodies, indent=2, ensure_ascii=False)
    out.emit(Document("jc.catalog-schema/1", {"schemas": bodies}, [{"kind": name} for name in bodies], text=plain))


def _moment(as_of: str | None) -> datetime:
    """The moment whose prices are meant: now, or the beginning of a day (UTC)."""
    return datetime.now(UTC) if as_of is None else datetime.combine(day_of(as_of), time(), UTC)


def _time(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise problem(f"`--at {text}`: not a moment", hint="moments are written 2026-08-21T14:00Z, days 2026-08-21") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _usd(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal(-1)
    if not value.is_finite() or value < 0:
        raise problem(f"`--max-input-price {text}`: not a price", hint="USD per million tokens, as 0.25")
    return value


catalog_more.register(app)
