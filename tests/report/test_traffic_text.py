"""The profile of a log as a terminal shows it."""

from jc.report.traffic import profile_document
from tests.fakes.profile import sample_profile


def test_one_of_a_kind_is_told_in_the_singular() -> None:
    """One model, one session: nouns follow their number."""
    found = sample_profile()
    found["distinct"] = {"model": 1, "key": 9, "route_class": 1}
    found["sessions"] |= {"sessions": 1}
    text = profile_document("traffic.jsonl", found).text or ""

    assert "\n1 model, 9 keys, 1 class\n" in text
    assert "\n1 session of " in text
