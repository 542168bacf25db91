"""Whole batches of people and cards from the co-op's own register: staged by COPY, then a few statements for all of them.

A person is found by member number, a card by number, holder and first instant. `change` decides about what the register has
otherwise: the daily delta changes it, an import leaves it as it is. The entries name fields, never values.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from kvitto.audit import actions as audit
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import Cursor, batch_cursor, require_transaction
from kvitto.members import changes
from kvitto.members.types import CardRecord, PersonRecord, Taken
from kvitto.stores.models import Company
from kvitto.stores.types import CompanyKind

Known = Mapping[int, tuple[int, UUID, list[str]]]  # by place: person id, audit id, what is otherwise
NO_COOP = "no regional co-op has this code: kvitto network load takes co-ops in"
HELD = ("card", "this card is held at that time: by somebody else, or from another instant on")
_DETAILS = ("given_name", "family_name", "language", "birth_date")
_ADDRESS = ("street", "postal_code", "town", "country")
_CONTACTS = ("email", "phone")
_PERSON = {
    "number": "text",
    **dict.fromkeys(_DETAILS, "text"),
    "birth_date": "date",
    **dict.fromkeys(_ADDRESS, "text"),
    "email": "text",
    "email_verified_at": "timestamptz",
    "phone": "text",
    "phone_verified_at": "timestamptz",
    "company_id": "int8",
    "member_since": "date",
    "left_on": "date",
}
_CARD = {"number": "text", "member": "text", "starts": "timestamptz", "ends": "timestamptz", "state": "text"}

_OWN = ", ".join(_DETAILS + _ADDRESS)  # of the person's own row
_NEW_PEOPLE = f"""
    WITH new AS (
        INSERT INTO members_person (number, {_OWN}, audit_id, registered_at)
        SELECT number, {_OWN}, gen_random_uuid(), %s FROM staged_person WHERE n <> ALL(%s) ORDER BY n
        RETURNING id, number
    ), home AS (
        INSERT INTO members_membership (person_id, company_id, period)
        SELECT new.id, company_id, daterange(member_since, left_on) FROM new JOIN staged_person USING (number)
        WHERE company_id IS NOT NULL
    ), contact AS (
        INSERT INTO members_contact (person_id, kind, value, verified_at)
        SELECT new.id, kind, value, verified_at FROM new JOIN staged_person s USING (number), LATERAL (
            VALUES ('email', s.email, s.email_verified_at), ('phone', s.phone, s.phone_verified_at)
        ) AS each (kind, value, verified_at) WHERE value IS NOT NULL
    )
    SELECT count(*) FROM new
"""  # noqa: S608  our own names, here and below
_VERIFIED = "coalesce(s.{0}_verified_at, CASE WHEN {0}.value = s.{0} THEN {0}.verified_at END)"


def _differs(one: Sequence[str], other: Sequence[str]) -> str:
    return f"({', '.join(one)}) IS DISTINCT FROM ({', '.join(other)})"


# what can be otherwise, by the name that stands in the entry
_DIFFERENCES: Mapping[str, str] = {
    **{name: f"p.{name} IS DISTINCT FROM s.{name}" for name in _DETAILS},
    "address": _differs([f"p.{name}" for name in _ADDRESS], [f"s.{name}" for name in _ADDRESS]),
    **{
        kind: _differs([f"{kind}.value", f"{kind}.verified_at"], [f"s.{kind}", _VERIFIED.format(kind)])
        for kind in _CONTACTS
    },
    "home": "s.company_id IS DISTINCT FROM home.company_id AND s.company_id IS NOT NULL AND s.left_on IS NULL",
    "left": "s.left_on IS NOT NULL AND home.company_id IS NOT NULL",
}
_KNOWN = """
    SELECT s.n, p.id, p.audit_id, array_remove(ARRAY[{differences}]::text[], NULL)
    FROM staged_person s JOIN members_person p USING (number)
    LEFT JOIN members_contact email ON email.person_id = p.id AND email.kind = 'email'
    LEFT JOIN members_contact phone ON phone.person_id = p.id AND phone.kind = 'phone'
    LEFT JOIN members_membership home ON home.person_id = p.id AND upper_inf(home.period)
"""
_CHANGE_CONTACT = """
    WITH gone AS (
        DELETE FROM members_contact c USING staged_person s, members_person p
        WHERE s.n = ANY(%s) AND p.number = s.number AND c.person_id = p.id AND c.kind = '{0}' AND s.{0} IS NULL
    )
    INSERT INTO members_contact (person_id, kind, value, verified_at)
    SELECT p.id, '{0}', s.{0}, {verified} FROM staged_person s JOIN members_person p USING (number)
    LEFT JOIN members_contact {0} ON {0}.person_id = p.id AND {0}.kind = '{0}'
    WHERE s.n = ANY(%s) AND s.{0} IS NOT NULL
    ON CONFLICT (person_id, kind) DO UPDATE SET value = EXCLUDED.value, verified_at = EXCLUDED.verified_at
