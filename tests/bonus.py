"""The cast's co-op has a Bonus plan: the public nine steps, goods and fuel."""

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import count

from kvitto.assortment.types import BonusClass
from kvitto.bonus.types import Plan, Rounding, Step

LEASTS = (50, 200, 300, 400, 500, 600, 700, 800, 900)
STEPS = tuple(Step(least * 100, 100 + 50 * n) for n, least in enumerate(LEASTS))
PLAN = Plan("north", date(2016, 1, 1), STEPS, frozenset({BonusClass.STANDARD, BonusClass.FUEL}), Rounding.NEAREST, 10)
FILE = """
[[plan]]
company = "north"
from = 2016-01-01
steps = [
    { from = "50.00", percent = "1.0" },
    { from = "200.00", percent = "1.5" },
    { from = "300.00", percent = "2.0" },
    { from = "400.00", percent = "2.5" },
    { from = "500.00", percent = "3.0" },
    { from = "600.00", percent = "3.5" },
    { from = "700.00", percent = "4.0" },
    { from = "800.00", percent = "4.5" },
    { from = "900.00", percent = "5.0" },
]
classes = ["standard", "fuel"]
rounding = "nearest"
payment_day = 10
"""


def load_plans(*plans, campaigns=()):
    """The plan, or these, through the real action."""
    from kvitto.bonus import actions
    from kvitto.bonus.types import Scheme
    from kvitto.kernel.actor import OPERATOR
    from kvitto.kernel.db import opened
    from tests.cast import NOW

    with opened():
        return actions.load(scheme=Scheme(plans or (PLAN,), campaigns), by=OPERATOR, now=NOW)


def at_home(cast):
    """The northern co-op is everybody's home."""
    from kvitto.kernel.actor import OPERATOR
    from kvitto.kernel.db import opened
    from kvitto.members import changes
    from tests.cast import NOW

    with opened():
        for person_id in (cast.aino, cast.bjorn, cast.chen):
            changes.move_home(person_id=person_id, company="north", day=date(2020, 1, 1), by=OPERATOR, now=NOW)


@contextmanager
def undone():
    """Roll back what is done inside; outermost transactions may be opened there."""
    from django.db import transaction

    block = transaction.atomic()
    block._from_testcase = True
    with block:
        yield
        transaction.set_rollback(True)


_sequences = count(10_000)


def bought(euros, card=None, day="2026-11-20", *, lines=None, now=None, **fields):
    """A receipt of milk, taken in; Aino's when no card says otherwise."""
    from tests.cast import AINO_CARD, MILK, line, receipt, take

    goods = lines or [
        line(code=MILK, amount=euros, **({"type": "return", "quantity": "-1"} if euros[0] == "-" else {}))
    ]
    ended = {"end_time": f"{day}T12:00:00+02:00"} | fields
    took = take(
        receipt(goods, card=card or AINO_CARD, business_day=day, sequence=next(_sequences), **ended),
        now=now or datetime(2026, 12, 30, tzinfo=UTC),
    )
    assert took.recorded == 1, took


def close(month, *, today=None, **how):
    """Close a month, on a day after it."""
    from kvitto.bonus import closing
    from kvitto.kernel.actor import OPERATOR
    from tests.cast import NOW

    return closing.settle(month=month, by=OPERATOR, now=NOW, today=today or month + timedelta(days=40), **how)
