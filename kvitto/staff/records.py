"""Where staff meet a member of the customer register: found by their card, looked up under a case, never without an entry.

The database shows the person only while the card is presented or the case is open (`kvitto.wiring.walls`).
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import localdate

from kvitto.audit import actions as audit
from kvitto.audit import queries as audit_queries
from kvitto.choices import actions as choices_actions
from kvitto.choices import queries as choices
from kvitto.choices import texts
from kvitto.choices.types import Channel, Decision, Letter, LevelStatement, Stated, Topic
from kvitto.households import queries as households
from kvitto.households.types import Home
from kvitto.kernel import identity
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import require_transaction
from kvitto.kernel.errors import InvalidError, NotFoundError
from kvitto.members import actions as members_actions
from kvitto.members import queries as members
from kvitto.members.ages import is_minor
from kvitto.members.rules import read_card
from kvitto.members.types import CodeChannel, Contact, HeldCard, Membership, PersonDetails
from kvitto.notices import queries as notices
from kvitto.notices.actions import tell
from kvitto.notices.types import Kind
from kvitto.staff import cases, queries
from kvitto.staff.gate import DeniedError, colleague, permit, permit_all
from kvitto.staff.rules import BREAK_GLASS_PEOPLE
from kvitto.staff.types import Act, Denial, Duty, OpenCase, Proof, Reason
from kvitto.stores import queries as stores


class CardNumberError(InvalidError):
    """It cannot be a card number."""


class NoHolderError(NotFoundError):
    """Nobody holds a card of this number now."""


class NoCaseError(NotFoundError):
    """There is no such case of one's own, or it is over: the answer is the same."""


class TooManyCardsError(InvalidError):
    """More cards than may be looked up in one go, or none."""


@dataclass(frozen=True, slots=True)
class Record:
    """What a look-up shows of a member. A data handler's shows neither choices nor household."""

    case: OpenCase
    details: PersonDetails
    cards: list[HeldCard]
    contacts: list[Contact]
    homes: list[Membership]
    levels: list[LevelStatement] | None
    household: Home | None


@dataclass(frozen=True, slots=True)
class ChoicesRecord:
    """What a look-up shows of a member's choices. A minor decides less; `by_mail`: whether a notice also goes out as an e-mail."""

    case: OpenCase
    details: PersonDetails
    held: dict[Topic, Decision]
    minor: bool
    by_mail: bool


SHOWN = {
    Duty.SERVICE_POINT: (
        Act.MEMBER_VIEW_IDENTITY,
        Act.MEMBER_VIEW_MEMBERSHIP,
        Act.MEMBER_VIEW_CHOICES,
        Act.MEMBER_VIEW_HOUSEHOLD,
    ),
    Duty.DATA_HANDLER: (Act.MEMBER_VIEW_IDENTITY, Act.MEMBER_VIEW_MEMBERSHIP),
}


def look_up(*, card: str, proof: Proof, store_id: int | None = None, by: Actor, now: datetime) -> int:
    """At a service point, a member asks for something and has shown who they are: the case under which they are looked up.

    `store_id` is where the service point is; None on the phone. Raises CardNumberError, NoHolderError, DeniedError.
    """
    require_transaction()
    permit(by=by, act=Act.MEMBER_FIND, now=now, reason=Reason.MEMBER_ASKED)
    with ExitStack() as presented:
        return cases.open_case(
            person_id=_present(presented, card, now),
            reference=proof,
            reason=Reason.MEMBER_ASKED,
            member_asked=True,
            duty=Duty.SERVICE_POINT,
            store_id=store_id,
            by=by,
            now=now,
        )


def open_case(*, card: str, reference: str, reason: Reason, member_asked: bool, by: Actor, now: datetime) -> int:
    """A data handler opens a case about the holder of a card; its id. Raises as `cases.open_case` and `look_up` do."""
    require_transaction()
    permit(by=by, act=Act.MEMBER_FIND, now=now, reason=reason)
    with ExitStack() as presented:
        return cases.open_case(
            person_id=_present(presented, card, now),
            reference=reference,
            reason=reason,
            member_asked=member_asked,
            by=by,
            now=now,
        )


