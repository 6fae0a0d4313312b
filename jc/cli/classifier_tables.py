"""A route table for the commands of `jc classifier`: made ready, with the weights that it names."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from jc.cli.output import Out

if TYPE_CHECKING:
    from jc.routing.decide import Router


def router_of(out: Out, routes: str | None, weights: Path | None) -> "tuple[Router, Path | None]":
    """The table of a call made ready, and the weights that it is used with."""
    from jc.catalog.load import cached_catalog
    from jc.routing.decide import Router
    from jc.routing.prepared import prepare
    from jc.routing.table import DEFAULT_TABLE, load_table
    from jc.routing.weights import own_weights

    catalog = cached_catalog(out.catalog)
    table, own = own_weights(load_table(out.config.get("routes", routes) or DEFAULT_TABLE, catalog))
    return Router(prepare(table, catalog, datetime.now(UTC))), weights or own
