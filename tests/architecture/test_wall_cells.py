"""The policy and the walls, cell by cell: what a staff person's case shows them is asked of both, and both say the same.

Every duty, agreement, case and phase of it that can be is there at once, each case about a member of its own. The database is
asked without any condition, so that nothing but its walls decides. Only a likeness of family names is beyond it: whoever is a
namesake gets no case in the first place.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from django.db import connection
from django.utils.timezone import localdate

from kvitto.accounts.models import Account
from kvitto.accounts.types import Kind
from kvitto.bonus.actions import note_accounts
from kvitto.choices.actions import state_levels
from kvitto.choices.types import Channel
from kvitto.kernel import identity
from kvitto.kernel.actor import OPERATOR, ActorKind
from kvitto.kernel.db import opened
from kvitto.members import actions as members
from kvitto.members.types import NewPerson
from kvitto.staff.models import Agreement, Case, DutyPeriod, Glass, Signature, StaffPerson
from kvitto.staff.rules import CASE_LASTS, agreement_digest, decide
from kvitto.staff.types import Act, AgreementState, Duty, Question, Reason, Relation, Standing
from kvitto.stores.types import Level
from tests.cast import MILK, line, receipt, take

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
TABLES = {  # what an act reads, and how it names the person
    Act.MEMBER_VIEW_IDENTITY: ("members_person", "id"),
    Act.MEMBER_VIEW_MEMBERSHIP: ("members_card", "person_id"),
    Act.MEMBER_VIEW_CHOICES: ("choices_statement", "person_id"),
    Act.MEMBER_VIEW_BONUS: ("bonus_account", "person_id"),
    Act.LINES_OPEN: ("purchases_receipt", "person_id"),
}
BY_LINES = {Act.LINES_OPEN: Act.LINES_BREAK_GLASS}  # the act of what was opened without a colleague
PHASES = ("open", "over", "closed")


@dataclass(frozen=True)
class Variant:
    """A case as it can be."""

    duty: Duty
    reason: Reason
    asked: bool
    approved: bool
    glass: bool
    phase: str


def variants():
    """Every case that the table's constraints allow."""
    for duty, reason, asked, approved, glass, phase in product(
        (Duty.SERVICE_POINT, Duty.DATA_HANDLER), Reason, (True, False), (True, False), (True, False), PHASES
    ):
        fits = [
            duty is Duty.DATA_HANDLER or (reason is Reason.MEMBER_ASKED and not approved),
            reason is not Reason.MEMBER_ASKED or asked,
            not (asked and approved),
            not glass or (duty is Duty.DATA_HANDLER and reason is Reason.PRODUCT_SAFETY and not asked and not approved),
        ]
        if all(fits):
            yield Variant(duty, reason, asked, approved, glass, phase)


VARIANTS = list(variants())
HELD = [(duty, agreement) for duty in (None, *Duty) for agreement in AgreementState]


def publish(version, days_ago):
    texts = dict.fromkeys(("sv", "fi", "en"), f"version {version}")
    when = NOW - days_ago * DAY
    return Agreement.objects.create(
        version=version, hash=agreement_digest(texts), valid_from=when, published_at=when, **texts
    )


def sign(staff, text, days_ago):
    when = NOW - days_ago * DAY
    return Signature(
        staff=staff, agreement=text, hash=text.hash, language="sv", signed_at=when, expires_at=when + 365 * DAY
    )


def hire(people, boss):
    """A staff person for every duty and agreement, who is a member as well."""
    first, second = publish(1, 800), publish(2, 500)
    staff, duties, signatures = [], [], []
    for (duty, agreement), person_id in zip(HELD, people, strict=True):
        account = Account.objects.create(username=f"{duty}-{agreement}", password="!", kind=Kind.STAFF, created_at=NOW)
        each = StaffPerson.objects.create(account=account, name="Somebody Here", person_id=person_id, added_at=NOW)
        staff.append(each)
        if duty:
            when = NOW - 30 * DAY
            approval = {"proposed_by": boss[0], "approved_by": boss[1], "proposed_at": when, "approved_at": when}
            duties.append(DutyPeriod(staff=each, duty=duty, period=(localdate(when), None), **approval))
        signed = {
            AgreementState.VALID: [sign(each, second, 10)],
            AgreementState.EXPIRED: [sign(each, second, 400)],
            AgreementState.OUTDATED: [sign(each, first, 100)],
            AgreementState.MISSING: [],
        }
        signatures += signed[agreement]
    DutyPeriod.objects.bulk_create(duties)
    Signature.objects.bulk_create(signatures)
    return staff


def case_of(variant, person_id, opener, approver):
    opened_at = NOW - (timedelta(minutes=70) if variant.phase == "over" else timedelta(minutes=20))
    return Case(
        duty=variant.duty,
        reference="K-1",
        reason=variant.reason,
        person_id=person_id,
        opened_by=opener,
        opened_at=opened_at,
        member_asked=variant.asked,
        approved_by=approver if variant.approved else None,
        approved_at=opened_at if variant.approved else None,
        ends_at=opened_at + CASE_LASTS,
        closed_at=NOW if variant.phase == "closed" else None,
        glass=Glass.objects.create(reference="R-1", people=1, opened_by=opener, opened_at=opened_at)
        if variant.glass
        else None,
    )


