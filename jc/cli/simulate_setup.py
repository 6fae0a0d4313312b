"""What the options of `jc simulate` mean: budgets and events, how to break a result down, what a classifier gets wrong."""

from pathlib import Path
from typing import TYPE_CHECKING

from jc.cli.amounts import duration_s, usd_pico
from jc.cli.options import split_list
from jc.cli.output import Out, problem

if TYPE_CHECKING:
    from jc.catalog.model import Catalog
    from jc.simulate.quality import Confusion
    from jc.simulate.state import OnLimit, Terms

ON_LIMIT: "dict[str, OnLimit]" = {"retry": "retry", "fallback": "fallback", "reject": "reject"}
DIMENSIONS = ("class", "model", "key", "org", "day", "hour")


def terms_of(
    catalog: "Catalog",
    *,
    budget: str | None,
    window: str,
    kind: str,
    below: str | None,
    low_model: str | None,
    park: bool,
    find: bool,
    spans: list[tuple[str, str]],
    limits: bool,
    on_limit: str = "retry",
    timeout: str | None = None,
) -> "Terms":
    """Budgets, outages, slowdowns and limits as the row engine takes them."""
    from jc.catalog.names import resolve
    from jc.simulate.events import parsed
    from jc.simulate.state import Allowance, Terms

    if kind not in {"first-use", "fixed"}:
        raise problem(f"`--window-kind {kind}`: no such choice", hint="first-use or fixed")
    if budget is None and not find and (below or low_model or park):
        raise problem("`--below`, `--low-model` and `--park` need a `--budget`")
    if (below is None) != (low_model is None):
        raise problem("`--below` and `--low-model` belong together", hint="--below 0.02 --low-model deepseek-chat")
    allowance = None
    if budget is not None or find:
        length = int((duration_s("--window", window) or 0) * 1_000_000)
        if length <= 0:
            raise problem(f"`--window {window}`: a window has a length")
        low = resolve(catalog, low_model) if low_model else None
        cap = usd_pico("--budget", budget) if budget is not None else 0
        allowance = Allowance(cap, length, kind == "fixed", usd_pico("--below", below) if below else -1, low, park)
    if on_limit not in ON_LIMIT:
        raise problem(f"`--on-limit {on_limit}`: no such choice", hint=", ".join(ON_LIMIT))
    if on_limit != "retry" and not limits:
        raise problem("`--on-limit` needs `--limits`")
    given_up = duration_s("--timeout", timeout)
    if given_up is not None and given_up <= 0:
        raise problem(f"`--timeout {timeout}`: a timeout has a length")
    events = tuple(parsed(flag, text, catalog) for flag, text in spans)
    return Terms(allowance, events, limits, ON_LIMIT[on_limit], given_up)


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
