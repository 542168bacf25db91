"""Duties: one person proposes, another approves, and the database holds it when no code of ours does."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from kvitto.accounts import actions as accounts
from kvitto.accounts.types import Kind
from kvitto.audit.models import Entry
from kvitto.households import actions as households
from kvitto.kernel import identity
from kvitto.kernel.actor import OPERATOR, Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.kernel.periods import Period
from kvitto.staff import actions, queries
from kvitto.staff.gate import DeniedError, NotStaffError
from kvitto.staff.models import DutyPeriod, StaffPerson
from kvitto.staff.types import AgreementState, Denial, Duty, Relation, Standing
from tests.cast import NOW, TODAY
from tests.households import do, settle
from tests.rooms.staff.conftest import PASSWORD, hire, sign

DAY = timedelta(days=1)
TOMORROW = NOW + DAY


def propose(staff, duty=Duty.MARKETER, *, by=None, to=None, start=TODAY, end=None, now=NOW):
    with opened():
        return actions.propose_duty(
            staff_id=(to or staff.disa).staff_id,
            duty=duty,
            period=Period(start, end),
            by=(by or staff.greta).by,
            now=now,
        )


def approve(duty_id, by, *, now=NOW, fresh_factor=True):
    with opened():
        actions.approve_duty(duty_id=duty_id, fresh_factor=fresh_factor, by=by.by, now=now)


def end(duty_id, by, now=NOW):
    with opened():
        actions.end_duty(duty_id=duty_id, by=by.by, now=now)


def duties(colleague, now=NOW):
    return queries.duties_of(colleague.staff_id, now=now)


def test_a_proposed_duty_holds_once_another_person_approved_it(staff):
    duty_id = propose(staff)
    assert duties(staff.disa) == {Duty.SERVICE_POINT}
    (waiting,) = queries.open_proposals(now=NOW)
    assert (waiting.name, waiting.duty, waiting.proposed_by) == ("Disa Dahl", Duty.MARKETER, "Greta Gran")

    approve(duty_id, staff.ines)

    assert duties(staff.disa) == {Duty.SERVICE_POINT, Duty.MARKETER}
    assert queries.open_proposals(now=NOW) == []


def test_nobody_approves_their_own_proposal(staff):
    duty_id = propose(staff)

    with pytest.raises(actions.SelfApprovalError):
        approve(duty_id, staff.greta)
    assert duties(staff.disa) == {Duty.SERVICE_POINT}


def test_nobody_approves_their_own_duty(staff):
    duty_id = propose(staff, Duty.PRIVACY_OFFICER, to=staff.ines)

    with pytest.raises(actions.SelfApprovalError):
        approve(duty_id, staff.ines)


@pytest.mark.parametrize(
    ("late", "refused"), [(timedelta(days=7) - timedelta(seconds=1), False), (timedelta(days=7), True)]
)
def test_a_proposal_waits_seven_days(staff, late, refused):
    duty_id = propose(staff)

    if refused:
        with pytest.raises(actions.NothingWaitsError):
            approve(duty_id, staff.ines, now=NOW + late)
    else:
        approve(duty_id, staff.ines, now=NOW + late)
    assert (Duty.MARKETER in duties(staff.disa, NOW + late)) is not refused


def test_a_proposal_is_approved_once(staff):
    duty_id = propose(staff)
    approve(duty_id, staff.ines)

    with pytest.raises(actions.NothingWaitsError):
        approve(duty_id, staff.ines)


def test_staff_can_do_all_of_it_behind_the_database_walls(staff):
    """As the staff's pages ask: each act in the name of the account that is signed in."""
    with identity.acting(ActorKind.STAFF, account=int(staff.greta.by.id)):
        duty_id = propose(staff)
        assert len(queries.open_proposals(now=NOW)) == 1
    with identity.acting(ActorKind.STAFF, account=int(staff.ines.by.id)):
        approve(duty_id, staff.ines)
        assert Duty.MARKETER in duties(staff.disa)
        with opened():
            sign(staff.ines)
        end(duty_id, staff.ines)


@pytest.mark.parametrize("who", ["disa", "elsa", "dag"])
def test_only_administrators_and_privacy_officers_propose_and_approve(staff, who):
    with pytest.raises(DeniedError) as refused:
        propose(staff, by=getattr(staff, who))
    assert refused.value.why is Denial.DUTY

    duty_id = propose(staff, to=staff.greta)
    with pytest.raises(DeniedError):
        approve(duty_id, getattr(staff, who))


def test_approving_needs_a_fresh_second_factor(staff):
    with pytest.raises(DeniedError) as refused:
        approve(propose(staff), staff.ines, fresh_factor=False)

    assert refused.value.why is Denial.FRESH_FACTOR


def test_a_member_or_an_operator_proposes_nothing(staff):
    for actor in (OPERATOR, Actor(ActorKind.MEMBER, "1"), Actor(ActorKind.STAFF, "999999999")):
        with pytest.raises((DeniedError, NotStaffError)), opened():
            actions.propose_duty(
                staff_id=staff.disa.staff_id, duty=Duty.AUDITOR, period=Period(TODAY), by=actor, now=NOW
            )


