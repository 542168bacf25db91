"""What many tests start from is made once, and each of them works in a savepoint on top of it.

`ON_TOP` names the layers from the bottom up, each by the fixture that gives it: the cast, and above it the staff. No other
fixture may bear that name, unless it commits. A layer is a transaction inside the one below. It stays while the tests that
follow each other ask for it, and goes before one that does not: no test ever sees a layer that it has not asked for, and what
a test changes is rolled back to the layer, whose rows are as the real actions left them. One that really commits has none.
"""

from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

ON_TOP = {}  # the name of a fixture, and what makes its layer, which is handed what the layers below it gave by name


@contextmanager
def undone():
    """A transaction, inside a test's own, of which nothing stays; an outermost one may be opened in it."""
    block = transaction.atomic()
    block._from_testcase = True
    with block:
        yield
        transaction.set_rollback(True)


def layer(name):
    """Note what makes the layer of a fixture, above those noted so far."""

    def noted(make):
        ON_TOP[name] = make
        return make

    return noted


def wanted(item):
    """The names of the layers that a test asks for, from the bottom up."""
    asked = set(getattr(item, "fixturenames", ()))
    return [] if "committed" in asked else [name for name in ON_TOP if name in asked]


@dataclass
class Layer:
    """A layer that stands: its transaction, and what making it gave."""

    name: str
    block: transaction.Atomic
    given: Any


class Ground:
    """The layers that stand in this process."""

    def __init__(self):
        self.layers = []

    def prepare(self, names):
        """Leave what is not wanted, make what is missing; what the layers gave, by name."""
        if len(connection.atomic_blocks) > len(self.layers):  # a mark has begun the test's own transaction already
            given = self.given()
            for name in names[len(given) :]:
                given[name] = ON_TOP[name](**given)
            return given
        self.leave(names)
        for name in names[len(self.layers) :]:
            self._make(name)
        return self.given()

    def given(self):
        return {each.name: each.given for each in self.layers}

    def leave(self, names=()):
        """Roll back the layers that do not belong to these names, from the top down."""
        sound = len(connection.atomic_blocks) == len(self.layers) and not connection.needs_rollback
        kept = 0
        while sound and kept < len(self.layers) and [self.layers[kept].name] == list(names[kept : kept + 1]):
            kept += 1
        while len(self.layers) > kept:
            self._roll_back(self.layers.pop())

    def _make(self, name):
        below = self.given()
        block = transaction.atomic()
        block._from_testcase = True  # as Django's own test cases say that an outermost transaction may be opened inside
        block.__enter__()
        self.layers.append(Layer(name, block, None))
        try:
            self.layers[-1].given = ON_TOP[name](**below)
        except BaseException:
            self._roll_back(self.layers.pop())
            raise

    def _roll_back(self, gone):
        if connection.in_atomic_block:
            transaction.set_rollback(True)
            gone.block.__exit__(None, None, None)
