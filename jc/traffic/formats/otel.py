"""Spans with the OpenTelemetry semantic conventions for generative AI, one span a line or a whole OTLP/JSON batch."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jc.traffic.formats.values import Format, Record, between_ms, filled, first
from jc.traffic.rows import BadRow, Reason

_INTEGER = re.compile(r"-?[0-9]{1,30}")
_OPERATIONS = ("chat", "text_completion", "generate_content", "create_agent")


def _otel(record: Record) -> Iterable[Record]:
    for span in _spans(record):
        attributes = _attributes(span)
        operation = first(attributes, "gen_ai.operation.name")
        if (operation is None or operation in _OPERATIONS) and _usage(attributes, "input") is not None:
            yield _row(span, attributes)


def _spans(record: Record) -> Iterator[Mapping[str, Any]]:
    """The spans of an OTLP batch, or the record itself."""
    batches = record.get("resourceSpans")
    if not isinstance(batches, list):
        yield record
        return
    for batch in _maps(batches):
        for scope in _maps(batch.get("scopeSpans", [])):
            yield from _maps(scope.get("spans", []))


def _maps(value: Any) -> Iterator[Mapping[str, Any]]:
    """The objects of a list; BadRow where a batch holds something else in its place."""
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise BadRow(Reason.WRONG_TYPE)
    yield from value


def _attributes(span: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes as a flat object, from the list of OTLP/JSON, from an object, or from the span's own keys."""
    attributes = span.get("attributes")
    if isinstance(attributes, list):
        return {str(item.get("key")): _plain(item.get("value")) for item in attributes if isinstance(item, Mapping)}
    return {**span, **attributes} if isinstance(attributes, Mapping) else dict(span)


def _plain(value: Any) -> Any:
    """OTLP/JSON writes 64-bit integers as text."""
    if not isinstance(value, Mapping):
        return value
    if "intValue" in value:
        text = value["intValue"]
        return _whole(text)
    return next(iter(value.values()), None)


def _usage(attributes: Mapping[str, Any], side: str) -> Any:
    older = {"input": "gen_ai.usage.prompt_tokens", "output": "gen_ai.usage.completion_tokens"}[side]
    return first(attributes, f"gen_ai.usage.{side}_tokens", older)


def _whole(value: Any) -> Any:
    """An integer that is written as text as one; everything else as it is."""
    return int(value) if isinstance(value, str) and _INTEGER.fullmatch(value) else value


def _row(span: Mapping[str, Any], attributes: Mapping[str, Any]) -> Record:
    start = _whole(first(span, "startTimeUnixNano", "start_time_unix_nano", "start_time", "startTime", "timestamp"))
    end = _whole(first(span, "endTimeUnixNano", "end_time_unix_nano", "end_time", "endTime"))
    first_chunk = first(attributes, "gen_ai.response.time_to_first_chunk", "gen_ai.server.time_to_first_token")
    return filled(
        {
            "ts": start,
            "request_id": first(attributes, "gen_ai.response.id") or first(span, "spanId", "span_id"),
            "session": first(attributes, "gen_ai.conversation.id", "session.id") or first(span, "traceId", "trace_id"),
            "key": first(attributes, "user.id", "enduser.id"),
            "model": first(attributes, "gen_ai.request.model"),
            "served_model": first(attributes, "gen_ai.response.model"),
            "input_tokens": _usage(attributes, "input"),
            "cached_input_tokens": first(attributes, "gen_ai.usage.cache_read.input_tokens"),
            "cache_write_tokens": first(attributes, "gen_ai.usage.cache_creation.input_tokens"),
            "output_tokens": _usage(attributes, "output"),
            "reasoning_tokens": first(attributes, "gen_ai.usage.reasoning.output_tokens"),
            "tools": first(attributes, "gen_ai.tool.definitions"),
            "latency_ms": between_ms(start, end),
            "ttft_ms": first_chunk * 1000 if isinstance(first_chunk, (int, float)) else None,
        }
    )


def _recognise(keys: frozenset[str]) -> bool:
    return "resourceSpans" in keys or any(key.startswith("gen_ai.") for key in keys)


OTEL = Format("otel-genai", "OpenTelemetry GenAI spans", _recognise, _otel, "their input tokens include the cached ones")
