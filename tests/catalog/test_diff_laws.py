"""Laws of the difference: it is empty for equals, turns round with its sides, and does not depend on the order of files."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from jc.catalog.diff import diff
from jc.catalog.model import Catalog
from tests.strategies import AT, catalogs


def shuffled(catalog: Catalog, backwards: bool) -> Catalog:
    """The same catalog, read in another order."""
    if not backwards:
        return catalog
    return replace(
        catalog,
        offers=dict(reversed(list(catalog.offers.items()))),
        models=dict(reversed(list(catalog.models.items()))),
        scores=tuple(reversed(catalog.scores)),
    )


@settings(max_examples=50)
@given(catalogs())
def test_equal_catalogs_have_no_difference(catalog: Catalog) -> None:
    """In whatever order they were read."""
    assert diff(catalog, shuffled(catalog, backwards=True), AT) == []


@settings(max_examples=50)
@given(catalogs(), catalogs())
def test_the_difference_turns_round_with_its_sides(before: Catalog, after: Catalog) -> None:
    """What is new one way is removed the other way, and every figure changes places."""
    there, back = diff(before, after, AT), diff(after, before, AT)

    assert {one.subject for one in there if one.kind == "new"} == {one.subject for one in back if one.kind == "removed"}
    for kind in ("repriced", "capability", "limit", "lifecycle"):
        forward = {(one.subject, one.effective, d.field, d.condition, str(d.before), str(d.after))
                   for one in there if one.kind == kind for d in one.deltas}  # fmt: skip
        mirrored = {(one.subject, one.effective, d.field, d.condition, str(d.after), str(d.before))
                    for one in back if one.kind == kind for d in one.deltas}  # fmt: skip
        assert forward == mirrored


@settings(max_examples=50)
@given(catalogs(), catalogs(), st.booleans(), st.booleans())
def test_the_order_of_reading_does_not_matter(before: Catalog, after: Catalog, first: bool, second: bool) -> None:
    """The same two catalogs give the same list."""
    assert diff(before, after, AT) == diff(shuffled(before, first), shuffled(after, second), AT)


@settings(max_examples=50)
@given(catalogs(), catalogs())
def test_every_delta_is_a_change(before: Catalog, after: Catalog) -> None:
    """No figure is told that did not move."""
    for one in diff(before, after, AT):
        assert all(delta.before != delta.after for delta in one.deltas)
