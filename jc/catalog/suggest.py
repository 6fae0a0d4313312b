"""Words for messages: what was found, and what was probably meant."""

from collections.abc import Iterable


def found(value: object) -> str:
    """A value in the words of a message."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text `{value[:80]}`" if value else "empty text"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else f"`{str(value)[:80]}`"


def suggest(word: str, known: Iterable[str]) -> str:
    """The question whether a known word was meant, or the choices when nothing is near and they are few."""
    import difflib

    options = list(known)
    folded = {option.lower().replace("-", "_"): option for option in reversed(options)}
    near = difflib.get_close_matches(word.lower().replace("-", "_"), folded, 1, 0.6)
    if near:
        return f"did you mean `{folded[near[0]]}`?"
    return f"known: {', '.join(options)}" if 0 < len(options) <= 12 else ""
