"""A household on the phone, in three languages: main member, second adult, a minor with an account, a stranger, a service point.

What somebody reads is looked for in the language they read in.
"""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests import cast
from tests.journeys import bans, pages, staff_pages
from tests.journeys.test_members import said

ELIS_CARD = "9246000000000041"
BASKET = [cast.line("APPLES", "3.40", code=cast.APPLES), cast.line("BEER 0.33L", "1.99", code=cast.BEER, vat="25.5")]
BONUS, TOTAL = "3,40", "5,39"  # and the beer earns none


@pytest.fixture
def home(site):
    """Aino, Björn and Elis, who is sixteen, in one household; Björn and Elis have bought the same today."""
    from kvitto.accounts.actions import create_account
    from kvitto.accounts.types import Kind
    from kvitto.households import actions as households
    from kvitto.households.types import NewHome, NewPlace, Role
    from kvitto.kernel.actor import OPERATOR
    from kvitto.kernel.db import opened
    from kvitto.members.actions import register
    from kvitto.members.types import NewPerson
    from tests.crew import hire_all

    now = datetime.now(UTC).replace(microsecond=0)
    who, born = {"by": OPERATOR, "now": now}, timezone.localdate() - timedelta(days=16 * 366)
    with opened():
        account = create_account(username="elis", password=site.password, kind=Kind.MEMBER, **who)
        new = NewPerson("Elis", "Ahonen", "sv", (ELIS_CARD,), now - timedelta(days=9), account, birth_date=born)
        (elis,) = register(people=[new], **who)
        places = [NewPlace(site.people["aino"], Role.MAIN, born), NewPlace(site.people["bjorn"], Role.ADULT, born)]
        places.append(NewPlace(elis, Role.MINOR, born, born, site.people["aino"]))
        households.register(homes=[NewHome(places)], **who)
    hire_all(now - timedelta(days=20), None)
    day = {"business_day": timezone.localdate(now).isoformat(), "end_time": now.isoformat(), "channel": "web"}
    cast.take(
        cast.receipt(BASKET, card=cast.BJORN_CARD, sequence=90, **day),
        cast.receipt(BASKET, card=ELIS_CARD, sequence=91, **day),
        now=now,
    )
    return site


def newest_receipt(page):
    page.goto("/receipts")
    with page.expect_navigation():
        page.locator("main a.entry[href^='/receipts/20']").first.click()
    return page.url


@pytest.mark.slow
@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_five_people_and_one_household(home, page_as, language):
    aino, elis = page_as("aino", language=language), page_as("elis", language=language)

    # the minor reads a receipt whole, keeps it back, and forbids what they cannot allow again
    address = newest_receipt(elis)
    for word in ("BEER", TOTAL):
        assert word in elis.inner_text("main")
    with elis.expect_navigation():
        elis.get_by_role("button", name=said(language, "Hide day and store from the main member")).click()
    elis.goto("/account/choices")
    expect(elis.locator("main")).to_contain_text(
        said(language, "Until you are 18 you can forbid and limit, and allow nothing more.")
    )
    bans.click("forbid", bans.FORBID).do(elis)
    expect(elis.locator("#done")).to_be_visible()
    expect(elis.locator(bans.ALLOW)).to_have_count(0)

    # the main member sees one figure of Björn's receipt, and the minor's in the other purchases
    aino.goto("/household")
    others = aino.inner_text("section[aria-labelledby=others]")
    assert "Björn" in others
    assert others.count(BONUS) == 2
    assert not re.search(rf"{TOTAL}|1,99|Elis|Beer|BEER", others)
    assert aino.goto(address).status == 404

    # the second adult sees who is there, and no figures; a stranger sees nothing of it
    bjorn = page_as("bjorn", language=language)
    bjorn.goto("/household")
    assert re.search("Aino.*Elis", bjorn.inner_text("main"), re.DOTALL)
    expect(bjorn.locator("section[aria-labelledby=others]")).to_have_count(0)
    assert bjorn.goto(address).status == 404
    chen = page_as("chen", language=language)
    chen.goto("/household")
    assert not re.search("Aino|Björn|Elis", chen.inner_text("main"))
    assert chen.goto(address).status == 404

    # the service point sees who shares the Bonus, and what is decided; not what was bought
    disa = page_as(language=language)
    staff_pages.enter(disa.context, home.url, "disa.staff")
    disa.goto("/staff/")
    to_look_up, look_up, to_text, *_ = bans.by_phone(ELIS_CARD)
    to_look_up.do(disa)
    look_up.do(disa)
    assert re.search("Aino.*Björn", disa.inner_text("section[aria-labelledby=household]"), re.DOTALL)
    assert not re.search(rf"{BONUS}|{TOTAL}|Beer|BEER", disa.content())
    to_text.do(disa)
    expect(disa.locator(bans.FORBID)).to_have_count(0)  # it is forbidden already
