"""What staff may write, whatever a page thinks: the database asks whose duty and whose hand it is, and nothing is rewritten."""

from datetime import UTC, datetime

import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils.timezone import localdate

from kvitto.kernel import identity
from kvitto.kernel.actor import ActorKind
from kvitto.kernel.db import opened
from kvitto.kernel.periods import Period
from kvitto.staff import actions, records
from kvitto.staff.models import Case, DutyPeriod, Glass
from kvitto.staff.types import Act, Duty, Proof, Reason
from tests.cast import CHEN_CARD

REFUSED = "row-level security|permission denied"
HAND = "is filled in once, by oneself"


@pytest.fixture
def waiting(crew):
    """A case, a duty and a change that wait for a second person, and what was opened without one."""
    now = datetime.now(UTC)
    with opened():
        about = {"reference": "K-1", "reason": Reason.CLAIM, "member_asked": False}
        case = records.open_case(card=CHEN_CARD, **about, by=crew.dag.by, now=now)
        records.break_glass(cards=[CHEN_CARD], reference="R-1", fresh_factor=True, by=crew.dag.by, now=now)
        period = Period(localdate(now))
        duty = actions.propose_duty(
            staff_id=crew.elsa.staff_id, duty=Duty.AUDITOR, period=period, by=crew.greta.by, now=now
        )
        payload = {"act": Act.KEYS_DESTROY, "payload": {"quarter": 1}, "fresh_factor": True}
        change = actions.propose_change(**payload, by=crew.ines.by, now=now)
    return {"case": case, "duty": duty, "change": change, "glass": Glass.objects.get().pk}


def as_(colleague):
    return identity.acting(ActorKind.STAFF, account=int(colleague.by.id))


