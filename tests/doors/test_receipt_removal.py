"""One receipt loses what it holds by its owner's hand; total and Bonus stay, and the page says so."""

import re

import pytest

from kvitto.audit.models import Entry
from kvitto.purchases.models import Receipt
from kvitto.vault.models import Key
from tests.cast import BJORN_CARD, MILK, line, receipt, take
from tests.doors.reading import signed_in, text_of

pytestmark = pytest.mark.usefixtures("casts_day")


@pytest.fixture
def aino(committed_cast):
    """Aino's browser; two receipts of this quarter, one of another, a total, and one of Björn's."""
    other = {"business_day": "2026-07-03", "end_time": "2026-07-03T09:05:00+03:00"}
    take(
        receipt([line(code=MILK)]),
        receipt([line("APPLES", "3.00")], sequence=2),
        receipt([line("PEARS", "4.00")], sequence=3, **other),
        receipt([line("ROOM", "99.00")], store="900", sequence=4),
        receipt(sequence=5, card=BJORN_CARD),
    )
    return signed_in(committed_cast.aino)


def address(sequence):
    row = Receipt.objects.get(sequence=sequence)
    return f"/receipts/{row.business_day}/{row.id}"


def test_what_goes_and_what_stays_is_shown_first_and_nothing_opened(aino):
    shown = text_of(aino.get(f"{address(4711)}/remove"))
    assert "this is no proof of purchase any more" in shown
    assert "until 20.11.2028. Your Bonus does not change." in shown
    assert not Entry.objects.filter(action="vault.open").exists()


def test_the_total_and_the_bonus_stay_and_the_page_says_so(aino):
    before = Receipt.objects.get(sequence=4711)
    assert aino.post(f"{address(4711)}/remove/do")["Location"] == address(4711)
    after = Receipt.objects.get(sequence=4711)
    assert (after.total_cents, after.bonus_basis, after.sealed) == (before.total_cents, before.bonus_basis, None)
    shown = text_of(aino.get(address(4711)))
    assert "What was bought is not recorded, only the total." in shown
    assert "Why you had the rest removed" in shown
    assert "Remove what it holds" not in shown
    assert "nothing to remove" in text_of(aino.get(f"{address(4711)}/remove"))
    assert "MILK" not in aino.get("/account/export/receipts.json").content.decode()


def test_only_its_quarter_is_opened_and_gets_another_key(aino):
    keys = dict(Key.objects.values_list("pk", "quarter"))
    aino.post(f"{address(4711)}/remove/do")
    assert list(Entry.objects.filter(action="vault.open").values_list("purpose", "count")) == [("removal", 2)]
    gone = keys.keys() - set(Key.objects.values_list("pk", flat=True))
    assert [keys[each] for each in gone] == [2026 * 4 + 3]
    assert "APPLES" in text_of(aino.get(address(2)))
    assert "PEARS" in text_of(aino.get(address(3)))


def test_its_redelivery_brings_nothing_back(aino):
    aino.post(f"{address(4711)}/remove/do")
    take(receipt([line(code=MILK)]))
    assert Receipt.objects.get(sequence=4711).sealed is None


@pytest.mark.parametrize("sequence", [4, 5], ids=["total only", "somebody else's"])
def test_nothing_else_can_be_removed(aino, sequence):
    before = list(Receipt.objects.order_by("id").values_list("level", "sealed"))
    assert aino.post(f"{address(sequence)}/remove/do").status_code == 404
    assert list(Receipt.objects.order_by("id").values_list("level", "sealed")) == before


def test_the_receipt_leads_there(aino):
    page = aino.get(address(4711)).content.decode()
    assert re.search(rf'href="{address(4711)}/remove"', page)
    assert f"{address(4711)}/pdf" in page
