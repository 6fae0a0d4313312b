"""The JSON Schemas of the catalog's files, as they are kept in the package."""

import json
from functools import cache
from pathlib import Path
from typing import Any

KEPT = Path(__file__).parent / "schemas.json"


@cache
def kept_schemas() -> dict[str, dict[str, Any]]:
    """The schema of every kind of file."""
    found: dict[str, dict[str, Any]] = json.loads(KEPT.read_text("utf-8"))
    return found


def schemas() -> dict[str, str]:
    """The text of every schema file of `.schema/`, by its name."""
    return {f"{kind}.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for kind, schema in kept_schemas().items()}
