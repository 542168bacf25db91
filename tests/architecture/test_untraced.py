"""No trace, no data: staff read at random while the record of acts fails one time in ten, and nothing is shown without its entry.

Some hundred reads here; `make untraced` makes a hundred thousand. KVITTO_READS says how many, KVITTO_SEED which.
"""

import os
import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import Error, connections
from django.utils.timezone import localdate

from kvitto.audit.models import Entry
from kvitto.audit.types import LOOKS
from kvitto.kernel import identity
from kvitto.kernel.actor import ActorKind
from kvitto.kernel.db import OWNER, opened
from kvitto.kernel.periods import Period, month_start, months_after
from kvitto.spending import cases as spending
from kvitto.staff import records
from kvitto.staff.types import Duty, Proof, Reason
from tests.cast import AINO_CARD, CHEN_CARD, MILK, line, receipt, settle, take
from tests.crew import hire_all

READS = int(os.environ.get("KVITTO_READS") or 200)
SEED = int(os.environ.get("KVITTO_SEED") or 12)
A_CASE_LASTS = timedelta(minutes=50)
FAILING = """
    CREATE FUNCTION test_fail() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF random() < 0.1 THEN RAISE EXCEPTION 'the disk is full'; END IF;
            RETURN NEW;
        END
    $$;
    CREATE TRIGGER test_fail BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION test_fail()
"""
MENDED = "DROP TRIGGER test_fail ON audit_entry; DROP FUNCTION test_fail()"


@pytest.fixture
def crew(committed):
    """The crew at work; Aino and Chen have bought milk."""
    bought = datetime.now(UTC) - timedelta(hours=3)
    day = {"business_day": bought.date().isoformat(), "end_time": bought.replace(microsecond=0).isoformat()}
    with opened():
        cast = settle()
    milk = [line(code=MILK)]
    take(receipt(milk, **day), receipt(milk, card=CHEN_CARD, sequence=2, **day), now=datetime.now(UTC))
    return hire_all(datetime.now(UTC) - timedelta(days=20), cast.chen)


def _by_hand(statements):
    with connections[OWNER].cursor() as cursor:
        cursor.execute(statements)


class Reads:
    """Each way in which staff are shown something of one member."""

    def __init__(self, crew):
        self.disa, self.dag, self.began = crew.disa.by, crew.dag.by, None

    def open(self):
        """New cases, when there are none or they are nearly over."""
        now = datetime.now(UTC)
        if self.began and now - self.began < A_CASE_LASTS:
            return
        with self.acting(self.disa), opened():
            self.at_point = records.look_up(card=AINO_CARD, proof=Proof.PASSPORT, by=self.disa, now=now)
        with self.acting(self.dag), opened():
            about = {"card": AINO_CARD, "reference": "K-1", "reason": Reason.MEMBER_ASKED, "member_asked": True}
            self.of_handler = records.open_case(**about, by=self.dag, now=now)
        self.began = now

    def acting(self, by):
        return identity.acting(ActorKind.STAFF, account=int(by.id))

    def record(self):
        with self.acting(self.disa), opened():
            return records.record(
                case_id=self.at_point, duty=Duty.SERVICE_POINT, by=self.disa, now=datetime.now(UTC)
            ).details

    def choices(self):
        with self.acting(self.disa), opened():
            return records.choices_of(case_id=self.at_point, by=self.disa, now=datetime.now(UTC)).details

    def case(self):
        with self.acting(self.dag), opened():
            return records.record(
                case_id=self.of_handler, duty=Duty.DATA_HANDLER, by=self.dag, now=datetime.now(UTC)
            ).details

    def lines(self):
        return self._month(0)

    def nothing(self):
        """A month in which nothing was bought."""
        return self._month(-3)

    def _month(self, back):
        now = datetime.now(UTC)
        bought = (now - timedelta(hours=3)).date()
        start = months_after(month_start(bought), back)
        with self.acting(self.dag):
            return spending.month(
                case_id=self.of_handler,
                period=Period(start, months_after(start, 1)),
                language="en",
                fresh_factor=True,
                by=self.dag,
                today=localdate(now),
                now=now,
            )


def test_nothing_is_shown_without_its_entry(crew, record_property):
    reads, chance = Reads(crew), random.Random(SEED)  # noqa: S311  a test's
    ways = (reads.record, reads.choices, reads.case, reads.lines, reads.nothing)
    before = Entry.objects.filter(action__in=LOOKS).count()
    shown = failed = 0
    reads.open()
    _by_hand(FAILING)
    try:
        for number in range(READS):
            if number % 1000 == 999:
                _by_hand(MENDED)
                reads.open()
                _by_hand(FAILING)
            try:
                shown += chance.choice(ways)() is not None
            except Error:
                failed += 1
    finally:
        _by_hand(MENDED)
    record_property("reads_of_staff", READS)

    assert Entry.objects.filter(action__in=LOOKS).count() - before == shown
    assert shown + failed == READS
    assert failed > READS // 30
