"""Decisions about households. Pure."""

from collections.abc import Sequence
from datetime import date, timedelta

from kvitto.households.types import Role
from kvitto.kernel.periods import Period
from kvitto.members.ages import comes_of_age

INVITATION_HOLDS = timedelta(days=14)
FORGOTTEN_AFTER = timedelta(days=90)  # from the end of an invitation's time


def periods_of(role: Role, start: date, birth_date: date | None) -> list[tuple[Role, Period]]:
    """The places that somebody gets who comes in on a day: a minor's ends when they come of age, and an adult's follows.

    Dated ahead, so that nothing has to happen on the birthday. Raises ValueError for a minor who is none.
    """
    if role is not Role.MINOR:
        return [(role, Period(start))]
    if birth_date is None or comes_of_age(birth_date) <= start:
        raise ValueError("a minor is somebody under 18")
    of_age = comes_of_age(birth_date)
    return [(Role.MINOR, Period(start, of_age)), (Role.ADULT, Period(of_age))]


def common(one: Period, other: Period) -> Period | None:
    """The days that are in both; None when there is none."""
    start = max(one.start, other.start)
    end = min((each.end for each in (one, other) if each.end is not None), default=None)
    return Period(start, end) if end is None or start < end else None


def order(role: Role) -> int:
    """The place of a role where people of a household are named."""
    return (Role.MAIN, Role.ADULT, Role.MINOR).index(role)


def may_go(role: Role, others: Sequence[tuple[Role, bool]]) -> bool:
    """Whether somebody can go from their household to another: not as the main member of adults, or of others' minors.

    `others`: the role, and whether they are the person's own wards, who go with them.
    """
    return role is not Role.MAIN or all(each is Role.MINOR and ward for each, ward in others)