"""

_STRANGERS = "SELECT n FROM staged_card s WHERE NOT EXISTS (SELECT FROM members_person p WHERE p.number = s.member)"
_KNOWN_CARDS = """
    SELECT s.n, p.audit_id, (upper(c.period), c.state) IS DISTINCT FROM (s.ends, s.state)
    FROM staged_card s JOIN members_person p ON p.number = s.member
    JOIN members_card c ON c.number = s.number AND c.person_id = p.id AND lower(c.period) = s.starts
"""
_OCCUPIED = """
    SELECT s.n FROM staged_card s JOIN members_card c ON c.number = s.number AND c.period && tstzrange(s.starts, s.ends)
    JOIN members_person p ON p.number = s.member
    WHERE s.n = ANY(%s) AND NOT (c.person_id = p.id AND lower(c.period) = s.starts)
"""
_CHANGE_CARDS = """
    UPDATE members_card c SET period = tstzrange(s.starts, s.ends), state = s.state
    FROM staged_card s JOIN members_person p ON p.number = s.member
    WHERE s.n = ANY(%s) AND c.number = s.number AND c.person_id = p.id AND lower(c.period) = s.starts
"""
_TAKEN_CARDS = """
    SELECT s.n FROM staged_card s JOIN members_card c ON c.number = s.number AND c.period && tstzrange(s.starts, s.ends)
    WHERE s.n <> ALL(%s)
"""
_NEW_CARDS = """
    INSERT INTO members_card (number, person_id, period, state)
    SELECT s.number, p.id, tstzrange(s.starts, s.ends), s.state
    FROM staged_card s JOIN members_person p ON p.number = s.member WHERE s.n <> ALL(%s) ORDER BY n
