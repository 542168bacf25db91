"""How acts are told, and what stands out; without a database."""

from datetime import UTC, date, datetime, timedelta

import pytest

from kvitto.audit.types import Health, Trace, Witness
from kvitto.kernel.periods import Period
from kvitto.oversight import rules
from kvitto.oversight.types import AlertKind, Count, Symptom
from kvitto.staff.types import Duty
from tests.cast import NOW, TODAY

NOVEMBER = Period(date(2026, 11, 1), date(2026, 12, 1))


def trace(
    number, action="vault.open", *, case="case-3", kind="staff", purpose="claim", count=1, period=None, minutes=0
):
    return Trace(number, NOW + timedelta(minutes=minutes), kind, action, purpose, count, case, period)


def test_the_acts_of_a_case_are_one_look_up_with_its_reason_duty_and_what_was_shown():
    acts = [
        trace(12, count=3, period=NOVEMBER, minutes=9),
        trace(11, count=2, period=NOVEMBER, minutes=5),
        trace(10, "staff.view_record", minutes=1),
        trace(9, "staff.open_case"),
        trace(8, "members.issue_code", case="", purpose="service_point"),
    ]

    (found,) = rules.look_ups(acts, {"case-3": (Duty.DATA_HANDLER, True)}, {})

    assert (found.number, found.begun, found.ended) == (9, NOW, NOW + timedelta(minutes=9))
    assert (found.reason, found.duty, found.alone) == ("claim", Duty.DATA_HANDLER, True)
    assert [(each.action, each.times, each.receipts, each.periods) for each in found.shown] == [
        ("staff.open_case", 1, 0, ()),
        ("staff.view_record", 1, 0, ()),
        ("vault.open", 2, 5, (NOVEMBER,)),
    ]
    (other,) = rules.others(acts, {}, local={each.number: TODAY for each in acts})
    assert (other.number, other.action) == (8, "members.issue_code")


def test_the_same_act_of_a_day_is_told_once():
    acts = [trace(number, "spending.household", case="", kind="member", purpose="") for number in (5, 4, 3)]
    days = {5: TODAY, 4: TODAY, 3: TODAY - timedelta(days=1)}

    assert [(each.number, each.times) for each in rules.others(acts, {}, local=days)] == [(5, 2), (3, 1)]


def count(account, times, back=0, duty=Duty.DATA_HANDLER):
    return Count(account, TODAY - timedelta(days=back), "claim", duty, times)


@pytest.mark.parametrize(
    ("own", "team", "times", "stands_out"),
    [
        ([4, 6], [5, 5], 20, False),  # few
        ([4, 6], [5, 5], 21, True),
        ([30], [30], 90, False),
        ([30], [30], 91, True),
        ([60], [10], 61, True),  # usual for the person, and not for the duty
        ([10], [60], 61, True),  # usual for the duty, and not for the person
        ([], [], 60, False),  # nothing is usual yet
        ([], [], 61, True),
    ],
)
def test_many_more_look_ups_than_usual_for_the_person_or_the_duty_stand_out(own, team, times, stands_out):
    counts = [count(1, n, back) for back, n in enumerate(own, 1)] + [count(1, times)]
    counts += [count(account, n, back) for account in range(2, 12) for back, n in enumerate(team, 1)]

    found = rules.volumes(counts, day=TODAY, staff_of={1: 101, 2: 102})

    assert [(each.kind, each.staff_id, each.figure) for each in found] == (
        [(AlertKind.VOLUME, 101, times)] if stands_out else []
    )


def test_five_refusals_stand_out_and_one_at_somebody_near():
    refused = [(1, "duty", 3), (1, "NoHolderError", 2), (2, "duty", 4), (3, "household_record", 1), (9, "duty", 99)]

    found = rules.denials(refused, day=TODAY, staff_of={1: 101, 2: 102, 3: 103})

    assert {(each.kind, each.staff_id, each.about, each.figure) for each in found} == {
        (AlertKind.DENIED, 101, "", 5),
        (AlertKind.NEAR_DENIED, 103, "household_record", 1),
    }


SOUND = Health(10, 0, None, 10, NOW, (Witness("w", 10, NOW, NOW),))
HOUR, WEEKS = timedelta(hours=1), timedelta(days=15)


@pytest.mark.parametrize(
    ("health", "wrong"),
    [
        (SOUND, []),
        (Health(10, 3, NOW - HOUR, 10, NOW, SOUND.witnesses), [Symptom.UNNUMBERED]),
        (Health(10, 3, NOW, 10, NOW, SOUND.witnesses), []),
        (Health(12, 0, None, 10, NOW - HOUR, SOUND.witnesses), [Symptom.LATE_CHECKPOINT]),
        (Health(10, 0, None, 10, NOW - HOUR, SOUND.witnesses), []),  # nothing new
        (Health(12, 0, None, 0, None, SOUND.witnesses), [Symptom.LATE_CHECKPOINT]),
        (Health(10, 0, None, 10, NOW, ()), [Symptom.NO_WITNESS]),
        (Health(10, 0, None, 10, NOW, (Witness("w", 5, NOW - WEEKS, NOW),)), [Symptom.SILENT_WITNESS]),
        (Health(10, 0, None, 10, NOW, (Witness("w", 0, None, NOW - WEEKS),)), [Symptom.SILENT_WITNESS]),
        (Health(10, 0, None, 10, NOW, (Witness("w", 0, None, NOW),)), []),  # handed something just now
    ],
)
def test_what_is_wrong_with_the_log_is_said(health, wrong):
    assert rules.symptoms(health, now=NOW) == wrong


def test_deliveries_are_told_by_month():
    at = datetime(2026, 11, 2, tzinfo=UTC)
    found = rules.arrivals(
        [(at, "till", 2), (at - timedelta(days=1), "till", 1), (at - timedelta(days=5), "operator", 4)]
    )

    assert [(each.month, each.receipts, len(each.deliveries)) for each in found] == [
        (date(2026, 11, 1), 3, 2),
        (date(2026, 10, 1), 4, 1),
    ]
