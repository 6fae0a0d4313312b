"""The page of the docs that lists every rule of `jc catalog check`, made from the rules."""

from collections.abc import Sequence

from jc.catalog.check import GROUPS, Rule
from jc.catalog.rules.all import RULES
from jc.report.table import markdown_cell
from jc.routing.rules import RULES as ROUTE_RULES
from jc.tiers.rules import RULES as TIER_RULES


def every_rule() -> tuple[Rule, ...]:
    """The rules of the catalog and those of the packages that know more, by id."""
    return tuple(sorted((*RULES, *TIER_RULES, *ROUTE_RULES), key=lambda rule: rule.id))


def rules_page(rules: Sequence[Rule] | None = None) -> str:
    """One table a group, one line a rule."""
    all_rules = every_rule() if rules is None else rules
    parts = [_group(group, [rule for rule in all_rules if rule.group == group]) for group in GROUPS]
    return "\n".join(part for part in parts if part)


def _group(group: str, rules: Sequence[Rule]) -> str:
    if not rules:
        return ""
    head = f"## {group.capitalize()}\n\n| Rule | Name | Severity | What holds |\n| --- | --- | --- | --- |\n"
    return head + "".join(_line(rule) for rule in rules)


def _line(rule: Rule) -> str:
    severity = f"{rule.severity} (with `--base`)" if rule.compares else rule.severity
    return f"| {rule.id} | `{rule.name}` | {severity} | {markdown_cell(rule.what)} |\n"
