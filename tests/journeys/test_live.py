"""A receipt shows on an open page by itself, and a page without scripts has it when it is loaded again."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from tests import cast


def buy(sequence, card=cast.AINO_CARD, amount="7.35"):
    now = datetime.now(UTC).replace(microsecond=0)
    day = {"business_day": now.date().isoformat(), "end_time": now.isoformat()}
    cast.take(cast.receipt([cast.line("CHEESE", amount)], card=card, sequence=sequence, **day), now=now)


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/purchases", "/receipts", "/card"])
def test_your_receipt_is_here(page_as, site, path):
    page = page_as("aino", worker=True)
    of_this_page = {"referer": f"{site.url}{path}"}  # not of the one before
    with page.expect_response(
        lambda each: "/live" in each.url and of_this_page.items() <= each.request.headers.items()
    ) as stream:
        page.goto(path)
    assert stream.value.headers["content-type"] == "text/event-stream"
    status = page.locator("[data-live]")
    expect(status).to_have_text("")
    buy(101, card=cast.CHEN_CARD)
    buy(102)
    expect(status).to_contain_text("Your receipt is here")
    expect(status).to_contain_text("Grocer Harbour, 7,35")
    expect(status).not_to_contain_text("receipts are here")
    status.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Grocer Harbour")).to_be_visible()


def test_a_receipt_from_between_two_looks_is_told_at_the_next(page_as, site):
    """The page knows one receipt, the connection breaks, another comes in: the browser says what it knows."""
    page = page_as("aino", worker=True)
    page.goto("/receipts")
    page.context.set_offline(True)
    buy(103)
    page.context.set_offline(False)
    expect(page.locator("[data-live]")).to_contain_text("Your receipt is here")


def test_without_scripts_it_is_there_when_the_page_is_loaded_again(page_as):
    page = page_as("aino", scripts=False)
    page.goto("/receipts")
    buy(104)
    page.reload()
    expect(page.locator("main")).to_contain_text("7,35")


def test_whoever_is_not_signed_in_hears_nothing(client, db):
    assert client.get("/live")["Location"].startswith("/sign-in")