def break_glass(
    *, cards: Sequence[str], reference: str, fresh_factor: bool, by: Actor, now: datetime
) -> tuple[int, int]:
    """Open cases about the holders of up to 50 cards at once; as `cases.break_glass`.

    A number that cannot be one, or that nobody holds, stops everything and is named by its line. Raises TooManyCardsError,
    CardNumberError, NoHolderError and what `cases.break_glass` does.
    """
    require_transaction()
    permit(by=by, act=Act.MEMBER_FIND, now=now, reason=Reason.PRODUCT_SAFETY)
    if not 0 < len(cards) <= BREAK_GLASS_PEOPLE:
        raise TooManyCardsError(f"name 1 to {BREAK_GLASS_PEOPLE} cards, one a line: these are {len(cards)}")
    people = []
    for line, card in enumerate(cards, start=1):
        with ExitStack() as presented:
            people.append(_present(presented, card, now, f"line {line}: "))
    return cases.break_glass(person_ids=people, reference=reference, fresh_factor=fresh_factor, by=by, now=now)


def record(*, case_id: int, duty: Duty, by: Actor, now: datetime) -> Record:
    """What the customer register holds of the member of one's own case, opened under a duty, with an entry.

    Raises NoCaseError, DeniedError.
    """
    require_transaction()
    case = _permitted(case_id, duty, SHOWN[duty], by=by, now=now)
    _note_view(case, by, now)
    at_point = duty is Duty.SERVICE_POINT
    return Record(
        case=case,
        details=members.details(case.person_id),
        cards=members.cards_of(case.person_id, now=now),
        contacts=members.contacts_of(case.person_id),
        homes=members.homes_of(case.person_id),
        levels=choices.levels_stated_by(case.person_id) if at_point else None,
        household=households.home(case.person_id, today=localdate(now), now=now) if at_point else None,
    )


def choices_of(*, case_id: int, by: Actor, now: datetime) -> ChoicesRecord:
    """What holds for the member of one's own case, about every topic, with an entry. Raises NoCaseError, DeniedError."""
    require_transaction()
    case = _permitted(case_id, Duty.SERVICE_POINT, (Act.MEMBER_VIEW_CHOICES,), by=by, now=now)
    _note_view(case, by, now)
    held = choices.decisions(case.person_id, profile=stores.profile())
    details = members.details(case.person_id)
    minor = is_minor(details.birth_date, localdate(now))
    return ChoicesRecord(case, details, held, minor, notices.goes_by_mail(case.person_id))


def register_choice(*, case_id: int, topic: Topic, value: int, by: Actor, now: datetime) -> Stated:
    """Write down what the member of one's own case decides, at the service point or on the phone, in the member's language.

    Raises NoCaseError, DeniedError, and what `choices.actions.state` does.
    """
    require_transaction()
    case = _permitted(case_id, Duty.SERVICE_POINT, (Act.MEMBER_REGISTER_CHOICE,), by=by, now=now)
    return choices_actions.state(
        person_id=case.person_id,
        topic=topic,
        value=value,
        channel=_way(case),
        store_id=case.store_id,
        shown=texts.shown(topic, value, members.details(case.person_id).language),
        by=by,
        now=now,
        case=case.number,
    )


def register_category(*, case_id: int, category: str, value: int, by: Actor, now: datetime) -> Stated:
    """As `register_choice`, of a category that is never recorded (0), or is again (1)."""
    require_transaction()
    case = _permitted(case_id, Duty.SERVICE_POINT, (Act.MEMBER_REGISTER_CHOICE,), by=by, now=now)
    return choices_actions.state_category(
        person_id=case.person_id,
        category=category,
        value=value,
        channel=_way(case),
        store_id=case.store_id,
        shown=texts.shown(Topic.NOT_RECORDED, value, members.details(case.person_id).language),
        by=by,
        now=now,
        case=case.number,
    )


