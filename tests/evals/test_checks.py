"""Deterministic checks."""

from typing import Any

import pytest

from jc.evals.checks import parse_checks, run_checks

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


@pytest.mark.parametrize(
    ("check", "answer", "passed"),
    [
        ({"type": "exact", "value": "Paris"}, " Paris\n", True),
        ({"type": "exact", "value": "Paris"}, "paris", False),
        ({"type": "exact", "value": "Paris", "ignore_case": True}, "paris", True),
        ({"type": "exact", "value": ["yes", "Yes."]}, "Yes.", True),
        ({"type": "contains", "value": ["a", "b"]}, "b and a", True),
        ({"type": "contains", "value": ["a", "z"]}, "b and a", False),
        ({"type": "not_contains", "value": "sorry"}, "I am sorry", False),
        ({"type": "regex", "value": r"^\d{4}$"}, "2024", True),
        ({"type": "regex", "pattern": r"^\d{4}$"}, "x2024", False),
        ({"type": "numeric", "value": 1234.5}, "The sum is 1,234.5.", True),
        ({"type": "numeric", "value": 42, "tolerance": 0.5}, "First 7, then about 42.4", True),
        ({"type": "numeric", "value": 42}, "no number", False),
        ({"type": "json_schema", "schema": SCHEMA}, '```json\n{"n": 3}\n```', True),
        ({"type": "json_schema", "schema": SCHEMA}, '{"n": "3"}', False),
        ({"type": "json_schema", "schema": SCHEMA}, "not JSON", False),
    ],
)
def test_each_type_passes_and_fails_where_it_should(check: dict[str, Any], answer: str, passed: bool) -> None:
    """Each type of check on a good and a bad answer."""
    assert run_checks(parse_checks([check]), answer) == (int(passed), 1)


@pytest.mark.parametrize(
    ("check", "words"),
    [
        ({"type": "regx", "value": "a"}, "no type 'regx'"),
        ({"type": "exact"}, "has no `value`"),
        ({"type": "exact", "valeu": "a"}, "no field `valeu`"),
        ({"type": "regex", "value": "("}, "not a regular expression"),
        ({"type": "numeric", "value": "many"}, "is not a number"),
        ({"type": "json_schema", "value": {"type": "nothing"}}, "not a JSON Schema"),
        ("exact", "is not an object"),
    ],
)
def test_a_wrong_check_is_named_before_the_run(check: object, words: str) -> None:
    """What is wrong with a check is said when the evalset is read."""
    with pytest.raises(ValueError, match="check 1") as caught:
        parse_checks([check])

    assert words in str(caught.value)