def run(sql):
    """How many rows a statement touched."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.rowcount


CASE = (
    "INSERT INTO staff_case (duty, reference, reason, person_id, opened_by_id, opened_at, member_asked, ends_at)"
    " VALUES ('{duty}', 'K-9', 'member_asked', {person}, {opener}, now(), true, now() + interval '60 minutes')"
)


@pytest.mark.parametrize(
    ("who", "duty", "lets"),
    [
        ("disa", "service_point", True),
        ("disa", "data_handler", False),
        ("dag", "data_handler", True),
        ("dag", "service_point", False),
        ("elsa", "data_handler", False),
        ("faruk", "service_point", False),
        ("greta", "data_handler", False),
        ("ines", "service_point", False),
    ],
)
def test_a_case_is_opened_under_ones_own_duty_only(crew, cast, who, duty, lets):
    colleague = getattr(crew, who)
    statement = CASE.format(duty=duty, person=cast.chen, opener=colleague.staff_id)
    with as_(colleague):
        if lets:
            assert run(statement) == 1
        else:
            with pytest.raises(ProgrammingError, match=REFUSED):
                run(statement)


def test_nobody_opens_a_case_in_anothers_name_or_approved_from_the_start(crew, cast):
    with as_(crew.dag):
        with pytest.raises(ProgrammingError, match=REFUSED):
            run(CASE.format(duty="data_handler", person=cast.chen, opener=crew.doris.staff_id))
        approved = CASE.replace("member_asked, ends_at)", "member_asked, ends_at, approved_by_id, approved_at)")
        approved = approved.replace(
            "true, now() + interval '60 minutes')", "false, now() + interval '60 minutes', {by}, now())"
        )
        with pytest.raises(ProgrammingError, match=REFUSED):
            run(
                approved.replace("'member_asked'", "'claim'").format(
                    duty="data_handler", person=cast.chen, opener=crew.dag.staff_id, by=crew.greta.staff_id
                )
            )


def test_a_case_about_oneself_shows_nothing(crew, cast):
    with as_(crew.alma):
        assert run(CASE.format(duty="data_handler", person=cast.aino, opener=crew.alma.staff_id)) == 1
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM members_card")
            assert cursor.fetchone() == (0,)


APPROVALS = [
    (
        "staff_case",
        "case",
        "approved_by_id = {by}, approved_at = opened_at, ends_at = opened_at + interval '1 hour'",
        "doris",
    ),
    ("staff_duty", "duty", "approved_by_id = {by}, approved_at = proposed_at", "ines"),
    ("staff_change", "change", "approved_by_id = {by}, approved_at = proposed_at", "greta"),
    ("staff_glass", "glass", "reviewed_by_id = {by}, reviewed_at = opened_at, finding = 'justified'", "greta"),
]
each_approval = pytest.mark.parametrize(("table", "what", "columns", "approver"), APPROVALS)


@each_approval
def test_nobody_approves_with_anothers_hand(crew, waiting, table, what, columns, approver):
    """Whoever could approve writes down somebody else as the one who did."""
    other = crew.ines if approver != "ines" else crew.greta
    with as_(getattr(crew, approver)), pytest.raises(ProgrammingError, match=HAND):
        run(f"UPDATE {table} SET {columns.format(by=other.staff_id)} WHERE id = {waiting[what]}")


@each_approval
def test_what_one_approved_stays_approved_by_them(crew, waiting, table, what, columns, approver):
    colleague = getattr(crew, approver)
    with as_(colleague):
        assert run(f"UPDATE {table} SET {columns.format(by=colleague.staff_id)} WHERE id = {waiting[what]}") == 1
        column = columns.partition(" ")[0]
        with pytest.raises(ProgrammingError, match=HAND):
            run(f"UPDATE {table} SET {column} = NULL WHERE id = {waiting[what]}")


@each_approval
@pytest.mark.parametrize("who", ["disa", "elsa", "faruk"])
def test_whose_duty_it_is_not_approves_nothing(crew, waiting, table, what, columns, approver, who):
    colleague = getattr(crew, who)
    with as_(colleague):
        assert run(f"UPDATE {table} SET {columns.format(by=colleague.staff_id)} WHERE id = {waiting[what]}") == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE staff_case SET person_id = {person}",
        "UPDATE staff_case SET opened_by_id = {me}",
        "UPDATE staff_case SET member_asked = true",
        "UPDATE staff_duty SET duty = 'data_handler'",
        "UPDATE staff_duty SET staff_id = {me}",
        "UPDATE staff_change SET payload = '{{}}'",
        "UPDATE staff_glass SET people = 1",
        "UPDATE staff_person SET person_id = NULL",
        "UPDATE staff_person SET account_id = account_id",
        "DELETE FROM staff_case",
        "DELETE FROM staff_duty",
        "DELETE FROM staff_glass",
    ],
)
def test_what_was_written_down_is_not_rewritten(crew, cast, waiting, statement):
    with as_(crew.greta), pytest.raises(ProgrammingError, match="permission denied"):
        run(statement.format(person=cast.bjorn, me=crew.greta.staff_id))


def test_nobody_gives_themselves_a_duty(crew):
    duty = (
        "INSERT INTO staff_duty (staff_id, duty, period, bootstrap, proposed_by_id, proposed_at)"
        " VALUES ({me}, 'data_handler', daterange(current_date, NULL), {first}, {by}, now())"
    )
    for who, first, by in (("elsa", "false", "elsa"), ("greta", "false", "ines"), ("greta", "true", "greta")):
        me = getattr(crew, who).staff_id
        with as_(getattr(crew, who)), pytest.raises(ProgrammingError, match=REFUSED):
            run(duty.format(me=me, first=first, by=getattr(crew, by).staff_id))
    assert not DutyPeriod.objects.filter(approved_at=None).exists()


def test_nobody_signs_for_somebody_else(crew):
    signature = (
        "INSERT INTO staff_signature (staff_id, agreement_id, hash, language, signed_at, expires_at)"
        f" SELECT {crew.dag.staff_id}, 1, hash, 'sv', now(), now() + interval '300 days' FROM staff_agreement"
    )
    with as_(crew.greta), pytest.raises(ProgrammingError, match=REFUSED):
        run(signature)
    with as_(crew.dag):
        assert run(signature) == 1


def test_a_closed_case_shows_nothing_at_once(crew, cast, waiting):
    with as_(crew.dag), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM members_card")
        assert cursor.fetchone() == (1,)
        Case.objects.filter(opened_by=crew.dag.staff_id).update(closed_at=datetime.now(UTC))
        cursor.execute("SELECT count(*) FROM members_card")
        assert cursor.fetchone() == (0,)


def test_staff_tell_the_member_of_their_case_and_read_nothing_of_what_they_are_told(crew, cast):
    tell = "INSERT INTO notices_notice (person_id, kind, made_at) VALUES ({person}, 'household_left', now())"
    with opened():
        records.look_up(card=CHEN_CARD, proof=Proof.ID_CARD, by=crew.disa.by, now=datetime.now(UTC))
    with as_(crew.disa):
        assert run(tell.format(person=cast.chen)) == 1
        with pytest.raises(ProgrammingError, match=REFUSED):
            run(tell.format(person=cast.bjorn))
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM notices_notice")
            assert cursor.fetchone() == (0,)
    with as_(crew.dag), pytest.raises(ProgrammingError, match=REFUSED):
        run(tell.format(person=cast.chen))
