"""One self-contained HTML file per report: no request to the network, no script but ours, nothing of a model's text acts.

The page's policy allows exactly the scripts and the style sheet that stand in it, by their sha256. Text goes through Jinja's
autoescape and `jc.sanitise`; the numbers and labels of a chart stand in a data block that no browser runs, with every character
escaped that could end it. Why it is built so: docs/decisions/0008.
"""

import base64
import functools
import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import jc
from jc.report.chart_parts import Chart
from jc.report.table import Table
from jc.sanitise import plain

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_HERE = Path(__file__).parent
SCRIPTS = ("vega.min.js", "vega-lite.min.js", "vega-embed.min.js", "page.js")
DRAWN_BY = "Vega 6.4.0, Vega-Lite 6.5.0 and vega-embed 7.3.0 (© University of Washington Interactive Data Lab, BSD-3-Clause)"


@dataclass(frozen=True, slots=True)
class Prose:
    """Paragraphs; muted ones are remarks."""

    block: ClassVar[str] = "prose"
    lines: Sequence[str]
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of sentences."""

    block: ClassVar[str] = "listing"
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Terminal:
    """A command and what it showed, as on a terminal."""

    block: ClassVar[str] = "terminal"
    command: str
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; first cells that are in `swatches` get that colour (1 to 8) in front of them."""

    block: ClassVar[str] = "grid"
    table: Table
    swatches: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """One answer in a case; `text` is None when there was none."""

    candidate: str
    facts: str
    text: str | None
    reason: str | None = None
    color: int = 0


@dataclass(frozen=True, slots=True)
class ShownGame:
    """One look of a judge at two answers: its verdict, who stood where before whom, and why."""

    verdict: str
    about: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class ShownCase:
    """One prompt with its answers side by side, folded."""

    block: ClassVar[str] = "case"
    title: str
    badges: Sequence[str]
    prompt: str | None
    answers: Sequence[ShownAnswer]
    games: Sequence[ShownGame] = ()


@dataclass(frozen=True, slots=True)
class Folded:
    """Blocks behind a line that opens them."""

    block: ClassVar[str] = "folded"
    summary: str
    blocks: Sequence["Block"]


Block = Prose | Listing | Terminal | Grid | Chart | ShownCase | Folded


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it."""

    heading: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Page:
    """A report: `title` is the conclusion as a sentence, `reproduce` says how to get it again (command, versions, hashes …)."""

    kind: str
    title: str
    sections: Sequence[Section]
    reproduce: Mapping[str, object]
    lead: Sequence[str] = ()
    notes: Sequence[str] = ()


def render_page(page: Page) -> str:
    """The page as HTML text, complete in itself."""
    from markupsafe import Markup

    drawn = any(_has_chart(section.blocks) for section in page.sections)
    scripts = [_static(name) for name in SCRIPTS] if drawn else []
    style = _static("page.css")
    facts = {"jc": jc.__version__, **page.reproduce}
    return _environment().get_template("page.html").render(
        page=page,
        policy=policy(scripts, [style]),
        style=Markup(style),  # noqa: S704  our own file
        scripts=[Markup(script) for script in scripts],  # noqa: S704  our own and the vendored files
        reproduce=[(name, without_credentials(str(value))) for name, value in facts.items() if value not in (None, "")],
        drawn_by=DRAWN_BY,
        version=jc.__version__,
    )  # fmt: skip


def policy(scripts: Sequence[str], styles: Sequence[str]) -> str:
    """The Content-Security-Policy that lets exactly these texts run and apply, and nothing load."""
    allowed = {"script-src": scripts, "style-src": styles}
    parts = ["default-src 'none'"]
    parts += [
        f"{name} {' '.join(_hash(text) for text in texts) or chr(39) + 'none' + chr(39)}" for name, texts in allowed.items()
    ]
    return "; ".join([*parts, "img-src data:", "base-uri 'none'", "form-action 'none'"])


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def data_block(value: object) -> "Markup":
    """JSON for a data block: ASCII only, with `<`, `>` and `&` as escapes, so that no text can end the block."""
    from markupsafe import Markup

    text = json.dumps(_finite(value), allow_nan=False, separators=(",", ":"))
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704  escaped right here


def _finite(value: object) -> object:
    """The value with Decimal as float and what is no finite number as null; text without control characters."""
    if isinstance(value, Mapping):
        return {str(name): _finite(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(inner) for inner in value]
    if isinstance(value, (float, Decimal)):
        number = float(value)
        return number if math.isfinite(number) else None
    return plain(value, keep_newlines=False) if isinstance(value, str) else value


def without_credentials(text: str) -> str:
    """The text with user names, passwords and queries taken out of the addresses in it."""
    return re.sub(r"(\w://)(?:[^/@\s'\"]*@)?([^\s?#'\"]*)[^\s;'\"]*", r"\1\2", text)


def cut(text: str, limit: int) -> str:
    """The text with one kind of line end, at most `limit` characters, and a line that says how many are left out."""
    head = text[: limit + 1].replace("\r\n", "\n")[:limit]
    left = len(text) - limit
    return f"{head}\n… {left:,} more characters" if left > 0 else head


def _has_chart(blocks: Sequence[Block]) -> bool:
    return any(isinstance(one, Chart) or (isinstance(one, Folded) and _has_chart(one.blocks)) for one in blocks)


@functools.cache
def _static(name: str) -> str:
    return (_HERE / "static" / name).read_text("utf-8")


@functools.cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters["data"] = data_block
    return environment


def _shown(value: Any) -> Any:
    """Control characters of plain text are shown, not sent; markup made by the templates passes as it is."""
    return plain(value) if type(value) is str else value