def removal_for(*, case_id: int, by: Actor, now: datetime) -> tuple[OpenCase, Channel]:
    """One's own case whose member may have something removed, and the way in which they ask. Raises NoCaseError, DeniedError."""
    require_transaction()
    case = _permitted(case_id, Duty.SERVICE_POINT, (Act.MEMBER_REMOVE,), by=by, now=now)
    return case, _way(case)


def bonus_for(*, case_id: int, by: Actor, now: datetime) -> tuple[OpenCase, PersonDetails]:
    """One's own case whose member asks where their Bonus is, and who that is, with an entry. Raises NoCaseError, DeniedError."""
    require_transaction()
    case = _permitted(case_id, Duty.SERVICE_POINT, (Act.MEMBER_VIEW_BONUS,), by=by, now=now)
    _note_view(case, by, now, action="staff.view_bonus")
    return case, members.details(case.person_id)


def _way(case: OpenCase) -> Channel:
    by_phone = case.store_id is None and case.reference == Proof.QUESTIONS
    return Channel.PHONE if by_phone else Channel.SERVICE_POINT


def write_letter(*, case_id: int, number: int, by: Actor, now: datetime) -> tuple[PersonDetails, Letter]:
    """The letter about a statement that was written down in one's own case, told once, and whom it goes to.

    Raises NoCaseError, DeniedError, and what `choices.actions.write_letter` does.
    """
    require_transaction()
    case = _permitted(case_id, Duty.SERVICE_POINT, (Act.MEMBER_REGISTER_CHOICE,), by=by, now=now)
    details = members.details(case.person_id)
    letter = choices_actions.write_letter(
        person_id=case.person_id, number=number, language=details.language, by=by, now=now, case=case.number
    )
    return details, letter


def issue_code(*, case_id: int, by: Actor, now: datetime) -> str:
    """Make the member of one's own case a code for the sign-in, told once. Raises NoCaseError, DeniedError."""
    require_transaction()
    case = _permitted(case_id, Duty.SERVICE_POINT, (Act.MEMBER_ISSUE_CODE,), by=by, now=now)
    return members_actions.issue_code(person_id=case.person_id, channel=CodeChannel.SERVICE_POINT, by=by, now=now)


def tell_opened(case: OpenCase, *, by: Actor, now: datetime) -> None:
    """Tell the member of a case that their record is opened, once a case; before the entry of what is shown is written."""
    require_transaction()
    if not audit_queries.has_looked(by=by, case=case.number, since=case.opened_at):
        tell(person_id=case.person_id, kind=Kind.RECORD_OPENED, now=now)


def _note_view(case: OpenCase, by: Actor, now: datetime, *, action: str = "staff.view_record") -> None:
    tell_opened(case, by=by, now=now)
    audit.record(
        by=by,
        action=action,
        now=now,
        purpose=case.reason,
        subject=members.audit_id(case.person_id),
        count=1,
        case=case.number,
    )


def _permitted(case_id: int, duty: Duty, acts: Sequence[Act], *, by: Actor, now: datetime) -> OpenCase:
    """One's own open case, opened under the duty, when the acts may be done about its member."""
    staff_id = colleague(by).staff_id
    case = queries.own_case(case_id, staff_id, now=now)
    if case is None or case.duty is not duty:
        raise NoCaseError("this case is over: look the member up again if it is still needed")
    if not case.usable:
        raise DeniedError(Act.MEMBER_VIEW_IDENTITY, Denial.SECOND_PERSON)
    relation = queries.relation(staff_id, case.person_id, now=now)
    permit_all(by=by, acts=acts, now=now, relation=relation, reason=case.reason)
    return case


def _present(presented: ExitStack, card: str, now: datetime, place: str = "") -> int:
    """Present a card, and then its holder, to the database until the stack is closed; the holder."""
    number = read_card(card)
    if number is None:
        raise CardNumberError(f"{place}a card number has 8 to 19 digits")
    presented.enter_context(identity.presenting(card=number))
    person_id = members.holder_at(number, at=now)
    if person_id is None:
        raise NoHolderError(f"{place}nobody holds a card of this number now: check the number")
    presented.enter_context(identity.presenting(person=person_id))
    return person_id
