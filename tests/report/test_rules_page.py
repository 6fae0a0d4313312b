"""The page of the rules in the documentation."""

from pathlib import Path

from jc.report.rules_page import every_rule, rules_page

PAGE = Path(__file__).parent.parent.parent / "docs" / "catalog-rules.md"


def test_the_page_is_current() -> None:
    """`make docs` was run after the last change of a rule."""
    assert rules_page() in PAGE.read_text("utf-8")


def test_every_rule_has_its_line() -> None:
    """Ids and names are unique, ids are stable in form, and each stands on the page once."""
    rules = every_rule()
    page = PAGE.read_text("utf-8")

    assert len({rule.id for rule in rules}) == len({rule.name for rule in rules}) == len(rules)
    for rule in rules:
        assert rule.id[:2] == "JC"
        assert rule.id[2:].isdecimal()
        assert rule.what.endswith(".")
        assert page.count(f"| {rule.id} |") == 1
