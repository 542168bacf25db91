"""What stands out is found in the entries and the cases, once; the public figures are counted from them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils.timezone import localdate, localtime

from kvitto.audit import actions as audit
from kvitto.households import actions as households
from kvitto.households.types import NewHome, NewPlace, Role
from kvitto.kernel import identity
from kvitto.kernel.actor import OPERATOR, ActorKind
from kvitto.kernel.db import opened
from kvitto.oversight import counting, queries, watching
from kvitto.oversight.models import Alert
from kvitto.oversight.types import AlertKind, Depth
from kvitto.staff import records
from kvitto.staff.gate import DeniedError
from kvitto.staff.models import StaffPerson
from kvitto.staff.types import Duty, Finding, Proof, Reason
from tests.cast import AINO_CARD, BJORN_CARD, CHEN_CARD


def noon(back=0):
    """A working hour of today, or some days back; never in the future."""
    now = localtime()
    return min(now.replace(hour=12) - timedelta(days=back), now).astimezone(UTC)


def look_up(by, card=CHEN_CARD, *, now=None):
    now = now or datetime.now(UTC)
    with identity.acting(ActorKind.STAFF, account=int(by.id)), opened():
        case_id = records.look_up(card=card, proof=Proof.PASSPORT, by=by, now=now)
        records.record(case_id=case_id, duty=Duty.SERVICE_POINT, by=by, now=now)
    return case_id


def looked(by, times, at):
    """Entries as look-ups leave them, one case each."""
    with opened():
        for number in range(times):
            audit.record(
                by=by, action="staff.view_record", now=at, purpose="member_asked", count=1, case=f"case-9{number:04}"
            )


def watch():
    with opened():
        watching.watch(now=datetime.now(UTC))
    return {(each.kind, each.name.split()[0]): each for each in queries.alerts(now=datetime.now(UTC))}


def test_many_look_ups_stand_out_once_and_are_closed_by_somebody_else(crew):
    looked(crew.disa.by, 70, datetime.now(UTC))
    found = watch()
    assert watch().keys() == found.keys()
    alert = found[AlertKind.VOLUME, "Disa"]
    assert (alert.figure, alert.usual, alert.closed_at) == (70, 20, None)

    now = datetime.now(UTC)
    with pytest.raises(DeniedError), opened():
        watching.close_alert(alert_id=alert.alert_id, finding=Finding.JUSTIFIED, by=crew.disa.by, now=now)
    with opened():
        watching.close_alert(alert_id=alert.alert_id, finding=Finding.JUSTIFIED, by=crew.greta.by, now=now)
    with pytest.raises(watching.NothingOpenError), opened():
        watching.close_alert(alert_id=alert.alert_id, finding=Finding.UNJUSTIFIED, by=crew.greta.by, now=now)
    assert watch()[AlertKind.VOLUME, "Disa"].finding is Finding.JUSTIFIED


def test_nobody_closes_what_stood_out_about_themselves(crew):
    looked(crew.greta.by, 70, datetime.now(UTC))
    alert = watch()[AlertKind.VOLUME, "Greta"]

    with pytest.raises(watching.OwnAlertError), opened():
        watching.close_alert(
            alert_id=alert.alert_id, finding=Finding.JUSTIFIED, by=crew.greta.by, now=datetime.now(UTC)
        )
    with pytest.raises(IntegrityError, match="four_eyes"), transaction.atomic():
        Alert.objects.update(closed_at=datetime.now(UTC), closed_by=crew.greta.staff_id, finding="justified")


def test_look_ups_at_night_stand_out(crew):
    looked(crew.disa.by, 2, localtime().replace(hour=3).astimezone(UTC) - timedelta(days=1))
    looked(crew.dag.by, 2, noon(back=1))

    assert [key for key in watch() if key[0] is AlertKind.HOURS] == [(AlertKind.HOURS, "Disa")]


def test_a_reference_of_several_members_stands_out(crew):
    with opened():
        for card, reference in ((AINO_CARD, "K-1"), (CHEN_CARD, "K-1"), (BJORN_CARD, "K-2")):
            about = {"reference": reference, "reason": Reason.CLAIM, "member_asked": False}
            records.open_case(card=card, **about, by=crew.dag.by, now=datetime.now(UTC))

    alert = watch()[AlertKind.REFERENCE, "Dag"]

    assert (alert.about, alert.figure) == ("K-1", 2)


def test_a_member_who_is_near_stands_out_though_nobody_was_told_then(crew, cast):
    """Alma, who is Aino of the register, comes to share a household with Chen afterwards; Dag takes a name like Chen's."""
    for colleague, reference in ((crew.alma, "K-3"), (crew.dag, "K-4")):
        about = {"card": CHEN_CARD, "reference": reference, "reason": Reason.CLAIM, "member_asked": False}
        with opened():
            records.open_case(**about, by=colleague.by, now=datetime.now(UTC))
    assert not [key for key in watch() if key[0] is AlertKind.NEAR]
    since = localdate() - timedelta(days=30)
    places = [NewPlace(cast.chen, Role.MAIN, since), NewPlace(cast.aino, Role.ADULT, since)]
    with opened():
        households.register(homes=[NewHome(places)], by=OPERATOR, now=datetime.now(UTC))
    StaffPerson.objects.filter(pk=crew.dag.staff_id).update(name="Dag Chén")

    assert {key[1] for key in watch() if key[0] is AlertKind.NEAR} == {"Alma", "Dag"}


