"""The ban on the use of purchase data in a browser: a few clicks on the web, one conversation on the phone."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from kvitto.choices import queries
from kvitto.choices.types import Topic
from kvitto.stores.types import Profile
from tests.cast import CHEN_CARD
from tests.journeys import bans, staff_pages

CLICKS = 3


def do(page, acts):
    """Every act; how many of them are clicks."""
    for act in acts:
        act.do(page)
    return sum(act.click for act in acts)


def is_allowed(site, name):
    person_id = site.people[name]
    return queries.allowing([person_id], Topic.PURCHASE_USE, profile=Profile.DEFAULT) == {person_id}


def test_from_the_front_page_a_ban_takes_three_clicks_at_most(page_as, site):
    page = page_as(language="fi")
    assert is_allowed(site, "chen")

    clicks = do(page, bans.on_the_web("chen", site.password))

    assert clicks <= CLICKS
    assert not is_allowed(site, "chen")
    expect(page.locator("#done")).to_be_in_viewport()
    assert is_allowed(site, "aino")


def test_signed_in_it_takes_three_as_well(page_as, site):
    page = page_as("chen", language="sv")
    page.goto("/")

    assert do(page, bans.signed_in()) <= CLICKS
    assert not is_allowed(site, "chen")


@pytest.fixture
def disa(page_as, site):
    """Disa's phone in a conversation: she is at work."""
    from tests.crew import hire_all

    hire_all(datetime.now(UTC) - timedelta(days=20), None)
    page = page_as(width=390, language="sv")
    staff_pages.enter(page.context, site.url, "disa.staff")
    page.goto("/staff/")
    return page


def test_by_phone_it_is_read_out_written_down_told_and_closed(disa, site, page_as):
    *asked, forbid, back, close = bans.by_phone(CHEN_CARD)

    do(disa, asked)
    assert "Organic milk" not in disa.content()
    expect(disa.locator("section[aria-labelledby=purchase_use]")).to_have_attribute("lang", "en")  # Chen's language
    do(disa, [forbid])
    number = disa.locator(".notice b").inner_text()
    assert not is_allowed(site, "chen")
    do(disa, [back, close])

    chen = page_as("chen")
    chen.goto("/account/choices/history")
    assert next(word for word in number.split() if word.isdecimal()) in chen.inner_text("main")
    chen.goto("/account/notices")
    expect(chen.locator("main")).to_contain_text("by phone")
