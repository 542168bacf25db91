"""What the files of the co-op's own register look like, and what their rows say. Pure."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from kvitto.choices.rules import KEPT_FOR, NO, SCALES, WISHES, YES, is_sound
from kvitto.choices.types import Topic
from kvitto.enrolment.types import ChoiceRecord, PlaceRecord, Values
from kvitto.households.types import Role
from kvitto.kernel.rows import BadValueError, day, needed, one_of
from kvitto.members.rules import NUMBER, read_card, read_contact
from kvitto.members.types import CardRecord, CardState, ContactKind, PersonRecord
from kvitto.stores.types import Level

LANGUAGES = ("sv", "fi", "en")
FIRST_BIRTH = date(1880, 1, 1)
WORDS: Mapping[Topic, Mapping[str, int]] = {
    **{topic: {"no": NO, "yes": YES} for topic in SCALES if topic not in KEPT_FOR},
    Topic.RECORDING_LEVEL: {level.name.lower(): int(level) for level in Level if level},
}

_NUMBER = re.compile(NUMBER)
_DIGIT = re.compile(r"\d")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LIMITS = {"given_name": 100, "family_name": 100, "street": 100, "postal_code": 12, "town": 100}
_CONTACTS = {"email": (ContactKind.EMAIL, "name@example.org"), "phone": (ContactKind.PHONE, "+358401234567")}


def person(values: Values, now: datetime) -> PersonRecord:
    """A row of the people. Raises BadValueError, as all of these."""
    if values["language"] not in LANGUAGES:
        raise BadValueError("language", f"none of {', '.join(LANGUAGES)}")
    texts = _texts(values)
    member_since, left_on = _home_days(values, now)
    email, email_verified_at = _contact(values, "email", now)
    phone, phone_verified_at = _contact(values, "phone", now)
    return PersonRecord(
        number=_number(values, "number"),
        language=values["language"],
        birth_date=_birth_date(values, now),
        **texts,
        email=email,
        email_verified_at=email_verified_at,
        phone=phone,
        phone_verified_at=phone_verified_at,
        coop=values.get("coop", ""),
        member_since=member_since,
        left_on=left_on,
    )


def card(values: Values, _now: datetime) -> CardRecord:
    """A row of the cards."""
    number = read_card(needed(values, "card"))
    if number is None:
        raise BadValueError("card", "not a number of 8 to 19 digits")
    start, end = _needed_instant(values, "since"), instant(values, "until")
    state = one_of(CardState, "state", values.get("state") or CardState.ACTIVE)
    if end is not None and end <= start:
        raise BadValueError("until", "not after since")
    if state is not CardState.ACTIVE and end is None:
        raise BadValueError("until", f"missing: a {state} card has ended")
    return CardRecord(number, _number(values, "member"), start, end, str(state))


def place(values: Values, now: datetime) -> PlaceRecord:
    """A row of the households."""
    since = day(values, "since")
    if since is None:
        raise BadValueError("since", "missing")
    if since > now.date() + timedelta(days=1):
        raise BadValueError("since", "in the future")
    role = one_of(Role, "role", needed(values, "role"))
    guardian = values.get("guardian", "")
    if guardian and role is not Role.MINOR:
        raise BadValueError("guardian", "only a minor has one")
    return PlaceRecord(_number(values, "household"), _number(values, "member"), role, since, guardian)


def choice(values: Values, now: datetime) -> ChoiceRecord:
    """A row of the choices."""
    topic, word = one_of(Topic, "topic", needed(values, "topic")), needed(values, "value")
    stated_at = _needed_instant(values, "stated_at")
    if stated_at > now:
        raise BadValueError("stated_at", "in the future")
    if topic not in SCALES:
        codes = tuple(word.split())
        if topic in WISHES and not is_sound(topic, None, codes):  # categories are the assortment's: see who takes them
            raise BadValueError("value", f"cannot be said about {topic}")
        return ChoiceRecord(_number(values, "member"), topic, None, codes, stated_at)
    if topic in KEPT_FOR:
        raise BadValueError("topic", "nothing was kept for it before: members turn it on here")
    if word not in WORDS[topic]:
        raise BadValueError("value", f"none of {', '.join(WORDS[topic])}")
    return ChoiceRecord(_number(values, "member"), topic, WORDS[topic][word], (), stated_at)


def instant(values: Values, column: str) -> datetime | None:
    """An instant with its offset from UTC; None where there is none."""
    text = values.get(column)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise BadValueError(column, "not an instant like 2026-01-31T09:00:00+02:00")
    return found


def _texts(values: Values) -> dict[str, str]:
    """Names and address, none of which can be another column's."""
    texts = {name: values.get(name, "") for name in (*_LIMITS, "country")}
    texts |= {name: needed(values, name) for name in ("given_name", "family_name")}
    for name, limit in _LIMITS.items():
        if len(texts[name]) > limit:
            raise BadValueError(name, f"longer than {limit} characters")
    for name in ("given_name", "family_name", "town"):
        if _DIGIT.search(texts[name]):
            raise BadValueError(name, "holds a digit: are columns swapped?")
    if texts["postal_code"] and not _DIGIT.search(texts["postal_code"]):
        raise BadValueError("postal_code", "holds no digit: are columns swapped?")
    if texts["country"] and not _COUNTRY.fullmatch(texts["country"]):
        raise BadValueError("country", "not two capital letters")
    return texts


def _home_days(values: Values, now: datetime) -> tuple[date | None, date | None]:
    """Since when somebody is a member of their co-op, and the day they left."""
    member_since, left_on = day(values, "member_since"), day(values, "left_on")
    if values.get("coop") and member_since is None:
        raise BadValueError("member_since", "missing beside a coop")
    if member_since and left_on and left_on <= member_since:
        raise BadValueError("left_on", "not after member_since")
    if left_on and left_on > now.date() + timedelta(days=1):
        raise BadValueError("left_on", "in the future: send it when the day has come")
    return member_since, left_on


def _needed_instant(values: Values, column: str) -> datetime:
    found = instant(values, column)
    if found is None:
        raise BadValueError(column, "missing")
    return found


def _number(values: Values, column: str) -> str:
    number = needed(values, column)
    if not _NUMBER.fullmatch(number):
        raise BadValueError(column, "not a number of at most 20 letters, digits and hyphens")
    return number


def _birth_date(values: Values, now: datetime) -> date | None:
    found = day(values, "birth_date")
    if found is not None and not FIRST_BIRTH <= found <= now.date():
        raise BadValueError("birth_date", f"not between {FIRST_BIRTH} and today")
    return found


def _contact(values: Values, column: str, now: datetime) -> tuple[str | None, datetime | None]:
    text, verified_at = values.get(column), instant(values, f"{column}_verified_at")
    if not text:
        if verified_at:
            raise BadValueError(f"{column}_verified_at", f"stands there without the {column}")
        return None, None
    kind, form = _CONTACTS[column]
    value = read_contact(kind, text)
    if value is None:
        raise BadValueError(column, f"not of the form {form}")
    if verified_at and verified_at > now:
        raise BadValueError(f"{column}_verified_at", "in the future")
    return value, verified_at
