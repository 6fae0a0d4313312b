"""What `jc route` needs before it decides: flags and body as a request, the table, the classifier, what is out of service."""

import json
import sys
import time
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jc.cli.output import Out, problem
from jc.errors import InputError, IoFailure

if TYPE_CHECKING:
    from jc.catalog.model import Catalog, RouteTable
    from jc.routing.classify import Classifier
    from jc.routing.decide import Router
    from jc.routing.incoming import Flags
    from jc.routing.request import Decision, Health, Request

_BODY = 'for example {"messages": [{"role": "user", "content": "Hi"}]}'


class Decided(NamedTuple):
    """A decision, the request that it is about, and how long classifying and deciding took."""

    decision: "Decision"
    request: "Request"
    took_ms: float


class Setup:
    """The parts of one call; each is made when it is first needed."""

    def __init__(
        self, out: Out, flags: "Flags", routes: str | None, weights: Path | None, classifier: str | None, as_of: str | None,
        base_url: str | None, timeout: float | None,
    ) -> None:  # fmt: skip
        from jc.catalog.load import cached_catalog

        self.out, self.flags = out, flags
        self.at = moment(as_of)
        self.catalog: Catalog = cached_catalog(out.catalog)
        self._routes, self._weights, self._classifier = routes, weights, classifier
        self._live = as_of is None
        self.base_url = out.config.get("base_url", base_url)
        self.timeout = out.config.get("timeout", timeout)

    def table(self, incoming: dict[str, Any] | None = None) -> "RouteTable":
        """The table of this call: the pool that a body asks for, else the one that was named, else the configured one."""
        from dataclasses import replace

        from jc.routing.table import DEFAULT_TABLE, load_table, pool_of
        from jc.routing.weights import own_weights

        wanted = incoming.get("model_routing_config") if incoming else None
        if wanted is not None and self._routes is None:
            table = pool_of(wanted, self.catalog)
        else:
            table = load_table(self.out.config.get("routes", self._routes) or DEFAULT_TABLE, self.catalog)
        table, own = own_weights(table if self._classifier is None else replace(table, classifier=self._classifier))
        self._weights = self._weights or own
        return table

    def router(self, incoming: dict[str, Any] | None = None) -> "Router":
        """The table made ready."""
        from jc.routing.decide import Router
        from jc.routing.prepared import prepare

        return Router(prepare(self.table(incoming), self.catalog, self.at))

    def classifier(self) -> "Classifier":
        """The local classifier."""
        from jc.routing.classify import classifier

        return classifier(self._weights)

    def health(self) -> "Health":
        """What is cooling down now; nothing when another day is asked about."""
        from jc.routing.cool_down import health_path, read_health
        from jc.routing.request import Health

        path = health_path(self.out.config.environment)
        via = str(self.base_url or "")
        return read_health(path, time.time(), via) if self._live and path.exists() else Health()

    def decide(self, incoming: dict[str, Any]) -> Decided:
        """The decision about one request."""
        from jc.routing.incoming import request_of
        from jc.routing.table import needs_language

        router = self.router(incoming)
        table, classifier, health = router.prepared.table, self.classifier(), self.health()
        started = time.perf_counter()
        request = request_of(incoming, self.flags, classifier, languages=needs_language(table))
        note = ""
        if table.classifier != "local" and not request.tools:
            from jc.cli.route_by_model import classified_by_model

            request, note = classified_by_model(self, table, request, incoming)
        decision = router.decide(request, health)
        took_ms = (time.perf_counter() - started) * 1e3
        return Decided(decision.noted("classifier", note) if note else decision, request, took_ms)


def terminal_width() -> int:
    """Columns of the terminal (or `COLUMNS`), between 60 and 120; 98 where there is none."""
    import shutil

    return min(max(shutil.get_terminal_size((98, 24)).columns, 60), 120)


def flags_of(**given: Any) -> "Flags":
    """The flags as a value; amounts of money come with the name of their option."""
    from jc.routing.incoming import Flags

    for name in ("max_usd", "budget_left_usd"):
        option, text = given[name]
        given[name] = _usd(option, text)
    return Flags(**given)


def _usd(option: str, text: str | None) -> Decimal | None:
    try:
        value = None if text is None else Decimal(text.lstrip("$"))
    except InvalidOperation:
        value = Decimal("NaN")
    if value is not None and (not value.is_finite() or value < 0):
        raise problem(f"`{option} {text}`: not an amount of USD", hint=f"for example `{option} 0.01`")
    return value


def moment(as_of: str | None) -> datetime:
    """Now, or noon (UTC) of the day that was named."""
    if as_of is None:
        return datetime.now(UTC)
    try:
        day = date.fromisoformat(as_of)
    except ValueError as error:
        raise problem(f"`--as-of {as_of}`: not a day", hint="for example `--as-of 2026-11-20`") from error
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def incoming_of(prompt: str | None, body: str | None) -> dict[str, Any]:
    """The request as a body, from an argument, a file or stdin."""
    from jc.routing.incoming import asks

    if body is not None:
        raw = sys.stdin.buffer.read() if body == "-" else _read(Path(body))
        try:
            data = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise InputError(f"`--body {body}` is not JSON: {error}", hint=_BODY) from error
        if not isinstance(data, dict):
            raise InputError(f"`--body {body}` is not a JSON object", hint=_BODY)
        if not asks(data):
            raise InputError(f"`--body {body}` has neither `messages` nor `prompt`", hint=_BODY)
        return data
    if prompt is None:
        raise problem("no prompt", hint='jc route "What is the capital of France?", or `--body -`, or `--input FILE`')
    return {"prompt": sys.stdin.buffer.read().decode("utf-8", "replace") if prompt == "-" else prompt}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"there is no file `{path}`", hint="name a file, or `-` for stdin") from error
    except OSError as error:
        raise IoFailure(f"cannot read `{path}`: {error.strerror}") from error
