"""What the walls cost: the copy of the register without them, and how the two are compared. Nothing here is timed."""

import secrets
from itertools import cycle, islice

import psycopg
import pytest
from django.db import connection, connections

from kvitto.benchmarks import pages, registers, scratch
from kvitto.benchmarks.browser import Answer, NoAnswerError
from kvitto.benchmarks.shoppers import HEAVY, TYPICAL

WALLED = "SELECT relname FROM pg_class WHERE relrowsecurity OR relforcerowsecurity"


def answers(database, sql):
    """What the web role reads in a database."""
    with scratch.pointed_at(database), connection.cursor() as cursor:
        cursor.execute(sql)
        return [row[0] for row in cursor.fetchall()]


@pytest.fixture
def register(committed, monkeypatch):
    """A small register with one table behind a wall that lets nobody through."""
    name = f"kvitto_bench_{secrets.token_hex(4)}"
    scratch.create(name)
    with scratch.pointed_at(name), connections["owner"].cursor() as cursor:
        cursor.execute("CREATE TABLE receipt AS SELECT 7 AS id")
        cursor.execute("GRANT SELECT ON receipt TO PUBLIC")
        cursor.execute("ALTER TABLE receipt ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    monkeypatch.setattr(registers, "name", {1: name}.__getitem__)
    yield name
    scratch.drop(name)


def test_the_copy_has_the_same_rows_and_no_walls(register):
    with registers.without_walls() as copy:
        assert copy != register
        assert answers(copy, WALLED) == []
        assert answers(copy, "SELECT id FROM receipt") == [7]


def test_the_register_keeps_its_walls(register):
    with registers.without_walls():
        assert answers(register, WALLED) == ["receipt"]
        assert answers(register, "SELECT id FROM receipt") == []


def test_the_copy_is_dropped_when_the_measurement_breaks(register):
    with pytest.raises(KeyboardInterrupt), registers.without_walls() as copy:
        raise KeyboardInterrupt

    assert scratch.exists(register)
    assert not scratch.exists(copy)


@pytest.mark.parametrize("role", ["web", "owner"])
def test_what_a_killed_measurement_left_is_in_nobodys_way(register, role):
    """Its copy, and servers that still hold the copy and the register open."""
    with registers.without_walls() as copy:
        pass
    scratch.create(copy)
    left = [psycopg.connect(scratch.url(name, role)) for name in (register, copy)]

    with registers.without_walls() as again:
        assert again == copy
        assert answers(copy, "SELECT id FROM receipt") == [7]
    for each in left:
        each.close()


class Browser:
    """Answers at once, and says how long it took as it was told to; what was asked goes to a list shared by all."""

    def __init__(self, name, milliseconds, asked, status=200):
        self.name, self.milliseconds, self.asked, self.status = name, cycle(milliseconds), asked, status

    def connect(self):
        pass

    def get(self, path):
        self.asked.append((self.name, path))
        return Answer(self.status, "", b"", 0, next(self.milliseconds))


def visit(name, milliseconds, asked, **more):
    return pages.Visit(Browser(name, milliseconds, asked, **more), {"list": cycle(["/a", "/b", "/c"])})


def test_each_request_is_made_of_both_before_the_next():
    asked = []
    visits = [visit("on", [2.0], asked), visit("off", [1.0], asked)]

    took = pages._alternate(visits, "list", 20)

    assert took == [[2.0] * 20, [1.0] * 20]
    assert asked[:6] == [("on", "/a"), ("off", "/a"), ("on", "/b"), ("off", "/b"), ("on", "/c"), ("off", "/c")]


def test_the_first_tenth_warms_up():
    milliseconds = [900.0, 900.0, *(float(number) for number in range(20))]

    took = pages._alternate([visit("on", milliseconds, [])], "list", 20)

    assert took == [[float(number) for number in range(20)]]


def test_a_page_that_fails_in_between_voids_the_comparison():
    with pytest.raises(NoAnswerError, match="list answered 500"):
        pages._alternate([visit("on", [1.0], [], status=500)], "list", 20)


def test_the_ratios_are_with_walls_over_without_for_either_member():
    mostly = [10.0] * 9  # and one in ten that is slow: the median does not see it, p95 does
    said = []
    with_walls = {TYPICAL.username: [*mostly, 30.0], HEAVY.username: [15.0]}
    without = {TYPICAL.username: [*mostly, 20.0], HEAVY.username: [10.0]}
    sites = [
        pages.Site(name, {member: visit(name, took, []) for member, took in members.items()})
        for name, members in (("on", with_walls), ("off", without))
    ]

    ratios = pages._compare(*sites, ["list"], 100, said.append)

    assert ratios == {"list": {"p50_ratio": 1.0, "p95_ratio": 1.5, "heavy_p50_ratio": 1.5, "heavy_p95_ratio": 1.5}}
    assert list(islice(said, 2)) == [
        "walls: list p50 10.00 ms with, 10.00 ms without",
        "walls: list p95 30.00 ms with, 20.00 ms without",
    ]
