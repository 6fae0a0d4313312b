"""Server-sent events of a streamed completion, read as they come; a stream without its end is not an answer."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jc.providers.answer import Answer, ErrorInAnswer, answer_of, parse_usage, strict_json
from jc.providers.body import BodyError
from jc.quantities import Usage


@dataclass(slots=True)
class _ToolCall:
    id: list[str] = field(default_factory=list)
    name: list[str] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)

    def joined(self) -> dict[str, Any]:
        function = {"name": "".join(self.name), "arguments": "".join(self.arguments)}
        return {"id": "".join(self.id), "type": "function", "function": function}


class EventReader:
    """Collects the deltas of a stream; `first_at` is the monotonic time of the first token (text, reasoning or tool call).

    `on_text` is given each piece of text as it comes.
    """

    def __init__(self, on_text: Callable[[str], None] | None = None) -> None:
        self._on_text = on_text
        self.first_at: float | None = None
        self._rest: list[bytes] = []
        self._text: list[str] = []
        self._refusal: list[str] = []
        self._tools: dict[int, _ToolCall] = {}
        self._usage: Usage | None = None
        self._model: object = None
        self._reason: str | None = None
        self._done = False

    def feed(self, plain: bytes) -> None:
        """Take plain bytes; BodyError for an event that is not JSON, ErrorInAnswer for one that tells an error."""
        if b"\n" not in plain:
            self._rest.append(plain)
            return
        lines = b"".join((*self._rest, plain)).split(b"\n")
        self._rest = [lines.pop()]
        for line in lines:
            self._line(line)

    def _line(self, line: bytes) -> None:
        if not line.startswith(b"data:") or self._done:
            return
        data = line[5:].strip()
        if data == b"[DONE]":
            self._done = True
        elif data:
            self._event(strict_json(data))

    def _event(self, event: object) -> None:
        if not isinstance(event, dict):
            raise BodyError("malformed", "an event of the stream is not a JSON object")
        if event.get("error") is not None:
            raise ErrorInAnswer(event["error"])
        self._usage = parse_usage(event.get("usage")) or self._usage
        self._model = event.get("model") or self._model
        choices = event.get("choices")
        if isinstance(choices, list) and choices and isinstance(choices[0], dict):
            self._choice(choices[0])

    def _choice(self, choice: Mapping[str, Any]) -> None:
        if isinstance(choice.get("finish_reason"), str):
            self._reason = choice["finish_reason"]
        delta = choice.get("delta")
        if not isinstance(delta, dict):
            return
        for name, parts in (("content", self._text), ("refusal", self._refusal)):
            if isinstance(delta.get(name), str) and delta[name]:
                parts.append(delta[name])
                self._first()
                if name == "content" and self._on_text is not None:
                    self._on_text(delta[name])
        if delta.get("reasoning_content") or delta.get("reasoning"):
            self._first()
        if isinstance(delta.get("tool_calls"), list):
            self._first()
            for tool in delta["tool_calls"]:
                self._tool(tool)

    def _first(self) -> None:
        if self.first_at is None:
            self.first_at = time.monotonic()

    def _tool(self, part: object) -> None:
        """Tool calls come in parts: name first, then the arguments piece by piece."""
        if not isinstance(part, dict) or not isinstance(part.get("index", 0), int):
            return
        call = self._tools.setdefault(part.get("index", 0), _ToolCall())
        function = part.get("function")
        told = {"id": part.get("id"), **(function if isinstance(function, dict) else {})}
        for name, pieces in (("id", call.id), ("name", call.name), ("arguments", call.arguments)):
            if isinstance(told.get(name), str):
                pieces.append(told[name])

    def answer(self) -> Answer:
        """The whole answer; BodyError when the stream ended before it told its end."""
        if any(self._rest):
            self._line(b"".join(self._rest))
        if not self._done and self._reason is None:
            raise BodyError("malformed", "the stream was cut off before its end")
        message = {
            "content": "".join(self._text),
            "refusal": "".join(self._refusal) or None,
            "tool_calls": [self._tools[index].joined() for index in sorted(self._tools)],
        }
        return answer_of(message, self._reason, self._usage, self._model)
