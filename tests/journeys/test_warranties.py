"""Aino buys a washing machine: the receipt on the phone, its warranty receipt with one tap, and with her as files."""

import pytest
from playwright.sync_api import expect

from tests.guarantees import TERMS, buy, stock, today_at_noon, washer


@pytest.mark.slow
def test_from_the_till_to_the_warranty_receipt_and_its_pdf(page_as):
    page = page_as("aino")
    page.goto("/receipts")
    now = today_at_noon()
    stock()
    guaranteed = washer(guarantees=[{"months": 36, "terms": TERMS}], serial="W7-0042")
    buy(guaranteed, sequence=201, now=now, business_day=now.date().isoformat(), end_time=now.isoformat())
    page.reload()
    page.click("main a:has-text('649,00')")
    expect(page.locator("main")).to_contain_text("serial number W7-0042")
    page.click("text=Keep the warranty receipt")
    expect(page.locator("#done")).to_contain_text("They make themselves from now on")

    page.goto("/purchases")
    page.click("nav >> text=Receipts")
    page.click("main >> text=Warranty receipts")
    expect(page.locator("main")).to_contain_text("years left")
    page.click("main >> text=WASHING MACHINE W7")
    expect(page.locator("main")).to_contain_text(TERMS)
    for link in ("As PDF", "Its end in my calendar"):
        with page.expect_download() as download:
            page.click(f"main >> text={link}")
        assert download.value.suggested_filename.startswith("warranty-")
    page.goto("/account/export")
    with page.expect_download() as download:
        page.click("#warranties ~ ul >> text=Document")
    assert download.value.suggested_filename.endswith(".pdf")
