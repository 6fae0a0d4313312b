"""Templates end, whatever stands in them."""

import signal
import time

import pytest
from jinja2 import TemplateError

from jc.evals.templates import TooLong, environment, rendered

ENDLESS = "{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}"


def test_a_loop_in_a_loop_is_ended() -> None:
    """Ten thousand million rounds are stopped when their time is over, and the alarm is as it was before."""
    before, began = signal.getsignal(signal.SIGALRM), time.monotonic()
    with pytest.raises(TooLong, match=r"within 0\.1 s"):
        rendered(environment().from_string(ENDLESS), {}, 0.1)

    assert time.monotonic() - began < 2
    assert signal.getsignal(signal.SIGALRM) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.parametrize(
    "source",
    ["{{ 'x' * 99999999999 }}", "{{ 99999999999 * ['x'] }}", "{{ 9 ** 99999999 }}", "{{ range(999999999) }}", "{{ nmae }}"],
)
def test_what_would_fill_the_memory_is_refused(source: str) -> None:
    """Repeated texts, powers and ranges have an end; a misspelt variable is an error."""
    with pytest.raises((TemplateError, OverflowError)):
        rendered(environment().from_string(source), {})


def test_data_is_only_a_value() -> None:
    """Jinja inside a value is text, not a template."""
    template = environment().from_string("{{ prompt }} {{ 6 * 7 }} {{ '-' * 3 }}")

    assert rendered(template, {"prompt": "{{ 7 * 7 }}"}) == "{{ 7 * 7 }} 42 ---"
