"""What the demo models say: recorded answers to the shipped evalset, and answers made by rule, labelled as such, to all else.

The recorded ones are of visibly different quality on purpose: `demo/strong` is right on nine in ten, `demo/solid` on two in
three, `demo/hasty` on one in three (`evalsets/README.md`). They are no model's output.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jc.files import shipped

DEMO_MODELS = ("demo/strong", "demo/solid", "demo/hasty")
LABEL = "[demo answer, made by rule]"
_LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class Known:
    """One case of the shipped evalset as the demo knows it: what right answers hold, what wrong ones do, and its answers."""

    id: str
    key_points: tuple[re.Pattern[str], ...]
    mistakes: tuple[re.Pattern[str], ...]
    answers: Mapping[str, str] = field(default_factory=dict)

    def found(self, answer: str) -> tuple[int, int]:
        """How many key points and how many known mistakes the answer holds."""
        text = answer[:_LONGEST]
        return sum(bool(point.search(text)) for point in self.key_points), sum(
            bool(wrong.search(text)) for wrong in self.mistakes
        )


class DemoData:
    """The shipped demo evalset, its answers and key points, looked up by the text of the last question."""

    def __init__(self, folder: Path) -> None:
        rows = list(_rows(folder / "demo-answers.jsonl"))
        answers: dict[str, dict[str, str]] = {}
        for row in rows:
            if "model" in row:
                answers.setdefault(row["id"], {})[row["model"]] = row["answer"]
        points = {row["id"]: row for row in rows if "key_points" in row}
        self._cases: dict[str, Known] = {}
        for case in _rows(folder / "demo.jsonl"):
            known = points[case["id"]]
            self._cases[_question(case)] = Known(
                case["id"], _patterns(known["key_points"]), _patterns(known["mistakes"]), answers[case["id"]]
            )

    def __len__(self) -> int:
        return len(self._cases)

    def case_of(self, text: str) -> Known | None:
        """The case whose question is this text, or ends it: judges are shown whole chats."""
        text = text.strip()
        if text in self._cases:
            return self._cases[text]
        return next((case for question, case in self._cases.items() if text.endswith(question)), None)

    def answer(self, model: str, messages: Sequence[Any]) -> str:
        """The recorded answer of a demo model to a chat, else one made by rule."""
        question = next(
            (text_of(item) for item in reversed(messages) if isinstance(item, dict) and item.get("role") == "user"), ""
        )
        case = self.case_of(question)
        return case.answers[model] if case is not None else by_rule(model, question)


def load_demo() -> DemoData:
    """The demo data as shipped: inside the package when installed, beside it in a checkout."""
    return DemoData(shipped("evalsets"))


def _rows(path: Path) -> Iterator[Any]:
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)


def _question(case: Mapping[str, Any]) -> str:
    text = case.get("prompt") or text_of(case["messages"][-1])
    return str(text).strip()


def _patterns(sources: Sequence[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(source, re.IGNORECASE | re.MULTILINE) for source in sources)


def text_of(message: Mapping[str, Any]) -> str:
    """The text of a chat message, whichever form its content has."""
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def by_rule(model: str, question: str) -> str:
    """An answer to a prompt that is not in the demo set: it takes up the question's own words, the better models more of them."""
    words = list(dict.fromkeys(re.findall(r"\w{4,}", question.lower())))[:400]
    pick = hashlib.sha256(question.encode("utf-8", "replace")).digest()[0]
    if model == "demo/hasty" or not words:
        return f"{LABEL} {' '.join(words[:3]) or 'nothing to go by'}"
    start = pick % len(words)
    turned = (words[start:] + words[:start])[: 24 if model == "demo/strong" else 10]
    if model == "demo/solid":
        return f"{LABEL} This is about {', '.join(turned)}."
    half = len(turned) // 2 or 1
    first, rest = ", ".join(turned[:half]), ", ".join(turned[half:])
    return f"{LABEL} The question turns on {first}. Beside that it names {rest or 'nothing else'}."
