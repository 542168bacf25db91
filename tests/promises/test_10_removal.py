"""Data can be removed from the register on request, also through the web service: what a member would rather not have had
recorded goes, with the keys that opened it, and the Bonus stays to the cent.
"""

import pytest
from django.db import connection

from kvitto.assortment import actions as assortment
from kvitto.assortment.types import GroupRow
from kvitto.choices.types import Topic
from kvitto.kernel.actor import OPERATOR, Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.kernel.periods import Period
from kvitto.purchases import queries as purchases
from kvitto.purchases.actions import seal_context
from kvitto.rights import removal
from kvitto.stores.types import Level
from kvitto.vault import actions as vault
from kvitto.vault.types import ToOpen
from tests.cast import BEER, MILK, NOW, TODAY, keep_out, line, receipt, take
from tests.doors.reading import signed_in, text_of

AINO = Actor(ActorKind.MEMBER, "1")
NOVEMBER = Period(TODAY.replace(day=1), TODAY.replace(month=12, day=1))


@pytest.fixture
def aino(cast):
    """Aino, who has bought milk and beer, in her browser."""
    take(receipt([line("MILK", "2.15", code=MILK), line("BEER", "3.00", code=BEER)]))
    return signed_in(cast.aino, "aino")


def decide(client, topic, **data):
    return client.post("/account/choices/decide", {"topic": topic} | data)


def remove(client):
    """As the page's button does."""
    return text_of(client.get(client.post("/account/removal/do")["Location"]))


def bought(person_id):
    found = purchases.opened_receipts(person_id=person_id, period=NOVEMBER, by=AINO, purpose="test", now=NOW)
    return [(head.total_cents, head.level, content) for head, content in found]


def stored_copy(person_id):
    """What a backup of the receipts holds: the sealed bytes, and all they are bound to."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT person_id, store_id, business_day, workstation, sequence, begin_time, level, sealed"
            " FROM purchases_receipt WHERE person_id = %s",
            [person_id],
        )
        *place, sealed = cursor.fetchone()
    return ToOpen(bytes(sealed), seal_context(*place))


def test_a_category_that_is_never_to_be_recorded_is_removed_from_what_was(aino, cast):
    decide(aino, Topic.NOT_RECORDED, category="alcohol", value="0")

    assert "1 receipt holds less now" in remove(aino)

    ((total, level, content),) = bought(cast.aino)
    assert (total, level) == (515, Level.PRODUCT)
    assert [each.text for each in content.lines] == ["MILK"]


@pytest.mark.parametrize("level", [Level.GROUP, Level.TOTAL])
def test_what_was_recorded_goes_down_to_what_is_to_be_recorded(aino, cast, level):
    decide(aino, Topic.RECORDING_LEVEL, value=str(int(level)))
    assert bought(cast.aino)[0][1] is Level.PRODUCT  # a choice holds from the next receipt on

    remove(aino)

    ((total, recorded, _),) = bought(cast.aino)
    assert (total, recorded) == (515, level)
    assert "BEER" not in text_of(aino.get("/search?q=beer"))


def test_what_is_removed_is_removed_from_old_copies_too(aino, cast):
    copy = stored_copy(cast.aino)
    decide(aino, Topic.NOT_RECORDED, category="alcohol", value="0")
    remove(aino)

    with pytest.raises(vault.KeyDestroyedError):
        vault.open_sealed(items=[copy], by=AINO, purpose="test", subject=None, period=None, now=NOW)


def test_what_goes_and_what_stays_is_told_before(aino):
    decide(aino, Topic.NOT_RECORDED, category="alcohol", value="0")

    told = text_of(aino.get("/account/removal"))

    assert "1 of 1 receipts on which goods are recorded would hold less" in told
    assert (
        "Store, day, time and total of each receipt, and what it counts for the Bonus. Your Bonus does not change."
        in told
    )
    assert "What is removed does not come back" in told


@pytest.mark.parametrize(
    "said", [{"topic": "recording_level", "value": "1"}, {"topic": "not_recorded", "category": "alcohol", "value": "0"}]
)
def test_the_bonus_stays_to_the_cent(aino, cast, said):
    before = purchases.bonus_bases_of(cast.aino, NOVEMBER)
    aino.post("/account/choices/decide", said)
    remove(aino)

    assert purchases.bonus_bases_of(cast.aino, NOVEMBER) == before
    assert before[0][2][0].cents == 215


def test_nobody_asks_the_member_to_come_back_when_a_product_changes_its_category(aino, cast):
    """What came in under the choice, and only later turned out to be of the category, goes by itself."""

    keep_out(cast.aino, "alcohol")
    remove(aino)
    with opened():
        assortment.load(groups=[GroupRow("milk", {"en": "Milk"}, "drinks")], by=OPERATOR, now=NOW)
    removal.sweep(now=NOW)

    ((total, _, content),) = bought(cast.aino)
    assert (total, content.lines) == (515, [])
