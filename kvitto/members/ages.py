"""Decisions about age. Pure."""

from datetime import date

OF_AGE = 18  # Finnish Act 442/1999, s. 2


def birthday(birth_date: date, age: int) -> date:
    """The day on which somebody reaches an age. Whoever was born on 29 February reaches it on 1 March in other years."""
    try:
        return birth_date.replace(year=birth_date.year + age)
    except ValueError:
        return date(birth_date.year + age, 3, 1)


def comes_of_age(birth_date: date) -> date:
    """The first day on which somebody is no minor any more."""
    return birthday(birth_date, OF_AGE)


def is_under(birth_date: date | None, age: int, today: date) -> bool:
    """Whether somebody has not reached an age. Whose birth date is not known is taken for an adult."""
    return birth_date is not None and today < birthday(birth_date, age)


def is_minor(birth_date: date | None, today: date) -> bool:
    """Whether somebody is under 18."""
    return is_under(birth_date, OF_AGE, today)
