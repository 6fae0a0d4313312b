"""Every example sentence of the source documents goes to its class; each id names document and line."""

import pytest

from jc.routing.classes import ROUTE_CLASSES
from jc.routing.classify import classifier, classify
from jc.routing.incoming import Flags, request_of

SENTENCES = [
    ("001:464", "what’s the weather?", "simple"),
    ("001:653a", "What are your business hours?", "simple"),
    ("001:653b", "How do I reset my password?", "simple"),
    ("001:654", "I was charged twice for order #12345, can you investigate?", "general"),
    ("001:655", "Your API returns 500 when I send multipart form data with UTF-8 filenames", "code"),
    ("001:136", "add authentication to an Express API", "code"),
    ("004:12", "Explain quantum computing", "general"),
    ("004:21", "Help me optimize this code", "code"),
    ("004:37", "What day is it today?", "simple"),
    ("004:43", "Analyze market trends", "general"),
    ("routing.md:4", "Prove that sqrt(2) is irrational", "reasoning"),
    ("cli.md:181", "Summarise this contract in five bullet points", "general"),
]


@pytest.mark.parametrize(("prompt", "wanted"), [row[1:] for row in SENTENCES], ids=[row[0] for row in SENTENCES])
def test_a_sentence_of_the_documents_goes_to_its_class(prompt: str, wanted: str) -> None:
    """The guide's support examples (SUPPORT_ROUTES, lines 653-665), the preferences page's calls, the contract's own."""
    found = classify(prompt)

    assert found.route_class == wanted
    assert not found.abstained


@pytest.mark.parametrize("session", ROUTE_CLASSES)
@pytest.mark.parametrize("prompt", ["yes", "commit it", "go ahead", "the second one", "ja, mach das"])
def test_a_follow_up_keeps_the_class_of_its_session(prompt: str, session: str) -> None:
    """ "yes" and "commit it" say nothing by themselves: with `--previous CLASS` the session's class counts."""
    request = request_of({"prompt": prompt}, Flags(previous=session), classifier())

    assert (request.route_class, request.abstained) == (session, False)


def test_a_new_ask_does_not_keep_the_class_of_the_session() -> None:
    """`--previous` only counts for follow-ups."""
    request = request_of({"prompt": "Prove that sqrt(2) is irrational"}, Flags(previous="simple"), classifier())

    assert request.route_class == "reasoning"


def test_only_the_ask_of_a_person_is_classified() -> None:
    """System prompts, tool results, a harness's blocks and the earlier turns of a pasted conversation do not count."""
    ask = "Write a haiku about rain"
    noise = "<system-reminder>Fix the failing Python tests and run git commit</system-reminder>"
    messages = [
        {"role": "system", "content": "You solve equations and prove theorems."},
        {"role": "tool", "content": "Traceback (most recent call last): KeyError"},
        {"role": "user", "content": f"{noise}\n{ask}"},
    ]
    pasted = f"User: prove that 7 is prime\nAssistant: It has no divisor but 1 and 7.\nUser: {ask}"

    assert request_of({"messages": messages}, Flags(), classifier()).route_class == "general"
    assert classify(pasted).route_class == "general"
    assert classify(pasted).probabilities == pytest.approx(classify(ask).probabilities)
