"""Reads: what is held, and who gets it."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache

from django.apps import apps
from django.utils.timezone import localdate

from kvitto.kernel.privacy import FieldClass, Held
from kvitto.rights import models, rules
from kvitto.rights.types import Chapter, Difference, Handing, Processor, Topic


@cache
def held() -> Mapping[str, Held]:
    """`table.column` -> what is said of it, for every column of ours that is about a person, in the models' order.

    The tables of the framework and of the queue are not ours: they hold ids and times of the machine's, and a test says so.
    """
    return {
        f"{model._meta.db_table}.{field.column}": said  # noqa: SLF001  Django's documented name
        for model in apps.get_models()
        if hasattr(model, "Privacy")
        for field in model._meta.concrete_fields  # noqa: SLF001
        if field.column and (said := getattr(model.Privacy, field.name)).field_class is not FieldClass.NONE
    }


def about_members() -> list[Chapter]:
    """What is held about members, topic by topic."""
    return [chapter for chapter in about_everybody() if chapter.topic in rules.OF_MEMBERS]


def about_everybody() -> list[Chapter]:
    """What is held about members and about staff, topic by topic."""
    return rules.chapters(held(), tuple(Topic))


def processors() -> list[Processor]:
    """The whole list, by name and first day."""
    return [
        Processor(row.name, row.purpose, row.country, row.valid_from, row.valid_to, tuple(row.names))
        for row in models.Processor.objects.order_by("name", "valid_from")
    ]


def handing(*, today: date) -> Handing:
    """Who gets what today, later, and who did once."""
    return rules.handing(processors(), today=today)


def processor_differences(wanted: list[Processor], *, now: datetime) -> list[Difference]:
    """What loading `wanted` would change; writes nothing. `now` decides what has begun.

    Raises rules.ProcessorsRefusedError when the list is not sound, or would take back what the public was told.
    """
    if problems := rules.processor_problems(rules.placed(wanted), held()):
        raise rules.ProcessorsRefusedError(problems)
    found, problems = rules.differences(processors(), wanted, today=localdate(now))
    if problems:
        raise rules.ProcessorsRefusedError(problems)
    return found
