"""Laws of reading verdicts: no text crashes it, and no text without the nonce is a verdict."""

from hypothesis import given
from hypothesis import strategies as st

from jc.evals.verdict import MENU, read_rating, read_verdict

NONCE = "a1b2c3d4"


@given(st.text())
def test_no_text_without_the_nonce_is_a_verdict(text: str) -> None:
    """Whatever a candidate makes a judge quote, it decides nothing unless it is JSON by the judge itself."""
    ruling = read_verdict("x" + text.replace(NONCE, ""), NONCE)

    assert ruling.verdict is None


@given(st.text(), st.sampled_from(MENU))
def test_any_reasons_leave_the_verdict_readable(text: str, verdict: str) -> None:
    """Reasons of any kind before an empty line do not hide the verdict."""
    calm = text.replace("think", "").replace("`", "").replace("VERDICT", "")
    ruling = read_verdict(f"Reasons: {calm}\n\nVERDICT-{NONCE}: {verdict}", NONCE)

    assert ruling.verdict == verdict


@given(st.text())
def test_ratings_never_crash_and_stay_on_the_scale(text: str) -> None:
    """A rating is on the scale or None."""
    rating = read_rating(f"RATING-{NONCE}: {text}", NONCE, 1, 10).rating

    assert rating is None or 1 <= rating <= 10
