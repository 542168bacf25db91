"""Everything that is held about one person, for that person: read from the models, by what they say of themselves.

The two registers meet here. A column is in it when its model says that it is exported; whose a row is, one condition a table says.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.apps import apps
from django.db.models import Model, Q

from kvitto.archive import queries as archive
from kvitto.assortment import queries as assortment
from kvitto.assortment.types import named
from kvitto.kernel import identity
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.members import queries as members
from kvitto.purchases import queries as purchases
from kvitto.purchases.types import Content, GroupContent
from kvitto.rights import queries
from kvitto.rights.rules import thing_of
from kvitto.rights.types import Column, Holding, Topic
from kvitto.stores import queries as stores
from kvitto.warranties import queries as warranties

PURPOSE = "own export"  # what the audit entry says the lines were opened for
RECEIPTS, ARCHIVED, WARRANTIES, SEALED = "purchases_receipt", "archive_receipt", "warranties_warranty", "sealed"
SHARED = ("households_", "staff_")  # of these no member's page reaches a row: they are asked as the system


@dataclass(frozen=True, slots=True)
class Whose:
    """What leads to a person's rows; account 0 is nobody's."""

    person: int
    account: int
    audit_id: UUID


# Whose the rows are of tables that do not say it by a `person`
OWN: Mapping[str, Callable[[Whose], Q]] = {
    "members_person": lambda who: Q(pk=who.person),
    "accounts_account": lambda who: Q(pk=who.account),
    "accounts_session": lambda who: Q(account_id=who.account),
    "accounts_factor": lambda who: Q(account_id=who.account),
    "accounts_token": lambda who: Q(account_id=who.account),
    "audit_entry": lambda who: (
        Q(subject=who.audit_id) | Q(subject=None, actor_kind=ActorKind.MEMBER, actor_id=str(who.account))
    ),
    "households_household": lambda who: Q(pk__in=_households(who.person)),
    "households_guardian": lambda who: Q(minor_id=who.person) | Q(guardian_id=who.person),
    "households_invitation": lambda who: Q(made_by_id=who.person) | Q(made_for_id=who.person),
    "staff_duty": lambda who: Q(staff__person_id=who.person),
    "staff_signature": lambda who: Q(staff__person_id=who.person),
}


def everything_about(*, person_id: int, language: str, by: Actor, now: datetime) -> list[Holding]:
    """All that is held about a person and theirs to have, table by table, in the order of the topics; opens all their receipts.

    What was bought is in the place of what is sealed. Nothing of anybody else; nothing that lets somebody in or opens a seal.
    """
    who = Whose(person_id, members.account_of(person_id) or 0, members.audit_id(person_id))
    found = [_holding(model, columns, who) for model, columns in exported()]
    for holding in found:
        if holding.table == RECEIPTS:
            _open(holding.rows, person_id, language, by, now)
        elif holding.table == ARCHIVED:
            _open_archive(holding, person_id, language, by, now)
        elif holding.table == WARRANTIES:
            _open_warranties(holding, person_id, by, now)
    return sorted(found, key=lambda holding: list(Topic).index(holding.topic))


def exported() -> Iterator[tuple[type[Model], list[str]]]:
    """Each table of which somebody is given anything, with the columns that are."""
    held = queries.held()
    for model in apps.get_models():
        table = model._meta.db_table  # noqa: SLF001  Django's documented name
        fields = model._meta.concrete_fields  # noqa: SLF001  as above
        names = [str(field.column) for field in fields if field.column]
        columns = [name for name in names if (said := held.get(f"{table}.{name}")) and said.exported]
        if columns:
            yield model, columns


def _holding(model: type[Model], columns: list[str], who: Whose) -> Holding:
    table = model._meta.db_table  # noqa: SLF001  as above
    whose = OWN.get(table, lambda who: Q(person_id=who.person))(who)
    rows = model._default_manager.filter(whose).order_by("pk").values(*columns)  # noqa: SLF001  as above
    if table.startswith(SHARED):
        with identity.acting(ActorKind.SYSTEM):
            found = list(rows)
    else:
        found = list(rows)
    things = {name: thing for name in columns if (thing := thing_of(f"{table}.{name}"))}
    held = queries.held()
    return Holding(
        topic=next(iter(things.values())).topic,
        table=table,
        columns=[Column(name, thing.words, held[f"{table}.{name}"].why) for name, thing in things.items()],
        rows=[dict(row) for row in found],
    )


def _households(person_id: int) -> list[int]:
    with identity.acting(ActorKind.SYSTEM):
        places = apps.get_model("households", "Place")._default_manager.filter(person_id=person_id)  # noqa: SLF001  as above
        return list(places.values_list("household_id", flat=True))


def _open(rows: Sequence[dict[str, Any]], person_id: int, language: str, by: Actor, now: datetime) -> None:
    """Put what was bought into receipts, and the names of their stores."""
    contents = purchases.contents_of(
        person_id=person_id,
        receipts=[(row["business_day"], row["id"]) for row in rows],
        by=by,
        purpose=PURPOSE,
        now=now,
    )
    places, groups = stores.places(), _groups(language)
    for row, content in zip(rows, contents, strict=True):
        row["store_id"] = places[row["store_id"]].name
        row[SEALED] = _told(content, groups)


def _open_archive(holding: Holding, person_id: int, language: str, by: Actor, now: datetime) -> None:
    """Put what was bought into archived receipts; those whose archive is turned off meanwhile are gone."""
    found = archive.opened(person_id=person_id, by=by, purpose=PURPOSE, now=now)
    contents = {each[:2]: each.content for each in found}
    places, groups = stores.places(), _groups(language)
    holding.rows[:] = [
        row | {"store_id": places[row["store_id"]].name, SEALED: _told(contents[key], groups)}
        for row in holding.rows
        if (key := (row["business_day"], row["receipt_id"])) in contents
    ]


def _open_warranties(holding: Holding, person_id: int, by: Actor, now: datetime) -> None:
    """Put what is sealed into warranty receipts; those that are turned off meanwhile are gone."""
    found = warranties.of_person(person_id=person_id, by=by, purpose=PURPOSE, now=now)
    copies = {each.warranty_id: each.copy for each in found}
    holding.rows[:] = [
        row | {SEALED: msgspec.structs.asdict(copies[row["id"]])} for row in holding.rows if row["id"] in copies
    ]


def _groups(language: str) -> dict[int, str]:
    return {number: named(group.names, language) for number, group in assortment.groups().items()}


def _told(content: Content, groups: Mapping[int, str]) -> dict[str, Any] | None:
    if content is None:
        return None
    told = msgspec.structs.asdict(content)
    told["paid"] = content.paid and msgspec.structs.asdict(content.paid)
    if isinstance(content, GroupContent):
        told["groups"] = [{"group": groups.get(number, ""), "cents": cents} for number, cents in content.groups]
    else:
        told["lines"] = [
            msgspec.structs.asdict(line) | {"guarantee": line.guarantee and msgspec.structs.asdict(line.guarantee)}
            for line in content.lines
        ]
    return told