@pytest.fixture
def world(cast):
    """(staff person for each of HELD, member for each of VARIANTS, each staff person's own member)."""
    with opened():
        count = len(VARIANTS) + len(HELD)
        new = [NewPerson("Mem", f"Ber{n}", "fi", (f"92460001{n:08}",), NOW - 900 * DAY) for n in range(count)]
        people = members.register(people=new, by=OPERATOR, now=NOW)
        levels = dict.fromkeys(people, Level.PRODUCT)
        state_levels(levels=levels, channel=Channel.WEB, stated_at=NOW - 800 * DAY, by=OPERATOR, now=NOW)
    bought = (NOW - DAY).replace(microsecond=0)
    day = {"business_day": bought.date().isoformat(), "end_time": bought.isoformat()}
    take(*(receipt([line(code=MILK)], card=each.cards[0], sequence=n, **day) for n, each in enumerate(new)), now=NOW)
    strangers, own = people[: len(VARIANTS)], people[len(VARIANTS) :]
    with opened():
        note_accounts(accounts=dict.fromkeys(people, "FI2112345600000785"), by=OPERATOR, now=NOW)
        boss = [
            StaffPerson.objects.create(
                account=Account.objects.create(username=name, password="!", kind=Kind.STAFF, created_at=NOW),
                name=name,
                added_at=NOW,
            )
            for name in ("greta", "ines")
        ]
        staff = hire(own, boss)
        Case.objects.bulk_create(
            case_of(variant, person_id, each, boss[0])
            for each in staff
            for variant, person_id in zip(VARIANTS, strangers, strict=True)
        )
        asked = Variant(Duty.DATA_HANDLER, Reason.MEMBER_ASKED, True, False, False, "open")
        Case.objects.bulk_create(case_of(asked, each.person_id, each, boss[0]) for each in staff)
    return staff, strangers


def visible(table, column, account_id):
    """The people of whom a staff person finds a row, whatever is asked."""
    with identity.acting(ActorKind.STAFF, account=account_id), connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT {column} FROM {table}")
        return {row[0] for row in cursor.fetchall()}


def allowed(act, duty, agreement, variant):
    """What the policy says of the act under such a case, opened under a duty that its opener still has."""
    if variant.phase != "open" or not (variant.asked or variant.approved or variant.glass) or variant.duty is not duty:
        return False
    standing = Standing(ActorKind.STAFF, frozenset({duty} - {None}), agreement, fresh_factor=True)
    question = Question(
        standing,
        BY_LINES.get(act, act) if variant.glass else act,
        variant.reason,
        has_case=True,
        relation=Relation.STRANGER,
        member_asked=variant.asked,
        approved=variant.approved,
    )
    return decide(question).allowed


def approvable(duty, agreement, variant):
    """Whether somebody could approve such a case: they find the name, since nobody approves a namesake's."""
    waits = variant.phase == "open" and not (variant.asked or variant.approved or variant.glass)
    standing = Standing(ActorKind.STAFF, frozenset({duty} - {None}), agreement, fresh_factor=True)
    return waits and decide(Question(standing, Act.CASE_APPROVE, relation=Relation.STRANGER, approved=True)).allowed


def test_a_case_shows_in_the_database_what_the_policy_allows_and_nothing_else(world, record_property):
    staff, strangers = world
    cells, seen, wrong = 0, 0, []
    for each, (duty, agreement) in zip(staff, HELD, strict=True):
        for act, (table, column) in TABLES.items():
            found = visible(table, column, each.account_id)
            if act is Act.MEMBER_VIEW_IDENTITY:
                found -= {each.person_id}  # their own name, which keeps namesakes away
            expected = {
                person_id
                for variant, person_id in zip(VARIANTS, strangers, strict=True)
                if allowed(act, duty, agreement, variant)
                or (act is Act.MEMBER_VIEW_IDENTITY and approvable(duty, agreement, variant))
            }
            cells += len(strangers) + 1
            seen += len(found)
            wrong += [f"{act} {duty} {agreement}: {found ^ expected}"] if found != expected else []
    record_property("reads", cells)

    assert wrong == []
    assert seen > 40


def test_the_keys_go_with_the_receipts(world):
    for each in world[0]:
        receipts = visible("purchases_receipt", "person_id", each.account_id)
        assert visible("vault_key", "person_id", each.account_id) == receipts


def test_the_record_of_acts_is_read_by_whose_duty_it_is(world):
    for each, (duty, agreement) in zip(world[0], HELD, strict=True):
        standing = Standing(ActorKind.STAFF, frozenset({duty} - {None}), agreement)
        with identity.acting(ActorKind.STAFF, account=each.account_id), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM audit_entry WHERE actor_kind = 'operator'")
            assert bool(cursor.fetchone()[0]) is decide(Question(standing, Act.AUDIT_VIEW)).allowed, (duty, agreement)
