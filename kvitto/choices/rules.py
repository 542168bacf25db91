"""What can be decided, what holds for whoever decided nothing, and what restricts.

Most topics have a scale on which less is more restrictive: no before yes, totals before product groups. Of the categories that
are never recorded, more is. Wishes restrict nothing.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta

from kvitto.choices.types import Topic
from kvitto.stores.types import Level, Profile

NO, YES = 0, 1

LETTER_HOLDS = timedelta(days=30)
LETTER_MISSES = 5  # wrong codes, after which a letter's own is worth nothing
_YES_OR_NO = (NO, YES)
KEPT_FOR = (
    Topic.RECEIPT_ARCHIVE,
    Topic.WARRANTY_RECEIPTS,
)  # services that keep something, which goes when they are turned off

SCALES: Mapping[Topic, tuple[int, ...]] = {
    Topic.RECORDING_LEVEL: tuple(int(level) for level in (Level.TOTAL, Level.GROUP, Level.PRODUCT)),
    Topic.PURCHASE_USE: _YES_OR_NO,
    Topic.PERSONAL_SERVICES: _YES_OR_NO,
    Topic.GROUP_STATISTICS: _YES_OR_NO,
    Topic.RECEIPT_ARCHIVE: _YES_OR_NO,
    Topic.WARRANTY_RECEIPTS: _YES_OR_NO,
    Topic.EMAIL: _YES_OR_NO,
    Topic.TEXT_MESSAGE: _YES_OR_NO,
    Topic.PUSH: _YES_OR_NO,
    Topic.POST: _YES_OR_NO,
    Topic.PHONE: _YES_OR_NO,
}

# Use is allowed until it is forbidden; what keeps more is turned on first; e-mail, text messages and notifications take a yes
# first (Finnish Act 917/2014, s. 200)
DEFAULTS: Mapping[Profile, Mapping[Topic, int]] = {
    Profile.DEFAULT: {
        Topic.RECORDING_LEVEL: Level.PRODUCT,
        Topic.PURCHASE_USE: YES,
        Topic.PERSONAL_SERVICES: YES,
        Topic.GROUP_STATISTICS: YES,
        Topic.RECEIPT_ARCHIVE: NO,
        Topic.WARRANTY_RECEIPTS: NO,
        Topic.EMAIL: NO,
        Topic.TEXT_MESSAGE: NO,
        Topic.PUSH: NO,
        Topic.POST: YES,
        Topic.PHONE: YES,
    },
    Profile.STRICT: {
        Topic.RECORDING_LEVEL: Level.TOTAL,
        Topic.PURCHASE_USE: NO,
        Topic.PERSONAL_SERVICES: YES,
        Topic.GROUP_STATISTICS: YES,
        Topic.RECEIPT_ARCHIVE: NO,
        Topic.WARRANTY_RECEIPTS: NO,
        Topic.EMAIL: NO,
        Topic.TEXT_MESSAGE: NO,
        Topic.PUSH: NO,
        Topic.POST: NO,
        Topic.PHONE: NO,
    },
}

# Wishes say what somebody would like: codes, of which some topics take several. They are stated, so no purchase is looked at.
WISHES: Mapping[Topic, tuple[str, ...]] = {
    Topic.DIET: ("vegetarian", "vegan", "gluten_free", "lactose_free", "no_pork", "no_alcohol"),
    Topic.SUBJECTS: ("food", "home", "garden", "clothes", "car", "travel", "new_products"),
    Topic.MEDIUM: ("digital", "paper"),
    Topic.FREQUENCY: ("weekly", "monthly", "seldom"),
}
# Topics of which a statement says all codes that hold: wishes, and the categories that are never recorded
WITH_CODES = (Topic.NOT_RECORDED, *WISHES)
SEVERAL = frozenset({Topic.DIET, Topic.SUBJECTS})


def is_sound(topic: Topic, value: int | None, codes: Collection[str]) -> bool:
    """Whether it is something that can be decided about the topic; categories are decided one by one."""
    if topic in SCALES:
        return value in SCALES[topic] and not codes
    if topic not in WISHES:
        return False
    known = set(codes) <= set(WISHES[topic]) and len(set(codes)) == len(codes)
    return value is None and known and (topic in SEVERAL or len(codes) <= 1)


def loosens(before: int, after: int) -> bool:
    """Whether a statement allows more than what held before."""
    return after > before


def with_category(held: Collection[str], category: str, value: int) -> tuple[str, ...]:
    """The categories that are never recorded, after a decision about one: NO keeps it out, YES lets it in again."""
    others = set(held) - {category}
    return tuple(sorted(others if value == YES else others | {category}))
