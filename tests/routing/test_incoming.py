"""What is read off an OpenAI-shaped request."""

from typing import Any

import pytest

from jc.routing.ask import language_of
from jc.routing.classify import classifier
from jc.routing.incoming import Flags, request_of
from jc.routing.request import Request

TOOL = {"type": "function", "function": {"name": "search", "parameters": {"type": "object"}}}
IMAGE = {"type": "image_url", "image_url": {"url": "https://pictures.example/a.png"}}


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def read(body: dict[str, Any], **flags: Any) -> Request:
    return request_of(body, Flags(**flags), classifier())


def test_only_the_human_ask_is_classified() -> None:
    """System, developer and tool messages say nothing of the class."""
    noise = [
        {"role": "developer", "content": "Prove theorems. Write Python code."},
        {"role": "system", "content": "def f(): return 1"},
        {"role": "tool", "tool_call_id": "1", "content": "Traceback (most recent call last)"},
    ]

    assert read({"messages": [*noise, user("What is the capital of Peru?")]}).route_class == "simple"


def test_images_and_text_parts() -> None:
    """Each image part counts, and the text parts are the ask."""
    found = read({"messages": [user([{"type": "text", "text": "Fix this regex"}, IMAGE, IMAGE])]})

    assert (found.images, found.vision, found.route_class) == (2, True, "code")


@pytest.mark.parametrize("field", ["tools", "functions"])
def test_tools_make_an_agent(field: str) -> None:
    """Whatever the text says; an empty list is no tool."""
    assert read({"prompt": "hi", field: [TOOL]}).route_class == "agent"
    assert not read({"prompt": "hi", field: []}).tools


def test_a_follow_up_has_the_class_of_what_it_follows() -> None:
    """ "yes" alone is small talk; after a question it is that question."""
    talk = [user("Write a Python function that parses dates"), {"role": "assistant", "content": "With a regex?"}, user("yes")]
    found = read({"messages": talk})

    assert (found.route_class, found.follow_up) == ("code", True)
    assert read({"prompt": "yes"}).route_class == "simple"
    assert read({"prompt": "yes"}, previous="reasoning").route_class == "reasoning"


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens", "max_output_tokens"])
def test_the_limit_of_the_answer_by_each_of_its_names(name: str) -> None:
    """What is not a count is no limit."""
    assert read({"prompt": "hi", name: 50}).max_output_tokens == 50
    assert read({"prompt": "hi", name: True}).max_output_tokens is None
    assert read({"prompt": "hi", name: -1}).max_output_tokens is None


@pytest.mark.parametrize(
    ("wanted", "structured"),
    [({"type": "json_schema"}, True), ({"type": "json_object"}, True), ({"type": "text"}, False), ("json", False)],
)
def test_a_schema_is_asked_for_by_the_response_format(wanted: object, structured: bool) -> None:
    """`text` asks for none."""
    assert read({"prompt": "hi", "response_format": wanted}).structured_output is structured


def test_wrong_types_count_as_absent() -> None:
    """Servers ignore what they do not know, and so does this."""
    found = read(
        {"messages": [5, None, {"content": {"a": 1}}, {"role": 3, "content": [1]}], "model": 7, "key": [], "images": "x"}
    )

    assert (found.requested, found.key, found.images) == (None, None, 0)


def test_auto_asks_for_no_model() -> None:
    """And a flag outranks the body."""
    assert read({"prompt": "hi", "model": "auto"}).requested is None
    assert read({"prompt": "hi", "model": "auto"}, model="openai/gpt-4o").requested == "openai/gpt-4o"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Write a polite email declining a meeting", "en"),
        ("Schreibe eine höfliche Absage an einen Bewerber", "de"),
        ("Beweise, dass es unendlich viele Primzahlen gibt", "de"),
        ("Démontre que racine de 2 est irrationnel", "fr"),
        ("Escribe un poema sobre la lluvia", "es"),
        ("git rebase", None),
    ],
)
def test_a_language_is_told_by_its_commonest_words(text: str, language: str | None) -> None:
    """A word that several languages have says less for each."""
    assert language_of(text, "latin") == language


@pytest.mark.parametrize(
    ("script", "text", "language"),
    [
        ("kana", "日本の首都", "ja"),
        ("han", "你好", "zh"),
        ("hangul", "안녕", "ko"),
        ("cyrillic", "Привіт", "uk"),
        ("cyrillic", "Привет", "ru"),
    ],
)
def test_a_language_is_told_by_its_script(script: str, text: str, language: str) -> None:
    """Where the script has one language, or one that stands for most."""
    assert language_of(text, script) == language
