"""The pages in a real headless Chromium: they draw, they ask nobody, and nothing that a model wrote does anything."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jc.catalog.compare import compare
from jc.catalog.load import load_catalog
from jc.catalog.names import resolve_all
from jc.report.compare_html import compare_page
from jc.report.evals_html import evals_page
from jc.report.simulation_html import simulation_page
from jc.report.traffic_html import traffic_page
from tests.fakes.browser import Browser, Tab, find_chromium
from tests.fakes.eval_run import SampleRun, sample_run
from tests.fakes.profile import sample_profile
from tests.fakes.simulation import sample_simulation

HOSTILE = (
    '<script>window.pwned=1;alert(1)</script></script></textarea></title></style><img src=x onerror="window.pwned=1;alert(2)">'
    '<svg onload=alert(3)><a href="javascript:window.pwned=1">click</a>'
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>"
    '<form action=http://example.com><meta http-equiv=refresh content="0;url=http://example.com"><base href=http://example.com>'
    "\x1b]52;c;cHduZWQ=\x07\x1b[31mred\u202e {{ 7 * 7 }} {% raw %} ]]> --> '\" onmouseover=alert(4)"
    " \\u003c \ud800 \x00 =HYPERLINK(1)"
)
# What acts by itself; each chart has an empty form of Vega's for inputs that no specification of ours asks for.
ACTING = "img, iframe, form:not(.vega-bindings), input, base, object, embed, [onload], [onerror], [onmouseover]"
REPRODUCE = {"command": "jc evals run -c a,b", "seed": 0}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One Chromium for the module; without one the tests are skipped, unless JC_REQUIRE_BROWSER asks for it."""
    program = find_chromium()
    if program is None:
        if os.environ.get("JC_REQUIRE_BROWSER"):
            pytest.fail("JC_REQUIRE_BROWSER is set, but no Chromium was found on PATH")
        pytest.skip("no Chromium on PATH (Debian: apt-get install chromium); JC_REQUIRE_BROWSER=1 makes this a failure")
    found = Browser(program, tmp_path_factory.mktemp("chromium"))
    yield found
    found.close()


def page_of(run: SampleRun) -> str:
    """The page of a made-up run."""
    return evals_page(run.summary, iter(run.answers), iter(run.games), REPRODUCE, run.prompts)


