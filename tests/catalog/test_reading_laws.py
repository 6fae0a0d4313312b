"""Laws of reading: no bytes crash it, and the fast ways say exactly what the slow ones say."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from jc.catalog.conform import misfits
from jc.catalog.documents import document
from jc.catalog.fits import fits
from jc.catalog.folder import find_catalog, read_files
from jc.catalog.layout import read_plain
from jc.catalog.syntax import read
from jc.catalog.text import clean_text
from jc.catalog.tree import Flaw, Map
from tests.catalog.sample import FILES

PIECES = [
    "a", "b", "key", "no", "null", "true", "1", "-1", "2.50", "1e3", ".5", "16:30", "2026-06-30", "https://x.org/a?b#c", "é", "",
    ": ", ":", "- ", "-", "? ", ", ", ",", "[", "]", "{", "}", "\n", "\n  ", "\n    ", "\n- ", "\n  - ", " #c", "#", "&a ", "*a",
    "!!str ", "|\n  x", ">", '"', "'", "'q'", '"q"', "\\", "%", "@", "`", "~", "...", "---", "\t", "  ", "<<", "=",
    "$2", "(", "_", "/",
]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=24).map("".join)
values = st.sampled_from(
    ["x", "1", "2.0", "null", '"q: #"', "'s'", "[a, b]", "[]", "{}", "{a: 1, b: [x, y]}", "{a: {b: c}}", "x # c", "-1", "a:b"]
)
keys = st.sampled_from(["a", "b", "c-d", "e/f", "g.h", "i_j"])


@st.composite
def laid_out(draw: st.DrawFn, depth: int = 0) -> str:
    """Text in, or nearly in, the plain layout."""
    pad = "  " * depth
    lines = []
    for key in draw(st.lists(keys, min_size=1, max_size=3)):
        kind = draw(st.integers(0, 4 if depth < 3 else 1))
        if kind <= 1:
            lines.append(f"{pad}{key}: {draw(values)}")
        elif kind == 2:
            lines.append(f"{pad}{key}:\n{draw(laid_out(depth + 1))}")
        elif kind == 3:
            items = draw(st.lists(values, min_size=1, max_size=2))
            lines.append(f"{pad}{key}:\n" + "\n".join(f"{pad}{draw(st.sampled_from(['', '  ']))}- {item}" for item in items))
        else:
            body = draw(laid_out(depth + 2))
            lines.append(f"{pad}{key}:\n{pad}  - {body.lstrip()}")
        if draw(st.booleans()):
            lines.append(draw(st.sampled_from(["", "# note", f"{pad}  # deeper", "   "])))
    return "\n".join(lines)


def same(left: Any, right: Any) -> bool:
    """Equal trees: values, their types and digits, the order of keys, and where mappings begin."""
    if type(left) is not type(right):
        return False
    if type(left) is Map:
        placed = (left.line, left.column) == (right.line, right.column)
        return placed and list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if type(left) is list:
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right) and str(left) == str(right)


def agree(text: str) -> None:
    """When the fast reader reads a text, the strict one finds no flaw in it and the same tree."""
    found: list[Flaw] = []
    cleaned = clean_text(text.encode("utf-8", "surrogatepass"), found)
    if cleaned is None or found:
        return
    fast = read_plain(cleaned)
    if fast is not None:
        strict = read(text.encode())
        assert strict.flaws == [], text
        assert same(fast, strict.tree), text


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader(raw: bytes) -> None:
    """Any bytes give a tree or flaws."""
    reading = read(raw)

    assert reading.complete or reading.flaws


@settings(max_examples=300)
@given(texts)
def test_no_text_crashes_it_and_both_readers_agree(text: str) -> None:
    """Any heap of YAML's signs gives a tree or flaws, and the fast reader never reads what the strict one refuses."""
    reading = read(text.encode())

    assert reading.complete or reading.flaws
    agree(text)


@settings(max_examples=300)
@given(laid_out())
@example("a:\n- x\nb: 1")
@example("a:\n  - b: 1\n    c: 2\n  - b: 3")
@example("a: x\n b: y")
def test_the_fast_reader_agrees_on_plain_layouts(text: str) -> None:
    """Over texts that look like catalogs, the two readers make one tree."""
    agree(text)


def _lines() -> list[tuple[str, str]]:
    return [(rel, text) for rel, text in FILES.items()]


@settings(max_examples=300)
@given(st.sampled_from(_lines()), st.data())
def test_the_fast_reader_agrees_on_mutated_catalogs(file: tuple[str, str], data: st.DataObject) -> None:
    """Cut, doubled, swapped and spoilt pieces of real files: still one tree."""
    text = file[1]
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        end = min(len(text), at + data.draw(st.integers(0, 12)))
        text = text[:at] + data.draw(st.sampled_from(PIECES)) + text[end:]
    agree(text)


def test_the_fast_reader_reads_the_shipped_catalog() -> None:
    """Nearly all shipped files are in the plain layout, and both readers make the same trees of them."""
    fast = 0
    for _, raw in read_files(find_catalog()):
        assert isinstance(raw, bytes)
        fast += read_plain(raw.decode()) is not None
        agree(raw.decode())

    assert fast > 30


TREES = {rel: document("", rel, text.encode()) for rel, text in FILES.items()}
junk: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        0,
        1,
        -3,
        Decimal("2.50"),
        "",
        "x",
        "any",
        "off",
        "confirmed",
        "2026-06-30",
        "01:00-02:00",
        [],
        ["text"],
        [1],
        Map(),
    ]
)


def _spots(node: Any) -> list[tuple[Any, Any]]:
    """Every container with every key or index in it."""
    items = list(node.items()) if isinstance(node, dict) else list(enumerate(node)) if isinstance(node, list) else []
    return [spot for key, child in items for spot in ((node, key), *_spots(child))]


def _copy(node: Any) -> Any:
    if type(node) is Map:
        out = Map((key, _copy(value)) for key, value in node.items())
        out.line = out.column = 1
        return out
    return [_copy(item) for item in node] if isinstance(node, list) else node


@settings(max_examples=400)
@given(st.sampled_from(sorted(TREES)), st.data())
def test_the_compiled_test_and_the_schema_library_agree(rel: str, data: st.DataObject) -> None:
    """A tree fits by the compiled test exactly when pydantic finds nothing wrong with it."""
    kind = TREES[rel].kind
    assert kind is not None
    tree = _copy(TREES[rel].tree)
    for _ in range(data.draw(st.integers(0, 2))):
        container, key = data.draw(st.sampled_from(_spots(tree)))
        change = data.draw(st.sampled_from(["set", "drop", "add"]))
        assume(key in container if isinstance(container, dict) else key < len(container))
        if change == "set":
            container[key] = _copy(data.draw(junk))
        elif change == "drop":
            del container[key]
        elif isinstance(container, dict):
            container[data.draw(st.sampled_from(["note", "extra", "source"]))] = _copy(data.draw(junk))

    assert fits(kind, tree) == (misfits(kind, tree) == [])


@pytest.mark.parametrize("spoil", [lambda tree: None, lambda tree: [tree], lambda tree: "text"])
def test_a_file_that_is_no_mapping_fits_nothing(spoil: Callable[[Any], Any]) -> None:
    """The root of every file is a mapping."""
    assert not fits("offers", spoil(TREES["offers/acme.yaml"].tree))
    assert misfits("offers", spoil(TREES["offers/acme.yaml"].tree))
