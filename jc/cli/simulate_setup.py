"""What the options of `jc simulate` mean: budgets and events, how to break a result down, what a classifier gets wrong."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jc.cli.amounts import duration_s, share, span_s, usd_pico
from jc.cli.options import split_list
from jc.cli.output import Out, problem

if TYPE_CHECKING:
    from jc.catalog.model import Catalog, RouteTable
    from jc.simulate.quality import Confusion
    from jc.simulate.terms import OnLimit, Subscription, Terms

ON_LIMIT: "dict[str, OnLimit]" = {"retry": "retry", "fallback": "fallback", "reject": "reject"}
WINDOW = "5h"
DIMENSIONS = ("class", "model", "key", "org", "day", "hour")


def terms_of(
    catalog: "Catalog",
    *,
    budget: str | None,
    window: str | None,
    kind: str | None,
    below: str | None,
    low_model: str | None,
    park: bool,
    find: bool,
    spans: list[tuple[str, str]],
    limits: bool,
    on_limit: str = "retry",
    timeout: str | None = None,
    on_plan: Sequence[str] = (),
) -> "Terms":
    """Budgets, flat plans, outages, slowdowns and limits as the row engine takes them."""
    from jc.catalog.names import resolve
    from jc.simulate.events import parsed
    from jc.simulate.terms import NO_CAP, Allowance, Terms

    if kind not in {None, "first-use", "fixed"}:
        raise problem(f"`--window-kind {kind}`: no such choice", hint="first-use or fixed")
    if budget is None and not find and (below or low_model or park):
        raise problem("`--below`, `--low-model` and `--park` need a `--budget`")
    if (below is None) != (low_model is None):
        raise problem("`--below` and `--low-model` belong together", hint="--below 0.02 --low-model deepseek-chat")
    allowance = None
    if budget is not None or find:
        hint = f"write --window {_with_hours(window)}"
        length = int(span_s("--window", WINDOW if window is None else window, hint=hint) * 1_000_000)
        if length <= 0:
            raise problem(f"`--window {window}`: a window has a length", hint=hint)
        low = resolve(catalog, low_model) if low_model else None
        cap = usd_pico("--budget", budget) if budget is not None else NO_CAP
        allowance = Allowance(cap, length, kind == "fixed", usd_pico("--below", below) if below else -1, low, park)
    if on_limit not in ON_LIMIT:
        raise problem(f"`--on-limit {on_limit}`: no such choice", hint=", ".join(ON_LIMIT))
    if on_limit != "retry" and not limits:
        raise problem("`--on-limit` needs `--limits`")
    given_up = duration_s("--timeout", timeout)
    if given_up is not None and given_up <= 0:
        raise problem(f"`--timeout {timeout}`: a timeout has a length", hint="write --timeout 30s")
    events = tuple(parsed(flag, text, catalog) for flag, text in spans)
    subscriptions = tuple(subscription_of(catalog, text) for text in on_plan)
    return Terms(allowance, events, limits, ON_LIMIT[on_limit], given_up, subscriptions=subscriptions)


def subscription_of(catalog: "Catalog", text: str) -> "Subscription":
    """`pro=coding,support-*`: a flat plan of the catalog and the keys that are on it."""
    from jc.simulate.subscribed import fee_of
    from jc.simulate.terms import Subscription

    name, sign, keys = text.partition("=")
    names = split_list([keys])
    if not sign or not names:
        raise problem(f"`--on-plan {text}`: which keys?", hint="write PLAN=KEY,KEY or PLAN=PATTERN, as pro=coding,support-*")
    plan = catalog.plans.get(name.strip())
    if plan is None:
        known = ", ".join(f"`{one}`" for one in catalog.plans) or "none"
        raise problem(f"`--on-plan {text}`: the catalog has no plan `{name.strip()}`", hint=f"its plans are {known}")
    fee_of(plan)
    return Subscription(plan, names)


def _with_hours(window: str | None) -> str:
    """A window as it was probably meant: in hours."""
    bare = (window or "").strip()
    return f"{bare}h" if bare.replace(".", "", 1).isdigit() and float(bare) else WINDOW


def check_windows(
    tables: "Sequence[tuple[str, RouteTable]]", *, window: str | None, kind: str | None, budget: str | None, find: bool
) -> None:
    """Refuse a window that no budget has: without --budget a table's own budget says its window too."""
    if budget is not None or find or (window is None and kind is None):
        return
    flag = "--window" if window is not None else "--window-kind"
    if any(table.budget is not None for _, table in tables):
        raise problem(f"`{flag}` needs a `--budget`", hint="the budget of a table has its own `window_hours`")
    raise problem(f"`{flag}` needs a `--budget`: nothing else has a window", hint="for example --budget 5.00 --window 5h")


def dimensions(by: list[str] | None) -> tuple[str, ...]:
    """By what a result is broken down; by class where nothing was said."""
    wanted = split_list(by)
    for name in wanted:
        if name not in DIMENSIONS:
            raise problem(f"`--by {name}`: no such dimension", hint=f"dimensions: {', '.join(DIMENSIONS)}")
    return wanted or ("class",)


def confusion_of(path: Path | None) -> "Confusion | None":
    """The shares of wrong classes from `jc classifier score --format json`: for each true class, what it is taken for."""
    if path is None:
        return None
    from jc.simulate.quality import read_confusion

    return read_confusion(path)


def wants_page(out: Out, report: Path | None) -> bool:
    """Whether an HTML page is written, which draws what a table has no room for."""
    return report is not None or out.format == "html" or any(path.suffix.lower() in {".html", ".htm"} for path in out.files)


def split_by(shown: tuple[str, ...], traffic: str, *, delta: bool, page: bool, plans: bool) -> tuple[str, ...]:
    """By what the log has to be told apart: what is shown, keys for the tree of a difference and for plans, hours for a page."""
    from jc.traffic.cubefile import is_cube

    if is_cube(Path(traffic)):
        return shown
    more = (("key",) if delta or plans else ()) + (("org",) if plans else ()) + (("hour",) if page else ())
    return tuple(dict.fromkeys((*shown, *more)))


def check_given(report: Path | None, grid: float | None, max_bad: str | None) -> None:
    """Refuse a page under the name of another format, grams without end, a share above the whole, before the log is read."""
    share("--max-bad", max_bad, of_whole=True)
    if grid is not None and not math.isfinite(grid):
        raise problem(f"`--grid-gco2e-per-kwh {grid:g}`: not a number of grams", hint="write --grid-gco2e-per-kwh 360")
    if report is not None and report.suffix.lower() not in {".html", ".htm"}:
        raise problem(f"`--report {report}`: the page is HTML", hint="name it FILE.html; --output FILE writes other formats")


def classes_of(tables: "Sequence[tuple[str, RouteTable]]") -> tuple[str, ...]:
    """The classes that tables bring themselves."""
    return tuple(name for _, table in tables for name in (*table.classes, *table.routes))
