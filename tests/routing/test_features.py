"""What a prompt shows as numbers: bounds, equality over platforms, wrappers taken off."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jc.routing.features import SPACE, WORD_SPACE, extract, folded
from jc.routing.wrappers import bounded, unwrapped


@given(st.text(max_size=3000))
def test_numbers_stay_in_their_spaces(text: str) -> None:
    """Words lie below the word space, marks above it, and equal texts give equal numbers."""
    found = extract(text)

    assert all(0 <= number < WORD_SPACE for number in found.words)
    assert all(WORD_SPACE <= number < SPACE for number in found.marks)
    assert len(found.words) == len(set(found.words))
    assert extract(text) == found


def test_the_hash_is_the_same_everywhere() -> None:
    """Fixed numbers for a fixed text: another platform or Python must give the same, or weights would mean something else."""
    found = extract("Sort a list in Python")

    assert sorted(found.words)[:4] == [4271, 6115, 7556, 36430]
    assert found.tokens == 5


@pytest.mark.parametrize(
    ("text", "core"),
    [
        ("Can you help me with this? Sort a list", "sort a list"),
        ("hi! quick question: sort a list, thanks", "sort a list"),
        ("I'm a bit stuck and could use some help. Sort a list", "sort a list"),
        ('"sort a list"', "sort a list"),
        ("Hola, ¿me puedes ayudar con esto? Sort a list gracias", "sort a list"),
        ("thanks", "thanks"),
        ("hi", "hi"),
        ("question the witness", "question the witness"),
    ],
)
def test_courtesies_are_taken_off_while_something_is_left(text: str, core: str) -> None:
    """Greetings, pleas and thanks go; a message that is nothing else stays."""
    assert unwrapped(folded(text)) == core


def test_of_a_long_text_the_ends_are_looked_at() -> None:
    """2,100 characters at most: an ask stands at either end, the material in the middle."""
    text = "Summarise this:\n" + "filler " * 5000 + "\nin one sentence"
    seen = bounded(text)

    assert len(seen) <= 2101
    assert seen.startswith("Summarise this")
    assert seen.endswith("in one sentence")


def test_of_a_pasted_conversation_the_last_turn_counts() -> None:
    """`User: … Assistant: … User: …` is read as what the user says last; without an answer in it, it is a text like any other."""
    assert bounded("User: a bash script\nAssistant: Sure.\nUser: perfect, thank you") == "perfect, thank you"
    assert bounded("Human: one\nAI: two\nHuman: three\nAI:") == "three"
    assert bounded("Q: what is 2+2?") == "Q: what is 2+2?"
