"""A route table for another gateway, as text: YAML with a head that says where it comes from and what it does not say."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from textwrap import fill
from typing import Any

from jc.report.document import Document, jsonable
from jc.routing.export import Left, Resolved, listed, payload

SCHEMA = "jc.export/1"


def litellm_document(found: Resolved, config: Mapping[str, Any], left: Sequence[Left]) -> Document:
    """The proxy's YAML as text; JSON formats carry it under `config`."""
    text = yaml_text(config, head(found, left))
    body = {
        "to": "litellm",
        "table": found.table.name,
        "as_of": found.at.date(),
        "not_expressed": [one._asdict() for one in left],
    }
    records = [{"part": one.part, "why": one.why} for one in left]
    return Document(SCHEMA, {**body, "config": config}, records, text=text, extra={"yaml": lambda: text})


def json_document(found: Resolved) -> Document:
    """The chains, rules and models as one JSON object, in the text too."""
    body = {"to": "json", **payload(found)}
    text = json.dumps({"schema": SCHEMA, **body}, default=jsonable, ensure_ascii=False, indent=2)
    records = [{"part": one.part, "why": one.why} for one in found.left]
    return Document(SCHEMA, body, records, text=text)


def head(found: Resolved, left: Sequence[Left]) -> str:
    """The comment on top: source, day, digest, and every part that is not said."""
    day, digest = found.at.date().isoformat(), found.catalog.digest[:12]
    lines = [
        f"# The route table `{found.table.name}` for a LiteLLM proxy, with the prices of {day} (catalog {digest}).",
        "# Start it with `litellm --config FILE`; keys are read from the variables that are named.",
        "#",
        "# What LiteLLM cannot say:",
    ]
    lines += [fill(text, 98, initial_indent="# - ", subsequent_indent="#   ") for text in listed(left)]
    return "\n".join(lines)


def yaml_text(data: Mapping[str, Any], comment: str) -> str:
    """YAML in the order of the data; a Decimal is written out, because `3e-06` is a text to YAML 1.1."""
    import yaml

    class Plain(yaml.SafeDumper):
        """Writes money as it is, and nothing by reference."""

        def ignore_aliases(self, _data: object) -> bool:
            return True

    Plain.add_representer(Decimal, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:float", _written_out(value)))
    return f"{comment}\n{yaml.dump(data, Dumper=Plain, sort_keys=False, allow_unicode=True, width=98)}"


def _written_out(value: Decimal) -> str:
    text = format(value.normalize(), "f")
    return text if "." in text else f"{text}.0"
