"""Whatever a model writes comes out of a page as the text that it was."""

import json
import re
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from jc.report.html import Page, Prose, Section, ShownAnswer, ShownCase, data_block, render_page
from jc.sanitise import plain

HOSTILE = st.sampled_from(
    ["</pre>", "<script>", "</script>", "&lt;", "&#60;", "'\"", "{{ x }}", "{% raw %}", "<!--", "]]>", "\\u003c"]
)
TEXTS = st.lists(st.one_of(HOSTILE, st.text(max_size=20)), max_size=6).map("".join)


class Texts(HTMLParser):
    """The tags of a page in order, and the text of its `pre` elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.pres: list[str] = []
        self._inside = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._inside = tag == "pre"
        if self._inside:
            self.pres.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.pres[-1] += data


def page(text: str) -> str:
    """A page with the text wherever a model's text or name can stand."""
    case = ShownCase(text, [text], text, [ShownAnswer(text, text, text, text)])
    return render_page(Page(text, text, [Section(text, [case, Prose([text])])], {"command": text}, lead=[text], notes=[text]))


BARE = Texts(page("x")).tags


@settings(deadline=None)
@given(TEXTS)
def test_a_text_adds_no_element_and_comes_back_whole(text: str) -> None:
    """The page has the same elements as with a harmless text, and the answer reads as it was sanitised."""
    if not text:
        return
    found = Texts(page(text))

    assert [tag for tag in found.tags if tag != "p"] == [tag for tag in BARE if tag != "p"]
    assert [pre.removeprefix("\n") for pre in found.pres] == [plain(text)] * 2


LEAVES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=8)


@settings(deadline=None)
@given(VALUES)
def test_a_data_block_reads_back_and_holds_no_markup(value: object) -> None:
    """JSON of any value has no character that HTML gives a meaning to, and reads back with its controls shown."""
    text = str(data_block(value))

    assert re.search(r"[<>&\x7f-\U0010ffff]", text) is None
    assert json.loads(text) == shown(value)


def shown(value: object) -> object:
    """The value as a data block tells it."""
    if isinstance(value, dict):
        return {name: shown(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shown(inner) for inner in value]
    return plain(value, keep_newlines=False) if isinstance(value, str) else value