def test_refusals_stand_out(crew):
    for _ in range(5):
        audit.refused(by=crew.elsa.by, act="case.open", why="duty", now=datetime.now(UTC))
    audit.refused(by=crew.alma.by, act="case.open", why="namesake_record", now=datetime.now(UTC))

    found = watch()

    assert found[AlertKind.DENIED, "Elsa"].figure == 5
    assert found[AlertKind.NEAR_DENIED, "Alma"].about == "namesake_record"


def test_the_public_figures_are_the_cases_in_which_something_was_shown_by_depth_and_reason(crew):
    look_up(crew.disa.by)
    look_up(crew.disa.by, AINO_CARD)
    case_id = look_up(crew.disa.by, BJORN_CARD)
    with opened():
        for receipts in (2, 3):
            audit.record(
                by=crew.dag.by,
                action="vault.open",
                now=datetime.now(UTC),
                purpose="claim",
                count=receipts,
                case="case-77",
            )
        audit.record(by=crew.disa.by, action="staff.open_case", now=datetime.now(UTC), purpose="claim", case="case-78")
        watching.watch(now=datetime.now(UTC))
        watching.watch(now=datetime.now(UTC))

    rows = queries.published(today=localdate())

    assert case_id
    assert queries.counted_at()
    assert [(row.depth, row.reason, row.times, row.receipts) for row in rows] == [
        (Depth.RECORD, Reason.MEMBER_ASKED, 3, 0),
        (Depth.PURCHASES, Reason.CLAIM, 1, 5),
    ]
    assert {each.month for each in rows} == {localdate().replace(day=1)}


def test_look_ups_are_counted_by_person_reason_and_day(crew):
    look_up(crew.disa.by)
    look_up(crew.disa.by, AINO_CARD)
    watch()

    (found,) = counting.counts(first=localdate(), last=localdate() + timedelta(days=1))

    assert (found.account_id, found.day, found.reason, found.duty, found.times) == (
        int(crew.disa.by.id),
        localdate(),
        "member_asked",
        Duty.SERVICE_POINT,
        2,
    )


def test_a_look_up_over_midnight_is_one_on_the_day_on_which_it_began(crew):
    midnight = localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    looked(crew.disa.by, 1, midnight - timedelta(minutes=10))
    watch()
    looked(crew.disa.by, 2, midnight + timedelta(minutes=20))  # the first goes on, and another one
    watch()

    found = counting.counts(first=localdate() - timedelta(days=2), last=localdate() + timedelta(days=1))

    assert [(each.day, each.times) for each in found] == [(localdate() - timedelta(days=1), 1), (localdate(), 1)]
