"""All formats by name, and which of them a log is written in."""

from collections.abc import Iterable, Mapping
from typing import Any

from jc.traffic.formats.gateways import GATEWAYS
from jc.traffic.formats.otel import OTEL
from jc.traffic.formats.traces import TRACES
from jc.traffic.formats.values import Format, Record
from jc.traffic.schema import BY_ANY_NAME


def _as_it_is(record: Record) -> Iterable[Record]:
    yield record


CANONICAL = Format("canonical", "traffic log", lambda keys: any(key == "usage" or key in BY_ANY_NAME for key in keys), _as_it_is)
FORMATS: Mapping[str, Format] = {known.name: known for known in (OTEL, *GATEWAYS, *TRACES, CANONICAL)}
FOREIGN: tuple[str, ...] = tuple(name for name in FORMATS if name != "canonical")


def recognise(samples: Iterable[Mapping[str, Any]]) -> Format | None:
    """The format of most of the sampled records; None when none of them looks like a request."""
    votes: dict[str, int] = {}
    for record in samples:
        found = _of(record)
        if found is not None:
            votes[found.name] = votes.get(found.name, 0) + 1
    return FORMATS[max(votes, key=lambda name: votes[name])] if votes else None


def _of(record: Mapping[str, Any]) -> Format | None:
    keys = set(record)
    attributes = record.get("attributes")
    if isinstance(attributes, Mapping):
        keys |= set(attributes)
    elif isinstance(attributes, list):
        keys |= {str(item.get("key")) for item in attributes if isinstance(item, Mapping)}
    data = record.get("data")
    if isinstance(data, Mapping):
        keys |= set(data)
    frozen = frozenset(keys)
    return next((known for known in FORMATS.values() if known.recognise(frozen)), None)
