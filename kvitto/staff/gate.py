"""The way to an act: the policy is asked about an actor, with what the database knows of them."""

from datetime import datetime
from typing import TypedDict, Unpack

from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.errors import NotFoundError, RefusedError
from kvitto.staff import queries
from kvitto.staff.rules import decide
from kvitto.staff.types import Act, Choices, Denial, OpenCase, Question, Reason, Relation, StaffMember, Verdict


class DeniedError(RefusedError):
    """The policy says no; `act` and `why` say to what and because of what."""

    def __init__(self, act: Act, why: Denial) -> None:
        self.act, self.why = act, why
        super().__init__(why.words)


class NotStaffError(NotFoundError):
    """The account is nobody's who works here."""


class Circumstances(TypedDict, total=False):
    """What a question says beyond who asks; as in `types.Question`."""

    reason: Reason | None
    has_case: bool
    relation: Relation | None
    member_asked: bool
    approved: bool
    people: int
    choices: Choices


def permit(
    *, by: Actor, act: Act, now: datetime, fresh_factor: bool = False, **circumstances: Unpack[Circumstances]
) -> Verdict:
    """Pass when the policy allows it. Raises DeniedError with the first requirement that is missing."""
    standing = queries.standing_of_actor(by, now=now, fresh_factor=fresh_factor)
    verdict = decide(Question(standing, act, **circumstances))
    if verdict.why is not None:
        raise DeniedError(act, verdict.why)
    return verdict


def colleague(by: Actor) -> StaffMember:
    """The staff person behind an actor. Raises NotStaffError."""
    found = queries.staff_of_account(int(by.id)) if by.kind is ActorKind.STAFF else None
    if found is None:
        raise NotStaffError("only a staff person can do this: nobody who works here has this account")
    return found


def permit_lines(*, by: Actor, person_id: int, now: datetime) -> OpenCase:
    """Pass when one member's purchases may be opened; the case to name in the trace of the opening.

    Raises DeniedError and NotStaffError. This opens nothing: the vault does, and writes its own trace.
    """
    staff_id = colleague(by).staff_id
    case = queries.open_case_for(staff_id, person_id, now=now)
    permit(
        by=by,
        act=Act.LINES_OPEN,
        now=now,
        relation=queries.relation(staff_id, person_id),
        reason=case.reason if case else None,
        has_case=case is not None,
        member_asked=case is not None and case.member_asked,
        approved=case is not None and case.approved,
    )
    if case is None:  # never: the policy asks for one
        raise DeniedError(Act.LINES_OPEN, Denial.CASE)
    return case