def test_a_duty_held_or_waiting_is_not_proposed_again(staff):
    propose(staff)
    for duty in (Duty.MARKETER, Duty.SERVICE_POINT):
        with pytest.raises(actions.DutyHeldError):
            propose(staff, duty)


def test_a_duty_does_not_begin_in_the_past(staff):
    with pytest.raises(actions.PastDutyError):
        propose(staff, start=TODAY - DAY)


def test_a_duty_holds_from_its_first_day_up_to_its_last(staff):
    approve(propose(staff, start=TODAY + DAY, end=TODAY + 3 * DAY), staff.ines)

    assert [Duty.MARKETER in duties(staff.disa, NOW + days * DAY) for days in range(5)] == [
        False,
        True,
        True,
        False,
        False,
    ]


def test_a_duty_ends_at_once_and_can_be_given_again_the_same_day(staff):
    duty_id = staff.give(staff.disa, Duty.MARKETER)
    end(duty_id, staff.ines)
    assert duties(staff.disa) == {Duty.SERVICE_POINT}

    staff.give(staff.disa, Duty.MARKETER)
    assert Duty.MARKETER in duties(staff.disa)

    with pytest.raises(actions.NothingWaitsError):
        end(duty_id, staff.ines)


def test_a_withdrawn_proposal_cannot_be_approved(staff):
    duty_id = propose(staff)
    end(duty_id, staff.greta)

    assert queries.open_proposals(now=NOW) == []
    with pytest.raises(actions.NothingWaitsError):
        approve(duty_id, staff.ines)


def test_the_machine_makes_two_administrators_and_no_third(staff):
    assert {each.name for each in queries.held_duties(now=NOW) if not each.approved_by} == {"Greta Gran", "Ines Inberg"}

    with pytest.raises(actions.BootstrapOverError), opened():
        actions.bootstrap_duty(staff_id=staff.disa.staff_id, by=OPERATOR, now=NOW)


def test_only_the_operator_adds_people_and_makes_the_first_administrators(staff):
    for act in (
        lambda: actions.bootstrap_duty(staff_id=staff.disa.staff_id, by=staff.greta.by, now=NOW),
        lambda: actions.add_staff(account_id=1, name="Ines", person_id=None, by=staff.greta.by, now=NOW),
    ):
        with pytest.raises(DeniedError), opened():
            act()


def test_a_slot_stays_taken_when_its_duty_has_ended(staff):
    first = DutyPeriod.objects.filter(bootstrap=True).first()
    end(first.pk, staff.ines)

    with pytest.raises(actions.BootstrapOverError), opened():
        actions.bootstrap_duty(staff_id=staff.disa.staff_id, by=OPERATOR, now=TOMORROW)


@pytest.mark.parametrize("name", ["", " Elsa", "E" * 101, "El\nsa", "El\u202esa", "El\0sa"])
def test_a_name_is_something_one_can_read(staff, name):
    with opened():
        account_id = accounts.create_account(username="new", password=PASSWORD, kind=Kind.STAFF, by=OPERATOR, now=NOW)
    with pytest.raises(actions.StaffNameError), opened():
        actions.add_staff(account_id=account_id, name=name, person_id=None, by=OPERATOR, now=NOW)


def test_a_members_account_works_nowhere(staff):
    with opened():
        account_id = accounts.create_account(username="new", password=PASSWORD, kind=Kind.MEMBER, by=OPERATOR, now=NOW)
    with pytest.raises(actions.NotAStaffAccountError), opened():
        actions.add_staff(account_id=account_id, name="Hugo", person_id=None, by=OPERATOR, now=NOW)


def test_one_human_is_one_staff_person(staff, cast):
    with opened():
        hire("Chen Chen", cast.chen)
    with pytest.raises(actions.TakenError), opened():
        hire("Chenette Chen", cast.chen)


def test_acts_name_their_actor_and_what_they_touched(staff):
    duty_id = propose(staff)
    approve(duty_id, staff.ines)
    end(duty_id, staff.greta)

    found = Entry.objects.filter(case=f"duty-{duty_id}").order_by("pk").values_list("action", "actor_id", "purpose")
    assert list(found) == [
        ("staff.propose_duty", staff.greta.by.id, "marketer"),
        ("staff.approve_duty", staff.ines.by.id, "marketer"),
        ("staff.end_duty", staff.greta.by.id, "marketer"),
    ]


def test_actions_need_the_transaction_of_a_whole_act(committed):
    with pytest.raises(transaction.TransactionManagementError):
        actions.end_duty(duty_id=1, by=OPERATOR, now=NOW)


