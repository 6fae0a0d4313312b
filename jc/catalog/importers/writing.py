"""A candidate as the files of a catalog folder: text only, the same candidate always gives the same bytes.

Texts from the list are written as quoted YAML scalars, and names of files are made of letters, digits, `-` and `_` only, so that
nothing in the list can become a path or a line of YAML.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from jc.catalog.diff_prices import clock
from jc.catalog.importers.candidate import Candidate
from jc.catalog.importers.formats import HOMES
from jc.catalog.model import UNIT_KINDS, Lifecycle, Model, Offer, Override, PriceRow, When
from jc.sanitise import spreadsheet

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*\Z")
# What YAML 1.2, or an editor that still reads YAML 1.1, takes for something else than text.
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})
_SLUG = re.compile(r"[^a-z0-9_-]+")
_HEAD = "# Written by `jc catalog import`: look it over, then move what you want into your own catalog.\n"


def files(candidate: Candidate) -> dict[str, str]:
    """Every file of the candidate folder: path inside it, and text."""
    out = {"catalog.yaml": f"# yaml-language-server: $schema=.schema/catalog.json\n{_HEAD}schema_version: 1\n"}
    stems = _stems(one.id for one in candidate.providers)
    for provider in candidate.providers:
        offers = [offer for offer in candidate.offers if offer.provider == provider.id]
        models = [model for model in candidate.models if model.lab == provider.id]
        lines = [f"provider: {text(provider.id)}", f"kind: {provider.kind}"]
        if provider.name:
            lines.append(f"name: {text(provider.name)}")
        body = [*lines, "offers:", *(line for offer in offers for line in _offer(offer))]
        out[f"offers/{stems[provider.id]}.yaml"] = _file("offers", candidate, body)
        body = [f"lab: {text(provider.id)}", "models:", *(line for model in models for line in _model(model))]
        out[f"models/{stems[provider.id]}.yaml"] = _file("models", candidate, body)
    out["skipped.csv"] = _csv(("id", "reason"), candidate.skipped)
    out["left-out.csv"] = _csv(("id", "field", "value", "reason"), candidate.left_out)
    return out


def _file(schema: str, candidate: Candidate, body: Iterable[str]) -> str:
    head = f"# yaml-language-server: $schema=../.schema/{schema}.json\n{_HEAD}"
    origin = f"# From {candidate.format} ({HOMES[candidate.format]}), as read on {candidate.read_on}.\n"
    return head + origin + "schema_version: 1\n" + "\n".join(body) + "\n"


def _stems(names: Iterable[str]) -> dict[str, str]:
    """A file name for each provider, unique also where case is not told apart."""
    out: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        stem = base = _SLUG.sub("-", name.lower()).strip("-_")[:60] or "provider"
        number = 2
        while stem in taken:
            stem, number = f"{base}-{number}", number + 1
        taken.add(stem)
        out[name] = stem
    return out


def text(value: str) -> str:
    """A YAML scalar for a text: plain where that is safe, else in double quotes and ASCII."""
    if _PLAIN.match(value) and value.lower() not in _WORDS:
        return value
    out = []
    for char in value:
        if char in {'"', "\\"}:
            out.append(f"\\{char}")
        elif " " <= char <= "~":
            out.append(char)
        else:
            code = ord(char)
            out.append(f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}")
    return f'"{"".join(out)}"'


def number(value: Decimal) -> str:
    """A number without an exponent, `2.5` as `2.50`: prices have cents."""
    whole, dot, cents = f"{value:f}".partition(".")
    return f"{whole}.{cents.ljust(2, '0')}" if dot or whole.lstrip("-").isdigit() else whole


def _flow(values: Iterable[str]) -> str:
    return f"[{', '.join(text(value) for value in values)}]"


def _map(pairs: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in pairs.items()) + "}"


def _bool(value: bool | None) -> str | None:
    return None if value is None else "true" if value else "false"


def _known(pairs: Mapping[str, str | None]) -> dict[str, str]:
    return {key: value for key, value in pairs.items() if value is not None}


def _offer(offer: Offer) -> Iterator[str]:
    yield f"  - id: {text(offer.id)}"
    yield f"    model: {text(offer.model)}"
    yield f"    wire_id: {text(offer.wire_id)}"
    yield f"    region: {text(offer.region)}"
    can = {
        "input": _flow(offer.input),
        "output": _flow(offer.output),
        "tools": _bool(offer.tools),
        "structured_output": _bool(offer.structured_output),
        "reasoning": _bool(offer.reasoning),
    }
    yield f"    capabilities: {_map(_known(can))}"
    bounds = {"context": offer.context, "output": offer.max_output}
    if any(bounds.values()):
        yield f"    limits: {_map({key: str(value) for key, value in bounds.items() if value is not None})}"
    if offer.prices:
        yield "    prices:"
        for row in offer.prices:
            yield from _row(row, chat="text" in offer.output)
    if offer.free is not None:
        yield f"    free: {_map({'reason': text(offer.free.reason)})}"
    life = _lifecycle(offer.lifecycle)
    if life:
        yield f"    lifecycle: {_map(life)}"


def _row(row: PriceRow, *, chat: bool) -> Iterator[str]:
    yield f"      - from: {row.valid_from}"
    yield f"        status: {row.status}"
    if row.usd_per_mtok:
        rates = {key: number(usd) for key, usd in row.usd_per_mtok.items()}
        for kind in ("input", "output") if chat else ("input",):
            rates.setdefault(kind, "null")
        yield f"        usd_per_mtok: {_map(dict(sorted(rates.items(), key=_kind_order)))}"
    for unit in UNIT_KINDS:
        if unit in row.usd_per_unit:
            yield f"        usd_per_{unit}: {number(row.usd_per_unit[unit])}"
    if row.overrides:
        yield "        overrides:"
        for override in row.overrides:
            yield from _override(override)
    if row.source:
        yield f"        source: {text(row.source)}"
    if row.checked:
        yield f"        checked: {row.checked}"


def _kind_order(pair: tuple[str, str]) -> int:
    order = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")
    return order.index(pair[0]) if pair[0] in order else len(order)


def _override(override: Override) -> Iterator[str]:
    yield f"          - when: {_map(_when(override.when))}"
    rates = dict(sorted(((key, number(usd)) for key, usd in override.set.items()), key=_kind_order))
    yield f"            set: {_map(rates)}"


def _when(when: When) -> dict[str, str]:
    """The condition as it is written; the windows of one override share their days."""
    out: dict[str, str] = {}
    if when.prompt_tokens_gt is not None:
        out["prompt_tokens_gt"] = str(when.prompt_tokens_gt)
    if when.utc:
        spans = [f"{clock(window.start)}-{clock(window.end)}" for window in when.utc]
        out["utc"] = "[" + ", ".join(f'"{span}"' for span in spans) + "]"
        out["days"] = _flow(when.utc[0].days)
    if when.mode is not None:
        out["mode"] = when.mode
    return out


def _lifecycle(life: Lifecycle) -> dict[str, str]:
    dates = {"released": life.released, "deprecation_announced": life.deprecation_announced, "removal": life.removal}
    out = {key: str(value) for key, value in dates.items() if value is not None}
    if life.source:
        out["source"] = text(life.source)
    return out


def _model(model: Model) -> Iterator[str]:
    yield f"  - id: {text(model.id)}"
    pairs = {"name": model.name, "family": model.family}
    for key, value in pairs.items():
        if value:
            yield f"    {key}: {text(value)}"
    if model.open_weights is not None:
        yield f"    open_weights: {_bool(model.open_weights)}"
    yield f"    modalities: {_map({'input': _flow(model.input), 'output': _flow(model.output)})}"


def _csv(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([[spreadsheet(cell) for cell in row] for row in rows])
    return out.getvalue()


def manifest(candidate: Candidate, digests: Mapping[str, str]) -> str:
    """What the import notes of itself: the list, the day, and the sha256 of every file it wrote."""
    body = {
        "schema": "jc.catalog-import/1",
        "format": candidate.format,
        "read_on": str(candidate.read_on),
        "imported": len(candidate.offers),
        "skipped": len(candidate.skipped),
        "files": dict(sorted(digests.items())),
    }
    return json.dumps(body, indent=2) + "\n"
