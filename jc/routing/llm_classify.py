"""The guide's way to classify: a small model is asked for one word. Unclear answers and failures are the local classifier's turn.

The words are those of document 001, lines 522-545: temperature 0, at most ten tokens, the category name and nothing else.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from jc.providers.call import Call
from jc.providers.client import Client
from jc.providers.endpoint import Endpoint
from jc.routing.classes import MEANINGS
from jc.routing.wrappers import bounded

_WORD = re.compile(r"[a-z][a-z0-9_-]*")


class Told(NamedTuple):
    """What the model said: a class, or None and why it is none."""

    route_class: str | None
    why: str = ""


def classification(text: str, wire_id: str, classes: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The OpenAI request that asks for the class of a text; `classes` are name → meaning, the guide's five by default."""
    listed = "\n".join(f"- {name}: {meaning}" for name, meaning in (classes or MEANINGS).items())
    system = (
        "Classify the user's message into exactly one category. Respond with only the category name, nothing else.\n\n"
        f"Categories:\n{listed}"
    )
    messages = [{"role": "system", "content": system}, {"role": "user", "content": bounded(text)}]
    return {"model": wire_id, "messages": messages, "max_tokens": 10, "temperature": 0}


def understood(answer: str, classes: Mapping[str, str] | None = None) -> str | None:
    """The class that an answer names; None when it names none, or several."""
    known = set(classes or MEANINGS)
    plain = answer.strip().lower()
    if plain.strip(" .`\"'*") in known:
        return plain.strip(" .`\"'*")
    found = {word for word in _WORD.findall(plain) if word in known}
    return found.pop() if len(found) == 1 else None


async def ask_class(client: Client, endpoint: Endpoint, body: Mapping[str, Any], classes: Mapping[str, str] | None) -> Told:
    """Ask the model; whatever goes wrong is told, never raised."""
    reply = await client.complete(Call(endpoint, body, lane="judge"))
    if reply.failure is not None:
        return Told(None, reply.failure.message)
    found = understood(reply.text, classes)
    return Told(found) if found else Told(None, "its answer names no single class")
