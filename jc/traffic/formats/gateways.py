"""Gateways and observers: LiteLLM, Helicone, Langfuse, OpenRouter."""

from collections.abc import Iterable, Mapping
from typing import Any

from jc.traffic.formats.values import Format, Record, between_ms, filled, first, has, scaled, total


def _is_anthropic(*names: Any) -> bool:
    return any(isinstance(name, str) and ("anthropic" in name.lower() or "claude" in name.lower()) for name in names)


def _litellm(record: Record) -> Iterable[Record]:
    """A row of `LiteLLM_SpendLogs`, or a standard logging payload. LiteLLM's prompt tokens include the cached ones."""
    usage = "metadata.usage_object" if first(record, "metadata.usage_object") else "metadata.additional_usage_values"
    start, end = first(record, "startTime"), first(record, "endTime")
    cached = first(record, f"{usage}.prompt_tokens_details.cached_tokens", f"{usage}.cache_read_input_tokens")
    yield filled(
        {
            "ts": start,
            "request_id": first(record, "request_id", "id"),
            "session": first(record, "session_id", "trace_id"),
            "key": first(record, "metadata.user_api_key_alias", "api_key", "metadata.user_api_key_hash"),
            "org": first(record, "team_id", "metadata.user_api_key_team_id", "organization_id"),
            "model": first(record, "model_group", "model"),
            "served_model": record.get("model"),
            "prompt": first(record, "messages"),
            "input_tokens": record.get("prompt_tokens"),
            "cached_input_tokens": cached,
            "cache_write_tokens": first(record, f"{usage}.cache_creation_input_tokens"),
            "output_tokens": record.get("completion_tokens"),
            "reasoning_tokens": first(record, f"{usage}.completion_tokens_details.reasoning_tokens"),
            "tools": first(record, "model_parameters.tools", "proxy_server_request.tools"),
            "stream": record.get("stream"),
            "status": record.get("status"),
            "latency_ms": between_ms(start, end),
            "ttft_ms": between_ms(start, first(record, "completionStartTime")),
            "cost_usd": first(record, "spend", "response_cost"),
        }
    )


def _helicone(record: Record) -> Iterable[Record]:
    """A request of Helicone's export. For Anthropic its prompt tokens exclude what came from the cache."""
    model = first(record, "request_model", "model", "response_model")
    cached, written = first(record, "prompt_cache_read_tokens"), first(record, "prompt_cache_write_tokens")
    tokens = first(record, "prompt_tokens")
    if _is_anthropic(model, record.get("provider")):
        tokens = total(tokens, cached, written)
    yield filled(
        {
            "ts": first(record, "request_created_at"),
            "request_id": first(record, "request_id", "response_id"),
            "session": first(record, "request_properties.Helicone-Session-Id", "properties.Helicone-Session-Id"),
            "key": first(record, "key_name", "auth_hash", "request_user_id"),
            "org": first(record, "organization_id", "helicone_org_id"),
            "model": model,
            "served_model": first(record, "response_model", "model_override"),
            "messages": first(record, "request_body.messages"),
            "input_tokens": tokens,
            "cached_input_tokens": cached,
            "cache_write_tokens": written,
            "output_tokens": record.get("completion_tokens"),
            "tools": first(record, "request_body.tools"),
            "stream": first(record, "request_body.stream"),
            "status": first(record, "response_status", "status"),
            "latency_ms": first(record, "delay_ms", "latency"),
            "ttft_ms": first(record, "time_to_first_token"),
            "cost_usd": first(record, "costUSD", "cost_usd", "cost"),
        }
    )


