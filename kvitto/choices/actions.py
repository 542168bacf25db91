"""Writes: statements are added, and letters ask for a yes to those that wait."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.utils.module_loading import import_string
from django.utils.timezone import localdate

from kvitto.assortment import queries as assortment
from kvitto.audit import actions as audit
from kvitto.choices import models, queries, texts
from kvitto.choices.codes import digest
from kvitto.choices.models import Statement
from kvitto.choices.rules import KEPT_FOR, LETTER_HOLDS, LETTER_MISSES, NO, YES, is_sound, loosens, with_category
from kvitto.choices.types import Channel, Earlier, HistoryEntry, Letter, Shown, Stated, Topic
from kvitto.kernel import identity
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.db import require_transaction
from kvitto.kernel.errors import ConflictError, InvalidError, NotFoundError, RefusedError
from kvitto.members import queries as members
from kvitto.members.ages import is_minor
from kvitto.members.rules import ALPHABET, LENGTH, written
from kvitto.notices import actions as notices
from kvitto.notices.types import Kind, Way
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


class NoStatementError(NotFoundError):
    """Nothing of that number was written down for this person under this look-up."""


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
    store_id: int | None = None,
) -> Stated:
    """Write down what a person decided, from now on; its number is their proof.

    What restricts holds at once, in whatever way it was said. What allows more holds at once when the member says it
    themselves; written down by staff, it waits until the member confirms it. Of what staff write down, the member gets a notice.
    `store_id` is where its service point is.
    What a service has kept goes with turning it off, in this transaction.
    Raises UnknownChoiceError, ChannelError; MinorError when a minor would allow more.
    """
    require_transaction()
    if not is_sound(topic, value, codes):
        raise UnknownChoiceError("this cannot be decided about that: nothing was changed")
    _check_way(by, channel)
    _lock(person_id)
    allows = value is not None and loosens(queries.value_of(person_id, topic, profile=stores.profile()), value)
    pending = allows and _has_to_wait(person_id, by, now)
    return _write(
        person_id, topic, value, codes, channel, shown, by, now, case=case, store_id=store_id, pending=pending
    )


def state_category(  # noqa: PLR0913  a statement's fields
    *,
    person_id: int,
    category: str,
    value: int,
    channel: Channel,
    shown: Shown,
    by: Actor,
    now: datetime,
    case: str = "",
    store_id: int | None = None,
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
    pending = value == YES and category in held and _has_to_wait(person_id, by, now)
    codes = with_category(held, category, value)
    return _write(
        person_id,
        Topic.NOT_RECORDED,
        None,
        codes,
        channel,
        shown,
        by,
        now,
        case=case,
        store_id=store_id,
        pending=pending,
    )


def _check_way(by: Actor, channel: Channel) -> None:
    if (by.kind is ActorKind.MEMBER) is not (channel is Channel.WEB):
        raise ChannelError("a member decides on the web, and staff write down what is said in other ways")


def _has_to_wait(person_id: int, by: Actor, now: datetime) -> bool:
    """Whether what allows more waits for the member's own yes. MinorError for a minor."""
    if is_minor(members.birth_date(person_id), localdate(now)):
        raise MinorError("until you are 18 you can forbid and limit, and allow nothing more")
    return by.kind is not ActorKind.MEMBER


def confirm(*, person_id: int, number: int, shown: Shown, by: Actor, now: datetime) -> Stated:
    """The member confirms what staff wrote down for them: it holds from now on. Raises NotWaitingError."""
    require_transaction()
    _lock(person_id)
    waits = _waits(person_id, number)
    if waits is None:
        raise NotWaitingError("this waits no longer: you have confirmed it, or decided anew since")
    return _write(person_id, waits.topic, waits.value, waits.codes, Channel.WEB, shown, by, now, confirms=number)