def comparison() -> str:
    """The page of three models of the shipped catalog."""
    catalog, names = load_catalog(), ["openai/gpt-4o-mini", "google/gemini-2.5-pro", "deepseek/deepseek-v4-flash"]
    metrics = compare(catalog, resolve_all(catalog, names), datetime(2026, 7, 15, tzinfo=UTC))
    return compare_page({"models": names, "metrics": [asdict(metric) for metric in metrics]}, REPRODUCE)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every kind of page as a file."""
    folder = tmp_path_factory.mktemp("pages")
    texts = {
        "evals": page_of(sample_run()),
        "simulation": simulation_page(sample_simulation(), REPRODUCE),
        "compare": comparison(),
        "traffic": traffic_page(sample_profile(), REPRODUCE),
    }
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, "utf-8")
    return {name: folder / f"{name}.html" for name in texts}


def saved(folder: Path, text: str) -> Path:
    """The text as a page, as the command line writes it."""
    path = folder / "page.html"
    path.write_text(text, "utf-8", "backslashreplace")
    return path


# Texts of charts that stand outside of their place, where they would be cut off.
CUT_OFF = """[...document.querySelectorAll('.chart')].flatMap(chart => {
  const place = chart.getBoundingClientRect();
  return [...chart.querySelectorAll('svg text')].filter(text => {
    const box = text.getBoundingClientRect();
    const across = box.left < place.left - 1 || box.right > place.right + 1;
    return box.width && (across || box.top < place.top - 1 || box.bottom > place.bottom + 1);
  }).map(text => text.textContent);
})"""


def assert_quiet(tab: Tab, path: Path) -> None:
    """The page drew all its charts, complained about nothing, and asked for nothing but itself."""
    assert tab.console == []
    assert tab.requests == [path.as_uri()]
    assert tab.dialogs == []
    states = tab.run(
        "[...document.querySelectorAll('.chart')].map(c => [c.dataset.state, c.querySelectorAll('svg path').length > 3])"
    )
    assert states
    assert all(state == ["drawn", True] for state in states)


@pytest.mark.parametrize("kind", ["evals", "simulation", "compare", "traffic"])
@pytest.mark.parametrize(("width", "dark"), [(1100, False), (1100, True), (400, False)])
def test_pages_draw_without_a_word_and_without_a_request(
    browser: Browser, pages: dict[str, Path], kind: str, width: int, dark: bool
) -> None:
    """Light, dark and at 400 px each page draws its charts, logs nothing, loads nothing and is no wider than the window."""
    with browser.tab() as tab:
        tab.look(width=width, dark=dark)
        tab.open(pages[kind])

        assert_quiet(tab, pages[kind])
        assert tab.run("document.documentElement.scrollWidth") <= width
        assert tab.run(CUT_OFF) == []
        lightness = tab.run("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number).reduce((a, b) => a + b)")
        assert (lightness < 200) == dark
        assert tab.run("document.querySelectorAll('.chart').length === document.querySelectorAll('figure details table').length")


def test_a_page_follows_its_window(browser: Browser, pages: dict[str, Path]) -> None:
    """Made narrow and wide again, charts are drawn anew in their place with legends that fit."""
    with browser.tab() as tab:
        tab.look(width=1100)
        tab.open(pages["simulation"])
        for width in (400, 1100):
            tab.look(width=width)
            drawn = f"Number(svg.getAttribute('width')) <= {width} && svg.clientWidth > {width} / 2"
            tab.wait_for(f"[...document.querySelectorAll('.chart svg')].every(svg => {drawn}) && {CUT_OFF}.length === 0")

            assert_quiet(tab, pages["simulation"])


def test_a_hostile_answer_does_nothing(browser: Browser, tmp_path: Path) -> None:
    """Scripts, handlers, links, frames and escapes in names, prompts, answers and reasons stay text; no element comes of them."""
    skills = {f"evil/{HOSTILE}": 1.0, "</script><script>window.pwned=1</script>": 0.5, "a": 0.2}
    calm = sample_run(skills={"b/one": 1.0, "b/two": 0.5, "b/three": 0.2})
    evil = sample_run(skills=skills, texts=dict.fromkeys(skills, HOSTILE), reason=HOSTILE, judges=(HOSTILE, "j"))
    evil.prompts.update(dict.fromkeys(evil.prompts, HOSTILE))
    evil.summary["evalset"]["name"] = evil.summary["run_id"] = HOSTILE
    elements = "[...document.querySelectorAll('*')].map(e => e.localName)"
    counts = []
    for run in (calm, evil):
        path = saved(tmp_path, page_of(run))
        with browser.tab() as tab:
            tab.look()
            tab.open(path)
            tab.run("document.querySelectorAll('details').forEach(d => d.open = true)")
            tab.run("document.querySelectorAll('pre, h3, li, td, .chart text').forEach(e => { e.click && e.click() })")

            assert_quiet(tab, path)
            assert tab.run("typeof window.pwned") == "undefined"
            assert tab.run(f"document.querySelectorAll('{ACTING}').length") == 0
            assert tab.run("[...document.querySelectorAll('a')].every(a => a.getAttribute('href').startsWith('#'))")
            counts.append({name: tab.run(elements).count(name) for name in ("script", "style", "meta", "title", "pre", "link")})
            if run is evil:
                shown = tab.run("[...document.querySelectorAll('.answers pre')].map(p => p.textContent)")
                assert all("<script>window.pwned=1;alert(1)</script></script></textarea>" in text for text in shown)

    assert counts[0] == counts[1]


def test_the_policy_holds_where_escaping_would_fail(browser: Browser, pages: dict[str, Path], tmp_path: Path) -> None:
    """The same text pasted raw into the page is stopped by the policy; pasted into a page without one it acts."""
    text = HOSTILE.replace("<meta http-equiv=refresh", "<p")  # no policy of a page stops a page from leaving
    page = pages["evals"].read_text("utf-8").replace("<main>", f"<main>{text}", 1)
    guarded, open_page = saved(tmp_path, page), tmp_path / "open.html"
    open_page.write_text(f"<!doctype html><meta charset=utf-8>{text}", "utf-8", "backslashreplace")
    with browser.tab() as tab:
        tab.go(guarded)
        assert tab.run("typeof window.pwned") == "undefined"
        assert tab.dialogs == []
        assert any("Content Security Policy" in line for line in tab.console)
    with browser.tab() as tab:
        tab.go(open_page)
        assert tab.dialogs
        assert tab.run("window.pwned") == 1


def test_ten_megabytes_of_one_letter_are_cut(browser: Browser, tmp_path: Path) -> None:
    """An answer of 10 MB is cut with a word about it, and the page stays small and quick."""
    names = ("acme/strong-1", "bravo/solid-2", "cargo/hasty-mini")
    text = page_of(sample_run(prompts=12, texts=dict.fromkeys(names, "A" * 10_000_000)))
    path = saved(tmp_path, text)
    with browser.tab() as tab:
        tab.look(width=400)
        tab.open(path)

        assert_quiet(tab, path)
        assert "9,997,000 more characters" in text
        assert len(text) < 1_500_000
        assert tab.run("document.documentElement.scrollWidth") <= 400


def test_without_javascript_the_tables_are_there(browser: Browser, pages: dict[str, Path]) -> None:
    """With scripts switched off a page still holds every chart's figures as a table."""
    with browser.tab(scripts=False) as tab:
        tab.go(pages["simulation"])
        tree = tab.call("DOM.getDocument", depth=0)["root"]["nodeId"]
        figures = tab.call("DOM.querySelectorAll", nodeId=tree, selector="figure")["nodeIds"]
        tables = tab.call("DOM.querySelectorAll", nodeId=tree, selector="figure details table tbody tr")["nodeIds"]
        drawn = tab.call("DOM.querySelectorAll", nodeId=tree, selector=".chart svg")["nodeIds"]

        assert len(figures) >= 5
        assert len(tables) >= 40
        assert drawn == []


