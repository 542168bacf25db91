"""Warranty receipts and the archive on the member's pages: offered, found, corrected, taken along, deleted, and nobody else's."""

import json
import re
from datetime import timedelta

import pytest
from django.utils.timezone import localdate
from django.utils.translation import override

from kvitto.choices.types import Topic
from kvitto.doors.member_web import ics
from kvitto.stores.types import Level
from kvitto.warranties.models import Warranty
from kvitto.warranties.types import Copy
from kvitto.warranties.types import Warranty as Shown
from tests.cast import MILK, NOW, TODAY, line
from tests.doors.reading import signed_in, text_of
from tests.guarantees import TERMS, buy, stock, today_at_noon, turn, washer

LIST = "/warranties"


@pytest.fixture
def aino(cast):
    stock()
    return signed_in(cast.aino, "aino")


def buys(*lines, sequence=77):
    now = today_at_noon()
    buy(*lines, sequence=sequence, now=now, business_day=localdate(now).isoformat(), end_time=now.isoformat())


def turned_on(cast, topic=Topic.WARRANTY_RECEIPTS):
    turn(topic, person_id=cast.aino, now=today_at_noon() - timedelta(hours=1))


def first(client, path, pattern):
    return re.search(pattern, client.get(path).content.decode())[1]


def receipt_of(client):
    return first(client, "/receipts", r'href="(/receipts/20[^"]+)"')


def test_at_the_first_guarantee_one_tap_on_the_receipt_turns_them_on(aino):
    buys(washer(serial="S-1"))
    address = receipt_of(aino)
    offer = text_of(aino.get(address))
    done = aino.post(f"{address}/keep-warranties")
    shown = text_of(aino.get(done["Location"]))

    assert "There is a guarantee on this receipt. Of what you buy with a guarantee, what a claim needs is kept" in offer
    assert "They make themselves from now on. Statement" in shown
    assert "WASHING MACHINE W7" in shown
    after = text_of(aino.get(address))
    assert "There is a guarantee on this receipt." not in after
    assert "Its warranty receipt" in after


def test_who_has_said_no_is_not_asked_again_and_goods_without_are_no_occasion(aino, cast):
    buys(line(code=MILK), sequence=76)
    assert "There is a guarantee" not in text_of(aino.get(receipt_of(aino)))
    turn(Topic.WARRANTY_RECEIPTS, 0, person_id=cast.aino, now=today_at_noon())
    buys(washer())
    assert "There is a guarantee" not in text_of(aino.get(receipt_of(aino)))


def test_the_list_says_how_long_each_lasts_and_the_page_what_a_claim_needs(aino, cast):
    turned_on(cast)
    ends = (localdate(today_at_noon()) + timedelta(days=25)).isoformat()
    buys(
        washer(guarantees=[{"months": 24, "terms": TERMS}], serial="S-1"),
        line("LAMP", "9.00", guarantees=[{"until": ends}]),
    )
    listed = text_of(aino.get(LIST))
    page = text_of(aino.get(first(aino, LIST, r'href="(/warranties/\d+)"><b>WASHING')))

    assert re.search("LAMP 25 days left .* WASHING MACHINE W7 24 months left", listed)
    for needed in (
        "Northern Co-op · 1234567-1",
        "Till 1 · receipt 77",
        "Serial number S-1",
        TERMS,
        "then it is deleted",
    ):
        assert needed in page
    assert "649" not in page


def test_its_owner_corrects_notes_and_deletes_it(aino, cast):
    turned_on(cast)
    buys(washer())
    address = first(aino, LIST, r'href="(/warranties/\d+)"')
    said = {"item": "Tvättmaskinen", "ends_on": "2020-01-01", "note": "<b>papers</b>"}

    assert "it ends today or later" in text_of(aino.post(f"{address}/correct", said))
    ends = localdate(today_at_noon()) + timedelta(days=1_000)
    assert aino.post(f"{address}/correct", said | {"ends_on": ends.isoformat()}).status_code == 302
    page = text_of(aino.get(address))
    assert "Tvättmaskinen" in page
    assert f"corrected by you: {ends.day}.{ends.month}.{ends.year}" in page
    assert b"&lt;b&gt;papers" in aino.get(address).content
    assert aino.post(f"{address}/delete")["Location"] == LIST
    assert not Warranty.objects.exists()
    assert aino.get(address).status_code == 404