"""


def take_people(
    records: Sequence[PersonRecord], *, columns: Collection[str], change: bool, by: Actor, now: datetime
) -> Taken:
    """Take people in, with their contacts and home co-op; `columns` are those that the file has: the others stay as they are.

    With `change`, who has left loses home and cards now, and who has moved gets the new home from `member_since` on.
    """
    require_transaction()
    coops = {"": None} | dict(Company.objects.filter(kind=CompanyKind.COOP).values_list("code", "pk"))
    refused = _twice([record.number for record in records], "number", "this member number is in the file twice")
    refused |= {n: ("coop", NO_COOP) for n, record in enumerate(records) if record.coop not in coops}
    with batch_cursor() as cursor:
        rows = {
            n: (*record[:-3], coops[record.coop], *record[-2:]) for n, record in enumerate(records) if n not in refused
        }
        _stage(cursor, "staged_person", _PERSON, rows)
        cursor.execute(_known_with(columns))
        known = {n: (person_id, audit_id, fields) for n, person_id, audit_id, fields in cursor.fetchall()}
        [(new,)] = cursor.execute(_NEW_PEOPLE, [now, [*known]])
        different = {n for n, (_, _, fields) in known.items() if fields}
        if change and different:
            _change_people(cursor, known, different, by, now)
    if change:
        refused |= _move(records, known, different, coops, by=by, now=now)
    if new:
        audit.record(by=by, action="members.register", now=now, count=new)
    same = len(known.keys() - different - refused.keys())
    changed = len(different - refused.keys()) if change else 0
    return Taken(new, changed, same, 0 if change else len(different), refused)


def take_cards(records: Sequence[CardRecord], *, change: bool, by: Actor, now: datetime) -> Taken:
    """Take cards in. One that is in other hands at the same time is refused, and one of nobody in the register."""
    require_transaction()
    refused = _overlapping(records)
    with batch_cursor() as cursor:
        _stage(cursor, "staged_card", _CARD, {n: record for n, record in enumerate(records) if n not in refused})
        for (n,) in cursor.execute(_STRANGERS):
            refused[n] = ("member", "nobody in the register has this member number")
        known = {n: (audit_id, differs) for n, audit_id, differs in cursor.execute(_KNOWN_CARDS)}
        different = {n for n, (_, differs) in known.items() if differs}
        if change and different:
            for (n,) in cursor.execute(_OCCUPIED, [list(different)]):
                refused[n] = HELD
            different -= refused.keys()
            cursor.execute(_CHANGE_CARDS, [list(different)])
        for (n,) in cursor.execute(_TAKEN_CARDS, [[*known, *refused]]):
            refused[n] = HELD
        cursor.execute(_NEW_CARDS, [[*known, *refused]])
        new = cursor.rowcount
    if change:
        audit.record_each(
            by=by, action="members.change_cards", now=now, purposes={known[n][0]: "cards" for n in different}
        )
    if new:
        audit.record(by=by, action="members.take_cards", now=now, count=new)
    same = len(known.keys() - different - refused.keys())
    return Taken(new, len(different) if change else 0, same, 0 if change else len(different), refused)


def _stage(cursor: Cursor, table: str, types: Mapping[str, str], rows: Mapping[int, tuple[Any, ...]]) -> None:
    columns = ", ".join(f"{name} {type_}" for name, type_ in types.items())
    cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS {table} (n int4, {columns})")
    cursor.execute(f"TRUNCATE {table}")
    with cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["int4", *types.values()])
        for n, row in rows.items():
            copy.write_row((n, *row))
    cursor.execute(f"ANALYZE {table}")


def _known_with(columns: Collection[str]) -> str:
    """The question who is known and what is otherwise, about the columns that the file has."""
    present = {name: test for name, test in _DIFFERENCES.items() if _is_in(name, columns)}
    return _KNOWN.format(differences=", ".join(f"CASE WHEN {test} THEN '{name}' END" for name, test in present.items()))


def _is_in(name: str, columns: Collection[str]) -> bool:
    """Whether the file says anything about what stands in an entry under this name."""
    match name:
        case "address":
            return all(column in columns for column in _ADDRESS)
        case "home":
            return "coop" in columns
        case "left":
            return "left_on" in columns
    return name in columns


def _change_people(
    cursor: Cursor,
    known: Known,
    different: Collection[int],
    by: Actor,
    now: datetime,
) -> None:
    """Details, addresses and contacts of people who are there, with an entry for each that names what is otherwise now."""
    fields = {name for n in different for name in known[n][2]}
    own = [name for name in _DETAILS if name in fields] + (list(_ADDRESS) if "address" in fields else [])
    if own:
        cursor.execute(
            f"UPDATE members_person p SET {', '.join(f'{name} = s.{name}' for name in own)} FROM staged_person s"  # noqa: S608
            " WHERE p.number = s.number AND s.n = ANY(%s)",
            [list(different)],
        )
    for kind in _CONTACTS:
        numbers = [n for n in different if kind in known[n][2]]
        if numbers:
            cursor.execute(_CHANGE_CONTACT.format(kind, verified=_VERIFIED.format(kind)), [numbers, numbers])
    noted = {known[n][1]: " ".join(name for name in known[n][2] if name not in {"home", "left"}) for n in different}
    audit.record_each(
        by=by, action="members.change_details", now=now, purposes={who: what for who, what in noted.items() if what}
    )


def _move(
    records: Sequence[PersonRecord],
    known: Known,
    different: Collection[int],
    coops: Mapping[str, int | None],
    *,
    by: Actor,
    now: datetime,
) -> dict[int, tuple[str, str]]:
    """Other home co-ops, and none any more; by place, who cannot have another from that day on: theirs stays."""
    moving = {known[n][0]: n for n in different if "home" in known[n][2]}
    leaving = {known[n][0]: n for n in different if "left" in known[n][2]}
    moves = {
        who: (coop, since)
        for who, n in moving.items()
        if (coop := coops[records[n].coop]) is not None and (since := records[n].member_since) is not None
    }
    bound = changes.move_homes(moves) if moves else set()
    ended = {who: day for who, n in leaving.items() if (day := records[n].left_on) is not None}
    if ended:
        changes.end_memberships(ended, now=now)
    moved = {known[n][1]: "home" for who, n in moving.items() if who not in bound}
    audit.record_each(by=by, action="members.move_home", now=now, purposes=moved)
    left = {known[n][1]: "home cards" for n in leaving.values()}
    audit.record_each(by=by, action="members.end_membership", now=now, purposes=left)
    return {moving[who]: ("member_since", changes.HOME_LATER) for who in bound}


def _twice(keys: Sequence[str], column: str, reason: str) -> dict[int, tuple[str, str]]:
    """By place, the keys that stood before in the batch already."""
    seen: set[str] = set()
    found = {}
    for n, key in enumerate(keys):
        if key in seen:
            found[n] = (column, reason)
        seen.add(key)
    return found


def _overlapping(records: Sequence[CardRecord]) -> dict[int, tuple[str, str]]:
    """By place, the cards that another record of the batch, before it, has at the same time."""
    held: dict[str, list[CardRecord]] = {}
    found = {}
    for n, record in enumerate(records):
        others = held.setdefault(record.number, [])
        if any(_meet(record, other) for other in others):
            found[n] = ("card", "the file gives this card to two at one time")
        else:
            others.append(record)
    return found


def _meet(one: CardRecord, other: CardRecord) -> bool:
    return (other.end is None or one.start < other.end) and (one.end is None or other.start < one.end)
