"""The lists that can be imported, by name, and how to tell from a tree which one it is."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from jc.catalog.importers import genai_prices, litellm, models_dev, openrouter
from jc.catalog.importers.candidate import Candidate
from jc.errors import InputError

READERS: Mapping[str, Callable[[Any, date], Candidate]] = {
    litellm.FORMAT: litellm.read,
    models_dev.FORMAT: models_dev.read,
    openrouter.FORMAT: openrouter.read,
    genai_prices.FORMAT: genai_prices.read,
}
HOMES: Mapping[str, str] = {
    litellm.FORMAT: litellm.HOME,
    models_dev.FORMAT: models_dev.HOME,
    openrouter.FORMAT: openrouter.SOURCE,
    genai_prices.FORMAT: genai_prices.HOME,
}


def candidate(name: str, tree: Any, read_on: date) -> Candidate:
    """What one list says, as read on a day; InputError when there is no such format, or the tree is not of it."""
    reader = READERS.get(name)
    if reader is None:
        import difflib

        near = difflib.get_close_matches(name.lower(), READERS, 1, 0.5)
        hint = f"did you mean `{near[0]}`?" if near else f"formats: {', '.join(READERS)}"
        raise InputError(f"no list called `{name}` can be imported", hint=hint)
    try:
        return reader(tree, read_on)
    except InputError as error:
        found = detected(tree)
        if found is not None and found != name:
            raise InputError(error.message, hint=f"it looks like {found}") from None
        raise


def detected(tree: Any) -> str | None:
    """Which list a tree is, by its shape; None when it is none of them."""
    if isinstance(tree, list):
        return genai_prices.FORMAT if any(isinstance(node, dict) and "models" in node for node in tree) else None
    if not isinstance(tree, dict):
        return None
    if isinstance(tree.get("data"), list):
        return openrouter.FORMAT
    nodes = [node for node in tree.values() if isinstance(node, dict)]
    if any("litellm_provider" in node for node in nodes):
        return litellm.FORMAT
    return models_dev.FORMAT if any("models" in node for node in nodes) else None
