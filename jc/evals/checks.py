"""Deterministic checks: data, never code. They need no judge and always run."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

CheckType = Literal["exact", "contains", "not_contains", "regex", "json_schema", "numeric"]
TYPES: tuple[str, ...] = get_args(CheckType)
# A pattern comes from the user, the text from a model: bounding the text bounds what a bad pair can cost.
MAX_REGEX_TEXT = 100_000
_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:[eE][-+]?\d+)?")


@dataclass(frozen=True, slots=True)
class Check:
    """One check of an answer; `value` is what it compares with, `tolerance` belongs to `numeric`."""

    type: CheckType
    value: Any
    ignore_case: bool = False
    tolerance: float = 0.0


_OPTIONS = {"type", "value", "schema", "pattern", "ignore_case", "case_sensitive", "tolerance", "values"}


def parse_checks(data: object) -> tuple[Check, ...]:
    """The checks of a case; ValueError says in words which one is wrong and why."""
    if data is None:
        return ()
    if not isinstance(data, Sequence) or isinstance(data, str):
        raise ValueError("`checks` is a list")  # noqa: TRY004  the caller asks for ValueError
    return tuple(_parse(number, item) for number, item in enumerate(data, 1))


def _parse(number: int, item: object) -> Check:
    if not isinstance(item, Mapping):
        raise ValueError(f"check {number} is not an object")  # noqa: TRY004  same
    kind = item.get("type")
    if kind not in TYPES:
        raise ValueError(f"check {number}: no type {kind!r}; types: {', '.join(TYPES)}")
    unknown = [name for name in item if name not in _OPTIONS]
    if unknown:
        raise ValueError(f"check {number}: no field `{unknown[0]}`; fields: {', '.join(sorted(_OPTIONS))}")
    value = next((item[name] for name in ("value", "schema", "pattern", "values") if name in item), None)
    if value is None:
        raise ValueError(f"check {number} has no `value`")
    folded = bool(item.get("ignore_case", not item.get("case_sensitive", True)))
    check = Check(kind, value, folded, float(item.get("tolerance", 0)))
    _validate(number, check)
    return check


def _validate(number: int, check: Check) -> None:
    if check.type == "regex":
        try:
            re.compile(str(check.value))
        except re.error as error:
            raise ValueError(f"check {number}: not a regular expression: {error}") from error
    if check.type == "numeric":
        try:
            float(check.value)
        except (TypeError, ValueError):
            raise ValueError(f"check {number}: {check.value!r} is not a number") from None
    if check.type == "json_schema":
        import jsonschema

        if not isinstance(check.value, Mapping):
            raise ValueError(f"check {number}: `value` is not a JSON Schema object")
        try:
            jsonschema.validators.validator_for(check.value).check_schema(dict(check.value))
        except jsonschema.SchemaError as error:
            raise ValueError(f"check {number}: not a JSON Schema: {error.message}") from None


def passes(check: Check, answer: str) -> bool:
    """Whether the answer passes the check."""
    return _RULES[check.type](check, answer)


def _fold(check: Check, text: str) -> str:
    return text.casefold() if check.ignore_case else text


def _values(check: Check) -> list[str]:
    values = check.value if isinstance(check.value, list) else [check.value]
    return [_fold(check, str(value)) for value in values]


def _exact(check: Check, answer: str) -> bool:
    return _fold(check, answer.strip()) in [value.strip() for value in _values(check)]


def _contains(check: Check, answer: str) -> bool:
    return all(value in _fold(check, answer) for value in _values(check))


def _not_contains(check: Check, answer: str) -> bool:
    return not any(value in _fold(check, answer) for value in _values(check))


def _regex(check: Check, answer: str) -> bool:
    flags = re.IGNORECASE if check.ignore_case else 0
    return re.search(str(check.value), answer[:MAX_REGEX_TEXT], flags) is not None


def _numeric(check: Check, answer: str) -> bool:
    """The last number of the answer is within the tolerance; answers end with their result."""
    found = [match for match in _NUMBER.findall(answer[-MAX_REGEX_TEXT:]) if any(char.isdigit() for char in match)]
    return bool(found) and abs(float(found[-1].replace(",", "")) - float(check.value)) <= check.tolerance


def _json_schema(check: Check, answer: str) -> bool:
    import jsonschema

    try:
        data = json.loads(strip_fence(answer))
        jsonschema.validate(data, check.value)
    except (ValueError, RecursionError, jsonschema.ValidationError):
        return False
    return True


def strip_fence(text: str) -> str:
    """The inside of a Markdown code fence when the whole text is one, else the text."""
    match = re.fullmatch(r"\s*```[\w-]*\n(.*?)\n?```\s*", text, re.DOTALL)
    return match.group(1) if match else text


_RULES: Mapping[CheckType, Callable[[Check, str], bool]] = {
    "exact": _exact,
    "contains": _contains,
    "not_contains": _not_contains,
    "regex": _regex,
    "json_schema": _json_schema,
    "numeric": _numeric,
}


def run_checks(checks: Sequence[Check], answer: str) -> tuple[int, int]:
    """How many checks the answer passes, and how many there are."""
    return sum(passes(check, answer) for check in checks), len(checks)
