"""Less of what is recorded already: when a member asks for it, and when products come into a category that is kept out.

The two registers meet here: a person's choices decide what stays of that person's receipts. Pages may read a person's receipts
and keys, and change neither; so what removes asks as the system, for the one person it is called for.
"""

from datetime import date, datetime

from kvitto.archive import actions as archive
from kvitto.archive import queries as archived
from kvitto.assortment import queries as assortment
from kvitto.audit import actions as audit
from kvitto.choices import queries as choices
from kvitto.choices.types import Topic
from kvitto.intake.reference import Reference
from kvitto.kernel import identity
from kvitto.kernel.actor import SYSTEM, Actor, ActorKind
from kvitto.kernel.db import opened, require_transaction
from kvitto.kernel.periods import Period, quarter_end, quarter_of
from kvitto.members import queries as members
from kvitto.notices import actions as notices
from kvitto.notices.types import Kind, Way
from kvitto.purchases import queries as purchases
from kvitto.purchases import rewriting
from kvitto.purchases.actions import NotOwnReceiptError
from kvitto.purchases.rewriting import Less
from kvitto.purchases.rules import Facts
from kvitto.purchases.rules import less as less_of
from kvitto.purchases.types import LevelReason, ProductContent, Recorded
from kvitto.rights.models import Sweep
from kvitto.rights.types import Removal, Removed
from kvitto.staff import records
from kvitto.staff.types import Act
from kvitto.stores import queries as stores
from kvitto.stores.types import Level

PURPOSE = "removal"  # what the audit entries say the lines were opened for
ACTION = "rights.remove"
PEOPLE = 50  # whose receipts a sweep has in memory at a time


def preview(*, person_id: int, by: Actor, now: datetime) -> Removal:
    """What `remove_recorded` would do now. Opens everything of the person, the archive with an entry of its own."""
    level, categories = _standing(person_id)
    before = rewriting.recorded_of([person_id], by=by, purpose=PURPOSE, now=now).get(person_id, [])
    reference = _reference()
    after = _less(reference, level, categories)(before)
    pairs = list(zip(before, after, strict=True))
    gone = {new[:2] for old, new in pairs if new != old}
    held = archived.opened(person_id=person_id, by=by, purpose=PURPOSE, now=now)
    left = _less(reference, Level.PRODUCT, categories)(held)
    return Removal(
        level=level,
        categories=tuple(sorted(categories)),
        receipts=len(before),
        changed=sum(new != old for old, new in pairs),
        to_totals=sum(new.level < old.level and new.level is Level.TOTAL for old, new in pairs),
        to_groups=sum(new.level < old.level and new.level is Level.GROUP for old, new in pairs),
        without=sum(new.content != old.content and new.level == old.level for old, new in pairs),
        archived=sum(new[:2] in gone or new.content != old.content for old, new in zip(held, left, strict=True)),
    )


def remove_recorded(*, person_id: int, by: Actor, now: datetime) -> Removed:
    """Take out of a person's stored receipts what would not be recorded now: by their level of now, and their categories.

    Stores, days, totals and Bonus bases stay to the cent. The keys of the quarters that lose something are replaced, so that no
    old copy opens. What is removed does not come back, whatever is chosen later: it leaves the archive, too, and so do the
    categories.
    """
    require_transaction()
    return _remove_recorded(person_id, by=by, now=now)


def remove_for(*, case_id: int, by: Actor, now: datetime) -> None:
    """As `remove_recorded`, for the member of a case at a service point or on the phone; they get a notice.

    The system opens what is removed: staff see none of it, nor how much it was. Raises what `records.asked` does.
    """
    require_transaction()
    case, way = records.asked(case_id=case_id, act=Act.MEMBER_REMOVE, by=by, now=now)
    _remove_recorded(case.person_id, by=by, now=now, case=case.number)
    notices.tell(person_id=case.person_id, kind=Kind.RECORDED_REMOVED, way=Way(way), now=now)


def _remove_recorded(person_id: int, *, by: Actor, now: datetime, case: str = "") -> Removed:
    level, categories = _standing(person_id)
    reference = _reference()
    with identity.acting(ActorKind.SYSTEM):
        done = _remove(person_id, _less(reference, level, categories), "level,sealed", by=by, now=now, case=case)
        less = _less_archived(person_id, _less(reference, Level.PRODUCT, categories))
        archive.rewrite(person_id=person_id, less=less, by=_opener(by), now=now)
    return done


