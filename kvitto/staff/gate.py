"""The way to an act: the policy is asked about an actor, with what the database knows of them."""

from collections.abc import Sequence
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
    return permit_all(by=by, acts=(act,), now=now, fresh_factor=fresh_factor, **circumstances)[0]


def permit_all(
    *,
    by: Actor,
    acts: Sequence[Act],
    now: datetime,
    fresh_factor: bool = False,
    **circumstances: Unpack[Circumstances],
) -> list[Verdict]:
    """Pass when the policy allows every one of the acts. Raises DeniedError for the first that it does not."""
    standing = queries.standing_of_actor(by, now=now, fresh_factor=fresh_factor)
    verdicts = []
    for act in acts:
        verdict = decide(Question(standing, act, **circumstances))
        if verdict.why is not None:
            raise DeniedError(act, verdict.why)
        verdicts.append(verdict)
    return verdicts


def colleague(by: Actor) -> StaffMember:
    """The staff person behind an actor. Raises NotStaffError."""
    found = queries.staff_of_account(int(by.id)) if by.kind is ActorKind.STAFF else None
    if found is None:
        raise NotStaffError("only a staff person can do this: nobody who works here has this account")
    return found


def permit_lines(*, by: Actor, person_id: int, now: datetime, fresh_factor: bool = False) -> OpenCase:
    """Pass when one member's purchases may be opened; the case to name in the trace of the opening.

    What was opened without waiting for a colleague asks for a fresh second factor each time. Raises DeniedError and
    NotStaffError. This opens nothing: the vault does, and writes its own trace.
    """
    staff_id = colleague(by).staff_id
    case = queries.open_case_for(staff_id, person_id, now=now)
    permit(
        by=by,
        act=Act.LINES_BREAK_GLASS if case and case.break_glass else Act.LINES_OPEN,
        now=now,
        fresh_factor=fresh_factor,
        relation=queries.relation(staff_id, person_id, now=now),
        reason=case.reason if case else None,
        has_case=case is not None,
        member_asked=case is not None and case.member_asked,
        approved=case is not None and case.approved,
    )
    if case is None:  # never: the policy asks for one
        raise DeniedError(Act.LINES_OPEN, Denial.CASE)
    return case
