"""Jinja templates that cannot run away: Jinja's sandbox keeps code out, limits of time and memory keep what is left in bounds.

A template is somebody's file: whatever is wrong with it is a Mistake that knows its line. The time limit is a timer of the
operating system, so it holds in the main thread of Unix systems; the limit of memory is that of the address space and holds on
Linux. Elsewhere what one call could fill without end is refused by its arguments, and a range by the sandbox (100,000).
"""

import re
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.exceptions import SecurityError, TemplateSyntaxError
from jinja2.filters import FILTERS
from jinja2.sandbox import ImmutableSandboxedEnvironment

MOST_SECONDS = 1.0
MOST_REPEATED = 10_000_000
"""The longest text that a template may make, in characters, and the largest width it may ask for."""
MOST_MEMORY = 1 << 29
"""How much the address space may grow while a template is read or rendered, in bytes."""
_WIDE = ("batch", "center", "indent", "round", "slice", "tojson", "truncate", "wordwrap")
_WIDTH = re.compile(r"\d{8,}")
_WRONG = (
    TemplateError, ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, NameError, RuntimeError,
    SyntaxError, SystemError, TypeError, ValueError,
)  # fmt: skip
"""What the expressions of a template can raise: Jinja's own errors, and those of the methods and filters that they call."""


class TooLong(TemplateError):  # noqa: N818  an outcome of a template
    """A template that did not end in time."""


class Mistake(Exception):  # noqa: N818  somebody's, not ours
    """What is wrong with a template, as a sentence; `line` is that of the template, 0 when it is not known."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


class _Bounded(ImmutableSandboxedEnvironment):
    """The sandbox, with an end to repeated texts, to powers, and to texts that are filled up to a width."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.filters = {**FILTERS, **{name: _narrow(FILTERS[name]) for name in _WIDE}, "format": _formatted(FILTERS["format"])}

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" and isinstance(right, int) and right > 1000:
            raise SecurityError(f"a power of {right} is too large")
        if operator == "%" and isinstance(left, str):
            _refuse_widths(left)
        for part, times in ((left, right), (right, left)) if operator == "*" else ():
            if isinstance(times, int) and hasattr(part, "__len__") and len(part) * times > MOST_REPEATED:
                raise SecurityError(f"a text repeated {times} times is too long")
        return super().call_binop(context, operator, left, right)

    def call(self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: PYI063  as Jinja has it
        if isinstance(getattr(__obj, "__self__", None), str):
            _refuse_wide((*args, *kwargs.values()))
        return super().call(__context, __obj, *args, **kwargs)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        found = super().wrap_str_format(value)
        if found is not None:
            _refuse_widths(value.__self__)
        return found


def _narrow(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter whose widths have an end; its first argument (after Jinja's own) is the value, which may be any number."""
    first = 2 if hasattr(function, "jinja_pass_arg") else 1

    @wraps(function)
    def narrow(*args: Any, **kwargs: Any) -> Any:
        _refuse_wide((*args[first:], *kwargs.values()))
        return function(*args, **kwargs)

    return narrow


def _formatted(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def formatted(value: Any, *args: Any, **kwargs: Any) -> Any:
        _refuse_widths(str(value))
        return function(value, *args, **kwargs)

    return formatted


def _refuse_wide(values: tuple[Any, ...]) -> None:
    for value in values:
        if isinstance(value, int) and abs(value) > MOST_REPEATED:
            raise SecurityError(f"{value} is too wide for a text; at most {MOST_REPEATED:,}")


def _refuse_widths(text: str) -> None:
    found = _WIDTH.search(text)
    if found:
        raise SecurityError(f"{found[0][:20]} is too wide for a text; at most {MOST_REPEATED:,}")


def template_of(source: str, **settings: Any) -> Template:
    """The template of a text; Mistake when it is none. A misspelt variable is an error when it is rendered."""
    with _bounded(MOST_SECONDS), _mistakes():
        return _Bounded(undefined=StrictUndefined, autoescape=False, **settings).from_string(source)


def rendered(template: Template, values: Mapping[str, Any], seconds: float = MOST_SECONDS) -> str:
    """The text of a template; Mistake when it cannot be made, takes more than so many seconds, or is too long."""
    parts, length = [], 0
    with _bounded(seconds), _mistakes():
        for part in template.generate(values):
            parts.append(part)
            length += len(part)
            if length > MOST_REPEATED:
                raise SecurityError(f"the text is longer than {MOST_REPEATED:,} characters")
        return "".join(parts)


@contextmanager
def _mistakes() -> Iterator[None]:
    try:
        yield
    except _WRONG as error:
        raise Mistake(_said(error), _line(error)) from error


def _said(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "it would fill the memory"
    if isinstance(error, RecursionError):
        return "it calls itself without an end"
    return str(error).partition("\n")[0] or type(error).__name__


def _line(error: BaseException) -> int:
    """The line of the template: Jinja puts it into the traceback, under a file name of its own."""
    if isinstance(error, TemplateSyntaxError):
        return error.lineno
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


@contextmanager
def _bounded(seconds: float) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with _memory(), _at_most(seconds):
        yield


@contextmanager
def _memory() -> Iterator[None]:
    """The address space may grow by MOST_MEMORY and no more; what asks for more gets a MemoryError."""
    size = Path("/proc/self/statm")
    if not size.exists():
        yield
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    wanted = int(size.read_text("ascii").split()[0]) * resource.getpagesize() + MOST_MEMORY
    least = min(limit for limit in (wanted, *before) if limit != resource.RLIM_INFINITY)
    resource.setrlimit(resource.RLIMIT_AS, (least, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    if not hasattr(signal, "setitimer"):
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
