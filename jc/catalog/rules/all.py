"""Every rule of this package, in the order of their ids."""

from jc.catalog.check import Rule
from jc.catalog.rules import dates, history, identity, limits, overrides, price, routes, scores, sources, syntax, tiers

RULES: tuple[Rule, ...] = tuple(
    sorted(
        (
            *syntax.RULES,
            *identity.RULES,
            *price.RULES,
            *overrides.RULES,
            *limits.RULES,
            *dates.RULES,
            *sources.RULES,
            *scores.RULES,
            *tiers.RULES,
            *routes.RULES,
            *history.RULES,
        ),
        key=lambda rule: rule.id,
    )
)
