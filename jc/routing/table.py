"""Route tables: where one comes from, and which of its conditions a request meets.

A table is named by a shipped name (`five-way`), by a path (`my/routes.yaml`), or made on the spot: `pin:MODEL` sends every
request to one model. Conditions are compiled once into small predicates; a list in a condition means one of.
"""

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from jc.catalog.model import Catalog, RouteTable, Target
from jc.catalog.names import resolve, resolve_all
from jc.errors import InputError, IoFailure, Problem, Where
from jc.routing.classes import ROUTE_CLASSES
from jc.routing.request import Request

DEFAULT_TABLE = "five-way"
PIN = "pin:"
LONG_CONTEXT = 32_000
"""Input tokens from which on `long_context: true` holds."""
PREFERENCES = ("balanced", "quality", "speed", "cost", "auto")
_POOL_HINT = '{"models": ["openai/gpt-4o", "deepseek-v3"], "preference": "balanced"}'
_MOST_BYTES = 5_000_000

Predicate = Callable[[Request], bool]


def load_table(name: str, catalog: Catalog) -> RouteTable:
    """The table that a name, a path or `pin:MODEL` means; InputError with everything that is wrong with it, or suggestions."""
    if name.startswith(PIN):
        return pinned(catalog, name.removeprefix(PIN).strip())
    if name in catalog.routes:
        return catalog.routes[name]
    path = Path(name)
    if "\0" not in name and (path.suffix in {".yaml", ".yml"} or path.is_file()):
        return read_table(path, catalog)
    raise _unknown(name, catalog)


def pinned(catalog: Catalog, model: str) -> RouteTable:
    """The table that sends every request to one model; InputError when the catalog does not know it."""
    offer = resolve(catalog, model)
    target = Target(model=offer.id)
    return RouteTable(
        name=f"{PIN}{offer.id}",
        where=Where("--routes"),
        routes=dict.fromkeys(ROUTE_CLASSES, target),
        description=f"Everything to {offer.id}.",
    )


def read_table(path: Path, catalog: Catalog | None = None) -> RouteTable:
    """The table in a file; IoFailure when it cannot be read, InputError with all its problems when it is not a table.

    With a catalog, names that mean no model of it are problems too.
    """
    from jc.catalog.assemble import assemble
    from jc.catalog.documents import Documents, document
    from jc.catalog.problems import problem

    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError.of([Problem("is larger than 5 MB, which no route table is", Where(str(path)))])
        raw = path.read_bytes()
    except FileNotFoundError as error:
        message = f"there is no route table `{path}`"
        raise InputError(message, hint="name a file, a shipped table, or `pin:MODEL`") from error
    except OSError as error:
        raise IoFailure(f"cannot read `{path}`: {error.strerror}") from error
    found = document("", "routes/table.yaml", raw)
    found.file = str(path)
    assembled = assemble(Documents("", [found], ""))
    flaws = [*assembled.flaws]
    if catalog is not None:
        from jc.routing.written import unknown_models

        flaws += unknown_models(found, catalog)
    if flaws:
        raise InputError.of([problem(one) for one in sorted(flaws, key=lambda one: (one.flaw.line, one.flaw.column))])
    return next(iter(assembled.catalog.routes.values()))


def _unknown(name: str, catalog: Catalog) -> InputError:
    import difflib

    close = difflib.get_close_matches(name, catalog.routes, 1)
    said = f"did you mean `{close[0]}`? " if close else ""
    if not catalog.routes:
        return InputError(f"no route table `{name}`: the catalog has none", hint="name a file with --routes, or `pin:MODEL`")
    listed = ", ".join(sorted(catalog.routes))
    return InputError(f"no route table `{name}`", hint=f"{said}Tables: {listed}; or a path, or `pin:MODEL`")


def pool_of(wanted: object, catalog: Catalog) -> RouteTable:
    """The table that a body's `model_routing_config` means (document 004): one pool and preference for every class.

    InputError when it is not `{models: […], preference: balanced|quality|speed|cost}`, or names a model that is not known.
    """
    models = wanted.get("models") if isinstance(wanted, Mapping) else None
    preference = wanted.get("preference", "balanced") if isinstance(wanted, Mapping) else None
    if models is not None and not (isinstance(models, list) and models and all(isinstance(name, str) for name in models)):
        raise InputError("`models` of `model_routing_config` is not a list of model names", hint=_POOL_HINT)
    if not isinstance(wanted, Mapping) or preference not in PREFERENCES:
        raise InputError(f"`model_routing_config` cannot be read: preference {preference!r}", hint=_POOL_HINT)
    named = tuple(offer.id for offer in resolve_all(catalog, models or ()))
    target = Target(pool=named or "any", preference=preference)
    return RouteTable("model_routing_config", Where("--body"), routes=dict.fromkeys(ROUTE_CLASSES, target))


def routes_by_class(table: RouteTable) -> bool:
    """Whether requests that name a model are routed by their class too; a table that swaps takes the name as the wish."""
    return table.swap_mode == "off" and bool(table.routes)


def compiled(when: Mapping[str, Any]) -> Predicate:
    """The conditions as one predicate: all that are written must hold. ValueError for a condition that is not known."""
    tests = [_test(name, value) for name, value in when.items()]
    if len(tests) == 1:
        return tests[0]
    return lambda request: all(test(request) for test in tests)


def _test(name: str, value: Any) -> Predicate:
    if name in _FLAGS:
        flag = _FLAGS[name]
        return lambda request: flag(request) == value
    if name in _NUMBERS:
        compare = _NUMBERS[name]
        return lambda request: compare(request, int(value))
    if name in _TEXTS:
        text = _TEXTS[name]
        wanted = tuple(str(one) for one in (value if isinstance(value, (list, tuple)) else (value,)))
        return lambda request: _one_of(text(request), wanted)
    raise ValueError(f"no condition `{name}`")


def _one_of(found: str | None, wanted: tuple[str, ...]) -> bool:
    return found is not None and any(found == one or fnmatchcase(found, one) for one in wanted)


_FLAGS: Mapping[str, Callable[[Request], bool]] = {
    "vision": lambda request: request.images > 0,
    "tools": lambda request: request.tools,
    "structured_output": lambda request: request.structured_output,
    "code": lambda request: request.code,
    "long_context": lambda request: request.input_tokens > LONG_CONTEXT,
}
_NUMBERS: Mapping[str, Callable[[Request, int], bool]] = {
    "input_tokens_gt": lambda request, limit: request.input_tokens > limit,
    "input_tokens_lt": lambda request, limit: request.input_tokens < limit,
    "output_tokens_gt": lambda request, limit: (request.output_tokens or request.max_output_tokens or 0) > limit,
}
_TEXTS: Mapping[str, Callable[[Request], str | None]] = {
    "language": lambda request: request.language,
    "script": lambda request: request.script,
    "class": lambda request: request.route_class,
    "class_": lambda request: request.route_class,
    "key": lambda request: request.key,
    "org": lambda request: request.org,
    "model": lambda request: request.requested,
    "region": lambda request: request.region,
}
CONDITIONS: tuple[str, ...] = (*_FLAGS, *_NUMBERS, *(name for name in _TEXTS if name != "class_"))


def needs_language(table: RouteTable) -> bool:
    """Whether a rule or override of the table looks at the language."""
    conditions = [rule.when for rule in table.rules] + [override.when for override in table.overrides]
    return any("language" in when for when in conditions)