def write_letter(*, person_id: int, number: int, language: str, by: Actor, now: datetime, case: str) -> Letter:
    """What a letter about a statement says that was written down under this look-up; an earlier letter's code ends.

    The letter about one that waits has a code, as it is written: K7QF-2M9D. Only a digest is kept, so this is the only time.
    Raises NoStatementError, and NotWaitingError when it waited and does no longer.
    """
    require_transaction()
    _lock(person_id)
    entry = queries.written_down(person_id, number, case=case)
    if entry is None:
        raise NoStatementError("nothing of this number was written down in this look-up")
    code, until = None, None
    if entry.pending:
        if _waits(person_id, number) is None:
            raise NotWaitingError("this waits no longer: it was confirmed, or decided anew since")
        # a category that waits is one that would be recorded again
        value = YES if entry.topic is Topic.NOT_RECORDED else entry.value
        shown = texts.shown(entry.topic, value, language)
        code, until = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH)), now + LETTER_HOLDS
        fields = {
            "person_id": person_id,
            "digest": digest(person_id, code),
            "made_at": now,
            "expires_at": until,
            "misses": 0,
            "text_version": shown.version,
            "text_language": shown.language,
            "text_digest": shown.digest,
        }
        models.Letter.objects.update_or_create(pk=number, defaults=fields)
    _note_letter("choices.letter", entry.topic, person_id, by, now, case)
    return Letter(entry, written(code) if code else None, until)


def confirm_by_code(*, card: str, code: str, by: Actor, now: datetime) -> HistoryEntry | None:
    """The holder of a card confirms with a letter's code what staff wrote down: what holds from now on, and they get a notice.

    None when anything is wrong, whatever it is; then a miss is counted on the holder's letters, and the caller commits it. The card
    as `members.rules.read_card` gives it, the code as `read_code` does. An unknown card does the same work as a known.
    """
    require_transaction()
    with identity.presenting(card=card):
        person_id = members.holder_at(card, at=now) or 0  # nobody has 0
    with identity.presenting(person=person_id):
        _lock(person_id)
        letters = models.Letter.objects.filter(
            person_id=person_id, used_at=None, expires_at__gt=now, misses__lt=LETTER_MISSES
        )
        fitting = letters.filter(digest=digest(person_id, code)).first()
        if fitting is None:
            if letters.update(misses=F("misses") + 1):
                _note_letter("choices.letter_missed", "", person_id, by, now)
            return None
        with identity.presenting(letter=fitting.pk):
            return _confirm_by(fitting, by, now)


def _confirm_by(letter: models.Letter, by: Actor, now: datetime) -> HistoryEntry | None:
    person_id, number = letter.person_id, letter.pk
    waits = _waits(person_id, number)
    if waits is None:
        return None
    shown = Shown(letter.text_version, letter.text_language, letter.text_digest)
    stated = _write(person_id, waits.topic, waits.value, waits.codes, Channel.LETTER, shown, by, now, confirms=number)
    models.Letter.objects.filter(pk=number).update(used_at=now)
    notices.tell(person_id=person_id, kind=Kind.CHOICE_CONFIRMED, number=stated.number, now=now)
    return replace(waits, number=stated.number, stated_at=now, channel=Channel.LETTER, pending=False)


def forget_letters(*, now: datetime) -> int:
    """Delete the codes of letters whose time is over, used or not; how many."""
    require_transaction()
    return int(models.Letter.objects.filter(expires_at__lt=now).delete()[0])


def _waits(person_id: int, number: int) -> HistoryEntry | None:
    return next((each for each in queries.waiting(person_id) if each.number == number), None)


def _note_letter(action: str, topic: str, person_id: int, by: Actor, now: datetime, case: str = "") -> None:
    subject = members.audit_id(person_id)
    audit.record(by=by, action=action, now=now, purpose=topic, subject=subject, count=1, case=case)


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
    store_id: int | None = None,
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
        store_id=store_id,
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
    if topic in KEPT_FOR and value == NO:
        import_string(settings.SERVICES_END[topic])(person_id=person_id, by=by, now=now)
    if by.kind is ActorKind.STAFF:
        kind = Kind.CHOICE_WAITS if pending else Kind.CHOICE_HOLDS
        notices.tell(person_id=person_id, kind=kind, number=row.pk, way=Way(channel), now=now)
    return Stated(int(row.pk), pending)


def _lock(person_id: int) -> None:
    """One statement of a person at a time: what restricts and what loosens follows from the one before."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('kvitto.choices', %s))", [person_id])
