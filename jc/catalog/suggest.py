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
    options = list(known)
    near = nearest(word, options, 1)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"known: {', '.join(options)}" if 0 < len(options) <= 12 else ""


def nearest(word: str, options: list[str], most: int) -> list[str]:
    """The options most like a word, best first; case and the choice between `-` and `_` do not count."""
    import difflib

    folded = {_folded(option): option for option in reversed(_likely(word, options))}
    return [folded[form] for form in difflib.get_close_matches(_folded(word), folded, most, 0.6)]


def _folded(word: str) -> str:
    return word.lower().replace("-", "_")


_MANY = 500


def _likely(word: str, options: list[str]) -> list[str]:
    """The options worth a close look: of very many only those of about the same length that begin or end alike."""
    if len(options) <= _MANY:
        return options
    alike = [one for one in options if abs(len(one) - len(word)) <= 3 and (one[:4] == word[:4] or one[-4:] == word[-4:])]
    return alike[:_MANY]
