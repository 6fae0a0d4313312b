"""From what a caller sends to a `Request`: a prompt with flags, an OpenAI-shaped body, or a line of a file.

Facts are read off the body itself: tools, images, the schema asked for, the name of the model. Only the human ask is classified;
a follow-up ("yes", "commit it") is classified with what it follows.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from jc.routing.ask import Ask, ask_of, is_follow_up, language_of
from jc.routing.classes import ROUTE_CLASSES
from jc.routing.classify import Classifier, Facts
from jc.routing.request import Request, Routing

BODY_FIELDS = ("key", "org", "session", "region", "previous")


class Flags(NamedTuple):
    """What the caller says besides the text; the body's own facts are added to these."""

    model: str | None = None
    tools: bool = False
    images: int = 0
    structured_output: bool = False
    max_output_tokens: int | None = None
    key: str | None = None
    org: str | None = None
    session: str | None = None
    region: str | None = None
    routing: Routing = "auto"
    swap_opt_in: bool = False
    previous: str | None = None
    max_latency_s: float | None = None
    max_usd: Decimal | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_input_tokens: int | None = None
    budget_left_usd: Decimal | None = None


def request_of(body: Mapping[str, Any], flags: Flags, classifier: Classifier, *, languages: bool = False) -> Request:
    """The request in an OpenAI-shaped body (`messages`, or `prompt`); `languages` asks for the language, which some tables need.

    Unknown fields are ignored, as servers ignore them; wrong types of known ones count as absent.
    """
    messages = body.get("messages")
    listed = messages if isinstance(messages, list) else [{"role": "user", "content": _text(body.get("prompt"))}]
    ask = ask_of(listed)
    tools = flags.tools or bool(body.get("tools")) or bool(body.get("functions"))
    images = max(flags.images, ask.images, _count(body.get("images")), int(bool(body.get("vision"))))
    structured = flags.structured_output or _structured(body)
    previous = flags.previous or _name(body.get("previous"))
    follows = ask.follow_up or (previous is not None and is_follow_up(ask.text))
    classified = classifier.classify(ask.text, Facts(tools, images, structured))
    if previous in ROUTE_CLASSES:  # the class of the session instead of its model
        if follows and not tools:
            classified = classified._replace(route_class=previous, abstained=False, by_facts=True)
        previous = None
    named = flags.model or _name(body.get("model"))
    return Request(
        route_class=classified.route_class,
        confidence=classified.confidence,
        abstained=classified.abstained,
        requested=None if named in {None, "auto"} else named,
        routing="explicit" if body.get("routing") == "explicit" else flags.routing,
        input_tokens=flags.input_tokens or _count(body.get("input_tokens")) or ask.input_tokens,
        output_tokens=flags.output_tokens,
        max_output_tokens=flags.max_output_tokens or _limit(body),
        cached_input_tokens=_cached(flags, ask) if previous else 0,
        images=images,
        tools=tools,
        structured_output=structured,
        code=classified.code,
        language=language_of(ask.text, classified.script) if languages else None,
        script=classified.script,
        key=flags.key or _name(body.get("key")) or _name(body.get("user")),
        org=flags.org or _name(body.get("org")),
        session=flags.session or _name(body.get("session")),
        region=flags.region or _name(body.get("region")),
        swap_opt_in=flags.swap_opt_in or body.get("swap_opt_in") is True,
        previous=previous,
        follow_up=follows,
        max_latency_s=flags.max_latency_s,
        max_usd=flags.max_usd,
        budget_left_usd=flags.budget_left_usd,
    )


def asks(body: Mapping[str, Any]) -> bool:
    """Whether a body says what is asked at all: `messages` as a list, or `prompt` as text."""
    return isinstance(body.get("messages"), list) or isinstance(body.get("prompt"), str)


def _cached(flags: Flags, ask: Ask) -> int:
    """What the model that answered last has in its cache: as said, else everything before the last message."""
    known = ask.prefix_tokens if flags.cached_input_tokens is None else flags.cached_input_tokens
    return min(known, flags.input_tokens or ask.input_tokens)


def ask_text(body: Mapping[str, Any]) -> str:
    """What a person asks in a body: what is classified."""
    messages = body.get("messages")
    return ask_of(messages).text if isinstance(messages, list) else _text(body.get("prompt"))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _name(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _limit(body: Mapping[str, Any]) -> int | None:
    return next(
        (count for name in ("max_completion_tokens", "max_tokens", "max_output_tokens") if (count := _count(body.get(name)))),
        None,
    )


def _structured(body: Mapping[str, Any]) -> bool:
    wanted = body.get("response_format")
    kind = wanted.get("type") if isinstance(wanted, Mapping) else None
    return kind in {"json_schema", "json_object"} or body.get("structured_output") is True
