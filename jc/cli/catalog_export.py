"""`jc catalog export`: a route table as the configuration of a gateway that exists."""

from typing import Annotated

import typer

from jc.cli.catalog_days import moment_of
from jc.cli.output import Out, problem

AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="Prices of that day (UTC). [default: today]")]


def export(
    out: Out,
    table: Annotated[str, typer.Argument(metavar="TABLE", help="A shipped name, a file, or pin:MODEL.")],
    to: Annotated[str, typer.Option("--to", metavar="litellm|json", help="Which gateway: litellm, or plain json.")] = "litellm",
    as_of: AsOf = None,
) -> None:
    """A route table as the configuration of an existing gateway; what it cannot say is listed on stderr.

    litellm: models, fallbacks, budgets and LiteLLM's own router, as the YAML of its proxy. json: the same chains, rules,
    addresses and prices for any other.

    \b
    Examples:
      jc catalog export five-way --to litellm -o config.yaml
      jc catalog export my/routes.yaml --to json
    """
    from jc.catalog.load import cached_catalog
    from jc.report.export import json_document, litellm_document
    from jc.routing.export import listed, resolved
    from jc.routing.export_litellm import litellm_config
    from jc.routing.table import load_table
    from jc.routing.weights import own_weights

    if to not in {"litellm", "json"}:
        raise problem(f"`--to {to}`: no such gateway", hint="litellm or json")
    catalog = cached_catalog(out.catalog)
    chosen, _ = own_weights(load_table(table, catalog))  # no gateway takes them: they are a local classifier
    found = resolved(chosen, catalog, moment_of(as_of))
    if to == "json":
        out.emit(json_document(found), to_stdout=not out.files)
        left = list(found.left)
    else:
        config, left = litellm_config(found)
        out.emit(litellm_document(found, config, left), to_stdout=not out.files)
    lines = listed(left)
    if lines:
        out.say(f"{'LiteLLM' if to == 'litellm' else 'A list'} cannot say:")
    for line in lines:
        out.say(f"  {line}")