def remove_receipt(*, person_id: int, day: date, receipt_id: int, by: Actor, now: datetime) -> Removed:
    """Take everything but the total out of one receipt of a person, and out of their archive. Opens what is of the same quarter,
    whose key is replaced.

    Raises NotOwnReceiptError for a receipt that is not there, not that person's, or has its total only.
    """
    require_transaction()

    def less(receipts: list[Recorded]) -> list[Recorded]:
        return [
            each._replace(level=Level.TOTAL, content=None) if each[:2] == (day, receipt_id) else each
            for each in receipts
        ]

    quarter = Period(quarter_end(quarter_of(day) - 1), quarter_end(quarter_of(day)))
    with identity.acting(ActorKind.SYSTEM):
        done = _remove(person_id, less, "level,sealed", by=by, now=now, period=quarter)
        also = archive.rewrite(person_id=person_id, less=less, by=by, now=now)
    if not done.receipts and not also:
        raise NotOwnReceiptError("no such receipt with more than its total")
    return done


def sweep(*, now: datetime, by: Actor = SYSTEM) -> int:
    """Take out what was recorded before its product came into a category that its buyer keeps out; how many receipts.

    Looks at everybody who keeps a category out, or once did, when the assortment is another than at the last sweep: at the
    receipts that came in under it, and at the categories that were kept out of each. Opens its transactions itself, one a
    person who loses something; one that is interrupted begins anew and ends alike.
    """
    version = assortment.version()
    if Sweep.objects.filter(version=version).exists():
        return 0
    less = _less(_reference(), Level.PRODUCT, frozenset())
    people = choices.ever_kept_out()
    changed = 0
    for start in range(0, len(people), PEOPLE):
        found = rewriting.recorded_of(people[start : start + PEOPLE], by=by, purpose=PURPOSE, now=now)
        for person_id, receipts in found.items():
            if less(receipts) != receipts:
                with opened():
                    changed += _remove(person_id, less, "sealed", by=by, now=now).receipts
    for person_id in people:
        with opened():
            archive.rewrite(person_id=person_id, less=less, by=by, now=now)
    with opened():
        Sweep.objects.update_or_create(id=1, defaults={"version": version})
        audit.record(by=by, action="rights.sweep", now=now, purpose=PURPOSE, count=changed)
    return changed


def _standing(person_id: int) -> tuple[Level, frozenset[str]]:
    """What holds for a person now."""
    level = Level(choices.value_of(person_id, Topic.RECORDING_LEVEL, profile=stores.profile()))
    return level, frozenset(choices.categories_out(person_id))


def _reference() -> Reference:
    reference = Reference()
    reference.refresh()
    return reference


def _remove(
    person_id: int,
    less: Less,
    fields: str,
    *,
    by: Actor,
    now: datetime,
    period: Period = rewriting.EVER,
    case: str = "",
) -> Removed:
    """The act and its entry, which names the receipts' fields that can have changed. For staff, the system opens them."""
    changed = rewriting.rewrite(person_id=person_id, less=less, by=_opener(by), purpose=PURPOSE, now=now, period=period)
    subject = members.audit_id(person_id)
    audit.record(by=by, action=ACTION, now=now, purpose=fields, subject=subject, count=changed, case=case)
    return Removed(audit.last_number(), changed)


def _less_archived(person_id: int, less: Less) -> Less:
    """As `less`, and nothing of a receipt from which its owner had something removed."""

    def less_archived(receipts: list[Recorded]) -> list[Recorded]:
        keys = [each[:2] for each in receipts]
        heads = purchases.heads_of(person_id=person_id, receipts=keys)
        gone = {(each.business_day, each.receipt_id) for each in heads if each.level_reason is LevelReason.REMOVED}
        return [each._replace(content=None) if each[:2] in gone else each for each in less(receipts)]

    return less_archived


def _opener(by: Actor) -> Actor:
    return SYSTEM if by.kind is ActorKind.STAFF else by


def _less(reference: Reference, level: Level, categories: frozenset[str]) -> Less:
    """At most a level, without the categories, and without those that each receipt came in without."""

    def less(receipts: list[Recorded]) -> list[Recorded]:
        places = stores.places()
        codes: dict[str, set[str]] = {places[each.store_id].chain_code: set() for each in receipts}
        for each in receipts:
            if isinstance(each.content, ProductContent):
                codes[places[each.store_id].chain_code].update(line.code for line in each.content.lines if line.code)
        reference.learn_codes(codes)
        return [cut(each, reference.facts[places[each.store_id].chain_code]) for each in receipts]

    def cut(each: Recorded, facts: Facts) -> Recorded:
        at = min(each.level, level)
        content = less_of(
            each.content,
            level=at,
            barred=reference.barred(categories.union(each.content.kept_out if each.content else ())),
            facts=facts,
            group_depth=reference.depths.depth(each.business_day),
        )
        return each._replace(level=at, content=content)

    return less