def test_a_standing_is_what_the_register_knows_of_an_account(staff):
    account_id = int(staff.dag.by.id)
    assert queries.standing_of(account_id, now=NOW, fresh_factor=True) == Standing(
        ActorKind.STAFF, frozenset({Duty.DATA_HANDLER}), AgreementState.VALID, fresh_factor=True
    )
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_account SET is_active = false WHERE id = %s", [account_id])

    assert queries.standing_of(account_id, now=NOW, fresh_factor=True) == Standing(ActorKind.VISITOR)


def test_an_account_that_is_nobodys_who_works_here_has_no_duty(staff):
    with opened():
        account_id = accounts.create_account(username="new", password=PASSWORD, kind=Kind.STAFF, by=OPERATOR, now=NOW)

    assert queries.standing_of(account_id, now=NOW, fresh_factor=False) == Standing(ActorKind.STAFF)


@pytest.mark.parametrize(
    ("name", "person", "relation"),
    [
        ("Disa Dahl", None, Relation.STRANGER),
        ("Disa Ahonen", None, Relation.NAMESAKE),
        ("Disa AHONEN-Dahl", None, Relation.NAMESAKE),
        ("Disa von Ahonen", None, Relation.NAMESAKE),
        ("Disa Dahl", "aino", Relation.SELF),
        ("Disa Dahl", "bjorn", Relation.NAMESAKE),
        ("Disa Dahl", "chen", Relation.STRANGER),
    ],
)
def test_what_a_member_is_to_a_staff_person(cast, name, person, relation):
    with opened():
        disa = hire(name, getattr(cast, person) if person else None)

    assert queries.relation(disa.staff_id, cast.aino, now=NOW) is relation


def test_who_shares_the_bonus_is_of_the_household_until_they_leave(cast):
    settle(cast)
    with opened():
        disa = hire("Disa Dahl", cast.bjorn)

    assert queries.relation(disa.staff_id, cast.aino, now=NOW) is Relation.HOUSEHOLD

    do(households.leave, cast.bjorn)

    assert queries.relation(disa.staff_id, cast.aino, now=TOMORROW) is Relation.NAMESAKE


# what the database holds by itself


def row(staff, **fields):
    """A sound proposal of Greta's for Disa, written past the actions."""
    known = {
        "staff_id": staff.disa.staff_id,
        "duty": "marketer",
        "period": DateRange(TODAY, None),
        "proposed_by_id": staff.greta.staff_id,
        "proposed_at": NOW,
    }
    return DutyPeriod(**known | fields)


APPROVED = {"approved_at": NOW}
BOOTSTRAPPED = {"bootstrap": True, "slot": 1, "duty": "administrator", "proposed_by_id": None, "approved_at": NOW}


def test_a_sound_row_passes_the_database(staff):
    row(staff, approved_by_id=staff.ines.staff_id, **APPROVED).save()


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("staff_duty_known", {"duty": "store_clerk"}),
        ("staff_duty_period", {"period": DateRange(None, TODAY)}),
        ("staff_duty_period", {"period": DateRange(TODAY, TODAY)}),
        ("staff_duty_origin", {"proposed_by_id": None}),
        ("staff_duty_origin", {"approved_at": NOW}),
        ("staff_duty_origin", {"slot": 1}),
        ("staff_duty_origin", BOOTSTRAPPED | {"slot": 3}),
        ("staff_duty_origin", BOOTSTRAPPED | {"slot": None}),
        ("staff_duty_origin", BOOTSTRAPPED | {"duty": "data_handler"}),
        ("staff_duty_origin", BOOTSTRAPPED | {"approved_at": None}),
        ("staff_duty_two_bootstrapped", BOOTSTRAPPED),
        ("staff_duty_ended", {"ended_at": NOW}),
    ],
)
def test_the_database_refuses_a_duty_without_its_two_people(staff, constraint, fields):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        row(staff, **fields).save()


def test_the_database_refuses_self_approval(staff):
    for constraint, fields in (
        ("staff_duty_four_eyes", {"approved_by_id": staff.greta.staff_id} | APPROVED),
        ("staff_duty_not_ones_own", {"approved_by_id": staff.disa.staff_id} | APPROVED),
        ("staff_duty_in_time", {"approved_by_id": staff.ines.staff_id, "approved_at": NOW + 7 * DAY}),
    ):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            row(staff, **fields).save()


def test_the_database_refuses_one_duty_twice_on_one_day(staff):
    approved = {"approved_by_id": staff.ines.staff_id} | APPROVED
    row(staff, period=DateRange(TODAY, TODAY + DAY), **approved).save()
    row(staff, period=DateRange(TODAY + DAY, None), **approved).save()
    row(staff, duty="auditor", **approved).save()
    row(staff).save()  # a proposal is in nobody's way

    with pytest.raises(IntegrityError, match="staff_duty_no_overlap"), transaction.atomic():
        row(staff, period=DateRange(TODAY + 9 * DAY, TODAY + 10 * DAY), **approved).save()


def test_no_duty_is_ever_deleted(staff):
    for model in (DutyPeriod, StaffPerson):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            model.objects.all()._raw_delete("default")
