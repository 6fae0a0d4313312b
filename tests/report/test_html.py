"""The page engine: complete in itself, a policy of hashes, text that stays text."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import jc
from jc.report.chart_parts import Axis, Bar, Chart
from jc.report.charts import bars
from jc.report.html import (
    SCRIPTS,
    Block,
    Folded,
    Grid,
    Listing,
    Page,
    Prose,
    Section,
    ShownAnswer,
    ShownCase,
    ShownGame,
    cut,
    data_block,
    render_page,
    without_credentials,
)
from jc.report.table import Column, Table

TABLE = Table((Column("Name"), Column("USD", "right")), [["a <b>", "$1"], ["c & d", "$2"]], "What they cost")


class Reader(HTMLParser):
    """What a browser would find: tags with attributes, scripts, styles, text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.texts: list[str] = []
        self._open = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = tag if tag in self.raw else ""
        if self._open:
            self.raw[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open:
            self.raw[self._open][-1] += data
        else:
            self.texts.append(data)


def chart() -> Chart:
    """A small chart."""
    spec = bars([Bar("x", "x", 1.0, "1"), Bar("y", "y", 2.0, "2")], Axis("things", "~r"))
    return Chart("Things", "How many.", spec, TABLE)


def page(**more: object) -> str:
    """A page with one of each block."""
    case = ShownCase(
        "case <1>", ["orders disagree"], "What is 2 < 3?", [ShownAnswer("a", "score 50%", "\nyes & no", "because", 3)],
        [ShownGame("tie", "A was a, B was b", "both fine")],
    )  # fmt: skip
    blocks: list[Block] = [
        Prose(["A sentence."]),
        Listing(["one", "two"]),
        Grid(TABLE, {"a <b>": 2}),
        chart(),
        Folded("more", [chart()]),
        case,
    ]
    fields: dict[str, object] = {
        "kind": "Test", "title": "It <works>", "sections": [Section("First", blocks)],
        "reproduce": {"command": "jc test --x '<y>'", "seed": 0, "none": None}, **more,
    }  # fmt: skip
    return render_page(Page(**fields))  # type: ignore[arg-type]


def policy_of(reader: Reader) -> dict[str, list[str]]:
    """The policy's directives."""
    content = next(attrs["content"] for tag, attrs in reader.tags if attrs.get("http-equiv") == "Content-Security-Policy")
    return {name: values for name, *values in (part.split() for part in str(content).split(";"))}


def hashed(text: str) -> str:
    """How a policy names a text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_policy_names_exactly_the_scripts_and_styles_of_the_page() -> None:
    """Every executable script and the style sheet stand in the policy by their hash, and nothing else is allowed."""
    reader = Reader(page())
    kinds = [attrs.get("type") for tag, attrs in reader.tags if tag == "script"]
    run = [text for text, kind in zip(reader.raw["script"], kinds, strict=True) if kind is None]
    policy = policy_of(reader)

    assert len(run) == len(SCRIPTS)
    assert policy["script-src"] == [hashed(text) for text in run]
    assert policy["style-src"] == [hashed(text) for text in reader.raw["style"]]
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == ["'none'"]
    assert policy["img-src"] == ["data:"]
    assert set(policy) == {"default-src", "script-src", "style-src", "img-src", "base-uri", "form-action"}
    assert "unsafe" not in json.dumps(policy)


def test_the_policy_stands_before_everything_it_governs() -> None:
    """No script or style comes before the policy, and only the character set comes before it in the head."""
    tags = [(tag, attrs) for tag, attrs in Reader(page()).tags if tag in {"meta", "script", "style", "link"}]

    assert [sorted(attrs) for _, attrs in tags[:2]] == [["charset"], ["content", "http-equiv"]]


def test_a_page_without_charts_has_no_script() -> None:
    """Only a page that draws carries the bundles; the policy then forbids every script."""
    reader = Reader(page(sections=[Section("Only text", [Prose(["Nothing to draw."])])]))

    assert reader.raw["script"] == []
    assert policy_of(reader)["script-src"] == ["'none'"]
    assert len(page(sections=[])) < 20_000


def test_nothing_points_outside() -> None:
    """No attribute of any element names another document: no src, and links go to places in the page."""
    for tag, attrs in Reader(page()).tags:
        assert not {"src", "srcset", "srcdoc", "action", "poster", "background", "ping", "style"} & set(attrs), tag
        assert not [name for name in attrs if name.startswith("on")]
        if "href" in attrs:
            assert str(attrs["href"]).startswith("#") or attrs["href"] == "data:,"


def test_every_chart_has_a_table_and_a_description() -> None:
    """Beside each chart stands the table of its figures, and the chart itself has words for those who cannot see it."""
    text = page()
    reader = Reader(text)
    charts = [attrs for tag, attrs in reader.tags if "chart" in str(attrs.get("class", "")).split()]

    assert len(charts) == 2
    assert all(attrs["aria-label"] == "Things. How many." for attrs in charts)
    assert len(re.findall(r"<figure>.*?<details>.*?<table>.*?</figure>", text, re.DOTALL)) == len(charts)
    blocks = [attrs["data-chart"] for tag, attrs in reader.tags if tag == "script" and "data-chart" in attrs]
    assert blocks == [attrs["id"] for attrs in charts]
    assert len(set(blocks)) == 2


def test_text_is_escaped_and_control_characters_are_shown() -> None:
    """Markup in a title, cell or answer is text, and an escape character is told instead of sent."""
    text = page(title="\x1b[31m<i>red</i> \u202eevil", notes=["<script>alert(1)</script>"])

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "\\x1b[31m&lt;i&gt;red&lt;/i&gt; \\u202eevil" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "<i>" not in text


def test_an_answer_keeps_its_first_line_end() -> None:
    """A browser drops the first line end of a `pre`; the template puts one there, so that the answer's own stays."""
    assert "<pre>\n\nyes &amp; no</pre>" in page()


def test_the_footer_says_how_to_reproduce() -> None:
    """Command, seed and version stand at the end; what is unknown is left out."""
    footer = page().split("<footer")[1]

    assert "<code>jc test --x &#39;&lt;y&gt;&#39;</code>" in footer
    assert f"<dt>jc</dt><dd>{jc.__version__}</dd>" in footer
    assert "<dt>seed</dt><dd>0</dd>" in footer
    assert "none" not in footer.split("</dl>")[0]


def test_a_data_block_cannot_be_ended_by_its_data() -> None:
    """The characters that could end or open markup are escapes, non-ASCII too, and JSON reads the same value back."""
    value = {"name": "</script><!--<script>", "amp": "a & b", "line": "\u2028\u2029", "odd": "\ud800"}
    text = str(data_block(value))

    assert text.isascii()
    assert not set("<>&") & set(text)
    assert json.loads(text) == {**value, "odd": "\\ud800"}


def test_a_data_block_has_no_number_that_json_lacks() -> None:
    """NaN and infinity become null."""
    assert str(data_block([float("nan"), float("inf"), 1.5])) == "[null,null,1.5]"


def test_a_long_text_is_cut_with_a_word_about_it() -> None:
    """What is left out is counted; Windows line ends become plain ones."""
    assert cut("a\r\nb", 10) == "a\nb"
    assert cut("x" * 12, 10) == "x" * 10 + "\n… 2 more characters"
    assert cut("x" * 10, 10) == "x" * 10


def test_addresses_lose_their_credentials() -> None:
    """User, password and query go; host, port and path stay; other text stays as it is."""
    assert without_credentials("https://a:b@c.example:1/v1?x=y#z") == "https://c.example:1/v1"
    assert without_credentials("openai/gpt-4o@eu?") == "openai/gpt-4o@eu?"


def test_the_footer_never_tells_credentials() -> None:
    """An address in a command line may carry a password or a token; the page does not."""
    footer = page(reproduce={"command": "jc traffic profile 'https://me:sesame@host.example/log.jsonl?token=sesame' -q"})

    assert "sesame" not in footer
    assert "jc traffic profile &#39;https://host.example/log.jsonl&#39; -q" in footer
