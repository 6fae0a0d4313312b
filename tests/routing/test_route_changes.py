"""Which routes a change of the catalog sends elsewhere."""

from dataclasses import replace

from jc.catalog.diff_values import Delta
from jc.catalog.model import Catalog, RouteTable, Target
from jc.routing.changes import route_changes
from tests.strategies import AT, HERE, catalog, offer

SEEING = ("text", "image")
A, B = offer("p/a", "2.00", "2.00"), offer("q/b", "1.00", "1.00", input=SEEING)


def table(**routes: Target) -> RouteTable:
    return RouteTable("plain", HERE, routes=routes)


def world(*tables: RouteTable, offers: tuple[object, ...] = (A, B)) -> Catalog:
    return catalog(list(offers), routes={one.name: one for one in tables})  # type: ignore[arg-type]


def test_equal_tables_change_nothing() -> None:
    """A table against itself."""
    same = world(table(general=Target(model="p/a")))

    assert route_changes(same, same, AT) == []


def test_another_target_is_told_as_written_and_as_decided() -> None:
    """The line of the table, and who answers."""
    before, after = world(table(general=Target(model="p/a"))), world(table(general=Target(model="q/b")))
    (change,) = route_changes(before, after, AT)

    assert change.subject == "plain: general"
    assert change.deltas[0] == Delta("target", "p/a", "q/b")
    assert Delta("answers text", "p/a", "q/b") in change.deltas


def test_a_pool_answers_otherwise_when_a_price_changes() -> None:
    """Nothing was written differently, and another model answers all the same."""
    pool = table(general=Target(pool=("p/a", "q/b"), preference="cost"))
    dear = replace(B, prices=offer("q/b", "9.00", "9.00").prices)
    (change,) = route_changes(world(pool), world(pool, offers=(A, dear)), AT)

    assert change.deltas == (Delta("answers text", "q/b", "p/a"),)


def test_a_table_that_names_a_removed_model_answers_nobody() -> None:
    """And says which name it does not know."""
    plain = table(general=Target(model="q/b"))
    (change,) = route_changes(world(plain), world(plain, offers=(A,)), AT)

    assert Delta("answers text", "q/b", None) in change.deltas
    assert "q/b" in change.note


def test_tables_that_come_and_go() -> None:
    """A new table, and one that is gone."""
    assert [one.deltas for one in route_changes(world(), world(table(general=Target(model="p/a"))), AT)] == [
        (Delta("table", None, "there"),)
    ]
    assert [one.deltas for one in route_changes(world(table(general=Target(model="p/a"))), world(), AT)] == [
        (Delta("table", "there", None),)
    ]


def test_fallbacks_are_part_of_what_is_written() -> None:
    """Who stands in counts."""
    before = world(table(general=Target(model="p/a")))
    after = world(table(general=Target(model="p/a", fallback=("q/b",))))
    (change,) = route_changes(before, after, AT)

    assert change.deltas[0] == Delta("target", "p/a", "p/a, else q/b")
