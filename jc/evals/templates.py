"""Jinja templates that cannot run away: Jinja's sandbox keeps code out, and a time limit ends loops that would never end.

The limit is a timer of the operating system, so it holds in the main thread of Unix systems; elsewhere the sandbox's own limit of
a range (100,000) is all there is.
"""

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

MOST_SECONDS = 1.0
MOST_REPEATED = 10_000_000
"""The longest text that `"x" * n` may make, in characters."""


class TooLong(TemplateError):  # noqa: N818  an outcome of a template
    """A template that did not end in time."""


class _Bounded(ImmutableSandboxedEnvironment):
    """The sandbox, with an end to repeated texts and to powers."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" and isinstance(right, int) and right > 1000:
            raise SecurityError(f"a power of {right} is too large")
        for part, times in ((left, right), (right, left)):
            if isinstance(times, int) and hasattr(part, "__len__") and len(part) * times > MOST_REPEATED:
                raise SecurityError(f"a text repeated {times} times is too long")
        return super().call_binop(context, operator, left, right)


def environment(**settings: Any) -> ImmutableSandboxedEnvironment:
    """A sandbox in which a misspelt variable is an error."""
    return _Bounded(undefined=StrictUndefined, autoescape=False, **settings)


def rendered(template: Template, values: Mapping[str, Any], seconds: float = MOST_SECONDS) -> str:
    """The text of a template; TooLong (a TemplateError) when it takes more than so many seconds."""
    with _at_most(seconds):
        return template.render(values)


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(_signal: int, _frame: FrameType | None) -> None:
        raise TooLong(f"the template did not end within {seconds:g} s; is there a loop in a loop?")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
