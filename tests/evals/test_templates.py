"""Templates end, whatever stands in them."""

import signal
import time

import pytest

from jc.evals.templates import Mistake, rendered, template_of

ENDLESS = "{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}"


def test_a_loop_in_a_loop_is_ended() -> None:
    """Ten thousand million rounds are stopped when their time is over, and the alarm is as it was before."""
    before, began = signal.getsignal(signal.SIGALRM), time.monotonic()
    with pytest.raises(Mistake, match=r"within 0\.1 s"):
        rendered(template_of(ENDLESS), {}, 0.1)

    assert time.monotonic() - began < 2
    assert signal.getsignal(signal.SIGALRM) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.parametrize(
    "source",
    [
        "{{ question|center(10**9) }}",
        "{{ question|center(1000000000) }}",
        "{{ question.ljust(10**9) }}",
        "{{ question.zfill(width) }}",
        "{{ question|indent(10**9, true) }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%1000000000d'|format(1) }}",
        "{{ '{:1000000000}'.format(1) }}",
        "{{ [question]|tojson(indent=10**9) }}",
        "{{ ('x' * 10**6)|replace('x', 'y' * 10**6) }}",
        "{{ ('x' * 10**6).replace('x', 'y' * 10**6) }}",
        "{{ ('x' * 10**6).join('y' * 10**6) }}",
        "{% for i in range(99999) %}{{ 'x' * 10**6 }}{% endfor %}",
        "{{ 'x' * 99999999999 }}",
        "{{ 99999999999 * ['x'] }}",
        "{{ 9 ** 99999999 }}",
        "{{ range(999999999) }}",
        "{{ nmae }}",
    ],
)
def test_what_would_fill_the_memory_is_refused(source: str) -> None:
    """Repeated texts, powers and ranges have an end; a misspelt variable is an error."""
    began = time.monotonic()
    with pytest.raises(Mistake):
        rendered(template_of(source), {"question": "q", "width": 10**9})
    assert time.monotonic() - began < 1


WRONG = [
    "{{ 1/0 }}", "{% for i in range(200000) %}{% endfor %}", "{% include 'x' %}", "{{ '%d'|format(question) }}",
    "{{ question|round }}", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{{ question.encode('zz') }}",
    "{{ [1,2]|sum(start='a') }}", "{{ {1:2}|xmlattr }}", "{{ question|truncate(-5,True,'aaaaaaa') }}", "{{ nmae }}", "{% for %}",
    "{{ [].pop() }}", "{{ question.__class__ }}", "{{ question|nofilter }}", "{{ question[1].x }}",
]  # fmt: skip


@pytest.mark.parametrize("source", WRONG)
def test_whatever_a_template_raises_is_its_mistake_with_its_line(source: str) -> None:
    """No error of an expression gets out as it is; the line is that of the template."""
    with pytest.raises(Mistake) as caught:
        rendered(template_of(f"one\ntwo {source}\n"), {"question": "Why?"})

    assert caught.value.line == 2
    assert str(caught.value)


def test_data_is_only_a_value() -> None:
    """Jinja inside a value is text, not a template."""
    template = template_of("{{ prompt }} {{ 6 * 7 }} {{ '-' * 3 }}")

    assert rendered(template, {"prompt": "{{ 7 * 7 }}"}) == "{{ 7 * 7 }} 42 ---"