def _langfuse(record: Record) -> Iterable[Record]:
    """A GENERATION of Langfuse. Its usage types add up: `input` excludes the cached ones when those are listed beside it."""
    if str(record.get("type", "GENERATION")).upper() != "GENERATION":
        return
    usage = first(record, "usageDetails", "usage_details", "usage")
    usage = usage if isinstance(usage, Mapping) else {}
    cached = first(usage, "input_cached_tokens", "cache_read_input_tokens", "input_cache_read")
    written = first(usage, "cache_creation_input_tokens", "input_cache_creation")
    start, end = first(record, "startTime", "start_time"), first(record, "endTime", "end_time")
    reasoning = first(usage, "output_reasoning_tokens", "reasoning")
    yield filled(
        {
            "ts": start,
            "request_id": record.get("id"),
            "session": first(record, "sessionId", "session_id", "traceId", "trace_id"),
            "key": first(record, "userId", "user_id"),
            "org": first(record, "projectId", "project_id"),
            "model": first(record, "model", "providedModelName", "provided_model_name"),
            "input_tokens": total(first(usage, "input", "prompt_tokens", "promptTokens"), cached, written),
            "cached_input_tokens": cached,
            "cache_write_tokens": written,
            "output_tokens": total(first(usage, "output", "completion_tokens", "completionTokens"), reasoning),
            "reasoning_tokens": reasoning,
            "messages": _messages(record.get("input")),
            "status": first(record, "level"),
            "latency_ms": between_ms(start, end) if end else scaled(record.get("latency"), 1000),
            "ttft_ms": between_ms(start, first(record, "completionStartTime", "completion_start_time")),
            "cost_usd": first(record, "costDetails.total", "cost_details.total", "calculatedTotalCost", "totalPrice"),
        }
    )


def _messages(value: Any) -> Any:
    """Langfuse keeps the messages as a list, or inside an object."""
    return first(value, "messages") if isinstance(value, Mapping) else value if isinstance(value, (list, str)) else None


def _openrouter(record: Record) -> Iterable[Record]:
    """A generation of OpenRouter's API or its activity export. Native counts are billed; they include the cached ones."""
    inner = record.get("data")
    data = inner if isinstance(inner, Mapping) else record
    images = first(data, "num_media_prompt")
    yield filled(
        {
            "ts": first(data, "created_at"),
            "request_id": first(data, "id", "generation_id"),
            "session": first(data, "session_id"),
            "key": first(data, "api_key_name", "external_user", "user", "app_name", "app_id"),
            "model": first(data, "router", "model", "model_permaslug"),
            "served_model": first(data, "model", "model_permaslug"),
            "input_tokens": first(data, "native_tokens_prompt", "tokens_prompt"),
            "cached_input_tokens": first(data, "native_tokens_cached", "tokens_cached"),
            "output_tokens": first(data, "native_tokens_completion", "tokens_completion"),
            "reasoning_tokens": first(data, "native_tokens_reasoning", "tokens_reasoning"),
            "images": images,
            "vision": bool(images) if isinstance(images, (int, float)) else None,
            "stream": first(data, "streamed"),
            "region": first(data, "data_region"),
            "status": first(data, "finish_reason", "finish_reason_raw"),
            "latency_ms": first(data, "latency", "generation_time_ms", "generation_time"),
            "ttft_ms": first(data, "time_to_first_token_ms"),
            "cost_usd": first(data, "total_cost", "cost_total", "usage"),
        }
    )


def _is_langfuse(keys: frozenset[str]) -> bool:
    started = keys & {"startTime", "start_time"}
    return bool(started and keys & {"traceId", "trace_id"} and keys & {"usage", "usageDetails", "usage_details", "type"})


def _is_openrouter(keys: frozenset[str]) -> bool:
    return bool(keys & {"native_tokens_prompt", "generation_id"}) or {"tokens_prompt", "tokens_completion"} <= keys


GATEWAYS: tuple[Format, ...] = (
    Format(
        "litellm",
        "LiteLLM spend log",
        lambda keys: {"startTime", "endTime"} <= keys and bool(keys & {"spend", "response_cost"}),
        _litellm,
        "its input tokens include the cached ones",
    ),
    Format(
        "helicone",
        "Helicone export",
        has("request_created_at"),
        _helicone,
        "for Anthropic models cached tokens were added to the input tokens",
    ),
    Format("langfuse", "Langfuse observations", _is_langfuse, _langfuse, "cached tokens were added to the input tokens"),
    Format(
        "openrouter", "OpenRouter activity", _is_openrouter, _openrouter, "native token counts, which include the cached ones"
    ),
)
