"""Writes: statements are added, nothing else."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import connection
from django.utils.timezone import localdate

from kvitto.assortment import queries as assortment
from kvitto.audit import actions as audit
from kvitto.choices import queries
from kvitto.choices.models import Statement
from kvitto.choices.rules import NO, YES, is_sound, loosens, with_category
from kvitto.choices.types import Channel, Earlier, Shown, Stated, Topic
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.db import require_transaction
from kvitto.kernel.errors import ConflictError, InvalidError, RefusedError
from kvitto.members import queries as members
from kvitto.members.ages import is_minor
from kvitto.stores import queries as stores
from kvitto.stores.types import Level


class FutureStatementError(InvalidError):
    """A statement holds from now on, or from a past instant when it is migrated; never from a future one."""


class UnknownChoiceError(InvalidError):
    """There is no such topic, value or wish."""


class ChannelError(InvalidError):
    """The way it was said does not fit who writes it down."""


class MinorError(RefusedError):
    """A minor forbids and limits; what allows more waits until they are of age."""


class NotWaitingError(ConflictError):
    """There is nothing of that number that waits for this person."""


def state_levels(
    *, levels: Mapping[int, Level], channel: Channel, stated_at: datetime, by: Actor, now: datetime
) -> None:
    """State a recording level for each person id, from `stated_at` on."""
    require_transaction()
    if stated_at > now:
        raise FutureStatementError(f"a statement cannot hold from {stated_at.isoformat()}: that is in the future")
    Statement.objects.bulk_create(
        [
            Statement(
                person_id=person_id, topic=Topic.RECORDING_LEVEL, value=level, stated_at=stated_at, channel=channel
            )
            for person_id, level in levels.items()
        ]
    )
    audit.record(by=by, action="choices.state", now=now, count=len(levels))


def migrate(*, statements: Sequence[Earlier], by: Actor, now: datetime) -> int:
    """Take in what was decided in an earlier register; how many of them were not here yet."""
    require_transaction()
    if not statements:
        return 0
    there = set(
        Statement.objects.filter(
            channel=Channel.MIGRATION, person_id__in={each.person_id for each in statements}
        ).values_list("person_id", "topic", "stated_at")
    )
    new = [each for each in statements if (each.person_id, each.topic, each.stated_at) not in there]
    Statement.objects.bulk_create(
        [
            Statement(
                person_id=each.person_id,
                topic=each.topic,
                value=each.value,
                codes=list(each.codes),
                stated_at=each.stated_at,
                channel=Channel.MIGRATION,
                registered_by=f"{by.kind} {by.id}",
            )
            for each in new
        ]
    )
    if new:
        audit.record(by=by, action="choices.state", now=now, count=len(new))
    return len(new)


def state(  # noqa: PLR0913  a statement's fields
    *,
    person_id: int,
    topic: Topic,
    value: int | None = None,
    codes: Sequence[str] = (),
    channel: Channel,
    shown: Shown,
    by: Actor,
    now: datetime,
    case: str = "",
) -> Stated:
    """Write down what a person decided, from now on; its number is their proof.

    What restricts holds at once, in whatever way it was said. What allows more holds at once when the member says it
    themselves; written down by staff, it waits until the member confirms it.
    Raises UnknownChoiceError, ChannelError; MinorError when a minor would allow more.
    """
    require_transaction()
    if not is_sound(topic, value, codes):
        raise UnknownChoiceError("this cannot be decided about that: nothing was changed")
    _check_way(by, channel)
    _lock(person_id)
    allows = value is not None and loosens(queries.value_of(person_id, topic, profile=stores.profile()), value)
    pending = allows and _waits(person_id, by, now)
    return _write(person_id, topic, value, codes, channel, shown, by, now, case=case, pending=pending)


def state_category(
    *,
    person_id: int,
    category: str,
    value: int,
    channel: Channel,
    shown: Shown,
    by: Actor,
    now: datetime,
    case: str = "",
) -> Stated:
    """Write down that a category is never recorded (value NO), or is again (YES); as `state` does.

    A category is a class of sensitive products of the assortment. Raises as `state` does.
    """
    require_transaction()
    if value not in {NO, YES} or category not in assortment.classes():
        raise UnknownChoiceError("there is no such category: choose one of those on the page; nothing was changed")
    _check_way(by, channel)
    _lock(person_id)
    held = queries.categories_out(person_id)
    pending = value == YES and category in held and _waits(person_id, by, now)
    codes = with_category(held, category, value)
    return _write(person_id, Topic.NOT_RECORDED, None, codes, channel, shown, by, now, case=case, pending=pending)


def _check_way(by: Actor, channel: Channel) -> None:
    if (by.kind is ActorKind.MEMBER) is not (channel is Channel.WEB):
        raise ChannelError("a member decides on the web, and staff write down what is said in other ways")


def _waits(person_id: int, by: Actor, now: datetime) -> bool:
    """Whether what allows more waits for the member's own yes. MinorError for a minor."""
    if is_minor(members.birth_date(person_id), localdate(now)):
        raise MinorError("until you are 18 you can forbid and limit, and allow nothing more")
    return by.kind is not ActorKind.MEMBER


def confirm(*, person_id: int, number: int, shown: Shown, by: Actor, now: datetime) -> Stated:
    """The member confirms what staff wrote down for them: it holds from now on. Raises NotWaitingError."""
    require_transaction()
    _lock(person_id)
    waits = next((each for each in queries.waiting(person_id) if each.number == number), None)
    if waits is None:
        raise NotWaitingError("this waits no longer: you have confirmed it, or decided anew since")
    return _write(person_id, waits.topic, waits.value, waits.codes, Channel.WEB, shown, by, now, confirms=number)


def _write(  # noqa: PLR0913  as above
    person_id: int,
    topic: Topic,
    value: int | None,
    codes: Sequence[str],
    channel: Channel,
    shown: Shown,
    by: Actor,
    now: datetime,
    *,
    case: str = "",
    pending: bool = False,
    confirms: int | None = None,
) -> Stated:
    row = Statement.objects.create(
        person_id=person_id,
        topic=topic,
        value=value,
        codes=list(codes),
        stated_at=now,
        channel=channel,
        pending=pending,
        confirms_id=confirms,
        registered_by=f"{by.kind} {by.id}",
        case=case,
        text_version=shown.version,
        text_language=shown.language,
        text_digest=shown.digest,
    )
    audit.record(
        by=by,
        action="choices.state",
        now=now,
        purpose=topic,
        subject=members.audit_id(person_id),
        count=1,
        case=case or f"statement-{row.pk}",
    )
    return Stated(int(row.pk), pending)


def _lock(person_id: int) -> None:
    """One statement of a person at a time: what restricts and what loosens follows from the one before."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('kvitto.choices', %s))", [person_id])