def test_it_is_taken_along_as_pdf_and_calendar_and_the_export_offers_it(aino, cast):
    turned_on(cast)
    assert aino.get(f"{LIST}/all.pdf").status_code == 404
    buys(washer(serial="S-1"))
    address = first(aino, LIST, r'href="(/warranties/\d+)"')

    for path in (f"{LIST}/all.pdf", f"{address}/file.pdf"):
        body = aino.get(path).content
        for mark in (b"<pdfuaid:part>1</pdfuaid:part>", b"<pdfaid:part>2</pdfaid:part>", b"WASHING MACHINE W7"):
            assert mark in body, mark
    for path in (f"{LIST}/all.ics", f"{address}/file.ics"):
        assert b"SUMMARY:Guarantee ends: WASHING MACHINE W7" in aino.get(path).content
    assert aino.get(f"{address}/file.exe").status_code == 404
    assert "Your warranty receipts" in text_of(aino.get("/account/export"))


def test_everything_that_is_held_has_both(aino, cast):
    turned_on(cast)
    turned_on(cast, Topic.RECEIPT_ARCHIVE)
    turn(Topic.RECORDING_LEVEL, Level.TOTAL, person_id=cast.aino, now=today_at_noon() - timedelta(hours=1))
    buys(washer(serial="S-1"))
    held = {each["table"]: each["rows"] for each in json.loads(aino.get("/account/everything").content)["held"]}

    assert held["warranties_warranty"][0]["sealed"]["serial"] == "S-1"
    (line_,) = held["archive_receipt"][0]["sealed"]["lines"]
    assert (line_["text"], line_["guarantee"]["serial"]) == ("WASHING MACHINE W7", "S-1")
    assert held["purchases_receipt"][0]["sealed"] is None


def test_a_lowered_receipt_leads_to_the_whole_one_and_only_its_owner_there(aino, cast):
    turned_on(cast, Topic.RECEIPT_ARCHIVE)
    turn(Topic.RECORDING_LEVEL, Level.TOTAL, person_id=cast.aino, now=today_at_noon() - timedelta(hours=1))
    buys(line(code=MILK))
    address = receipt_of(aino)
    shown = text_of(aino.get(address))
    whole = address.replace("receipts", "archive")

    assert "What was bought is not recorded, only the total." in shown
    assert "Whole in your archive" in shown
    assert "MILK ORGANIC 1.5L" in text_of(aino.get(whole))
    assert aino.get(f"{whole}/pdf").content.startswith(b"%PDF")
    for elsewhere in ("/search?q=milk", "/purchases", "/account/export/receipts.csv", "/account/export/receipts.json"):
        assert b"MILK ORGANIC" not in aino.get(elsewhere).content
    bjorn = signed_in(cast.bjorn, "bjorn")
    assert bjorn.get(whole).status_code == bjorn.get(f"{whole}/pdf").status_code == 404
    assert bjorn.post(f"{whole}/remove").status_code == 404
    assert aino.post(f"{whole}/remove")["Location"] == "/archive"
    assert aino.get(whole).status_code == 404


def test_turning_off_says_before_how_much_goes(aino, cast):
    turned_on(cast)
    buys(washer())
    page = text_of(aino.get("/account/choices"))

    assert "1 receipt is kept" in page
    assert "those that are there are deleted at once" in page
    done = aino.post("/account/choices/decide", {"topic": "warranty_receipts", "value": "0"})
    assert "Warranty receipts : No warranty receipts are kept" in text_of(aino.get(done["Location"]))
    assert "They are turned off" in text_of(aino.get(LIST))


def test_a_calendar_file_folds_its_lines_and_quotes_its_texts():
    item = "Kylskåp; med frys, 300 l\\år " * 6
    copy = Copy("Co-op", "1", "Shop", "Oulu", "1", 7, item, "", "", TODAY, item + "\r\nBEGIN:VEVENT")
    shown = Shown(9, TODAY, 1, TODAY, None, False, copy)
    with override("en"):
        body = ics.calendar([shown], host="kvitto.example", now=NOW)

    assert all(len(each) <= 75 for each in body.split(b"\r\n"))
    unfolded = body.replace(b"\r\n ", b"").decode()
    assert unfolded.count("\r\nBEGIN:VEVENT") == 1
    assert "SUMMARY:Guarantee ends: Kylskåp\\; med frys\\, 300 l\\\\år" in unfolded
    assert unfolded.count("TRIGGER:-P") == 3
    assert "DTSTART;VALUE=DATE:20261122" in unfolded