def test_pointing_at_a_mark_tells_its_figures_as_text(browser: Browser, tmp_path: Path) -> None:
    """The tooltip shows name and figures as text, markup in a name included."""
    name = "<b>bold</b><img src=x onerror=alert(1)>"
    path = saved(tmp_path, page_of(sample_run(skills={name: 1.0, "other": 0.1})))
    with browser.tab() as tab:
        tab.look()
        tab.open(path)
        tab.run("document.querySelector('.chart').scrollIntoView({block: 'center'})")
        box = tab.run(
            "(r => [r.x + r.width / 2, r.y + r.height / 2])(document.querySelector('.mark-symbol path').getBoundingClientRect())"
        )
        for step in (3, 0):
            tab.call("Input.dispatchMouseEvent", type="mouseMoved", x=box[0] + step, y=box[1] + step)
        shown = tab.run("[document.getElementById('tip').hidden, document.getElementById('tip').textContent]")

        assert shown[0] is False
        assert shown[1].startswith("name<b>bold</b><img")
        assert_quiet(tab, path)


def test_a_page_prints(browser: Browser, pages: dict[str, Path]) -> None:
    """Printed from a dark screen the page is dark text on white, and becomes a PDF."""
    with browser.tab() as tab:
        tab.look(dark=True, medium="print", width=760)
        tab.open(pages["evals"])

        assert tab.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert tab.run("document.documentElement.scrollWidth") <= 760
        assert len(tab.call("Page.printToPDF")["data"]) > 20_000


def test_the_demo_run_writes_a_page_that_draws(browser: Browser, tmp_path: Path) -> None:
    """`jc evals run … -o page.html` on the demo endpoint gives a page that draws."""
    command = [sys.executable, "-m", "jc", "evals", "run", "-c", "demo/strong,demo/hasty", "-p", "demo", "-j", "demo/judge"]
    done = subprocess.run(
        [*command, "--limit", "6", "-o", "page.html", "-q"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    with browser.tab() as tab:
        tab.look()
        tab.open(tmp_path / "page.html")

        assert_quiet(tab, tmp_path / "page.html")
        assert "demo/strong" in tab.run("document.querySelector('h1').textContent")
        assert tab.run("document.querySelectorAll('details.case').length") == 6
