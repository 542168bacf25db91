"""The staff at work in a real browser: the rules of every page, the way in, and a day of Disa, Elsa and Greta."""

import base64
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import get_resolver
from playwright.sync_api import expect

from kvitto.accounts import rules
from tests.cast import CHEN_CARD
from tests.doors.addresses import addresses
from tests.journeys import pages, staff_pages
from tests.journeys.test_accessibility import Tour, in_turn, look

NAMES = {name: f"{name}.staff" for name in staff_pages.STAFF}
WAY_IN = {"factor", "factor-new", "factor-app", "factor-passkey"}  # looked at with the passkeys and below
DIFFERENT = {"front", "refused"}  # pages named for what is seen, not for the address


@pytest.fixture
def at_work(site):
    """The site with its staff, and something that waits for each of them."""
    from tests.crew import hire_all

    hire_all(datetime.now(UTC) - timedelta(days=20), None)
    staff_pages.settle(NAMES, CHEN_CARD)
    return site


@pytest.fixture
def staff_as(page_as, at_work):
    """`staff_as("disa.staff")`: a browser in which she is signed in, at the staff's first page."""

    def opened(who="", **more):
        page = page_as(**more)
        if who:
            staff_pages.enter(page.context, at_work.url, who)
        page.goto("/staff/")
        return page

    return opened


@pytest.mark.slow
@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_every_page_of_the_staff_keeps_the_rules(staff_as, language):
    states = [state for state in staff_pages.states(NAMES, CHEN_CARD) if not state.demo]
    tour = Tour(staff_as, language)
    for state in in_turn(states, language):
        look(tour, state)
    assert not tour.wrong, "\n".join(tour.wrong)


def test_every_page_of_the_staff_is_listed(db):
    seen = {state.page.removeprefix("staff-") for state in staff_pages.states(NAMES, CHEN_CARD)}
    names = {name for name, _ in addresses(get_resolver("kvitto.wiring.staff_urls"))}

    assert names - seen == staff_pages.NO_PAGES | WAY_IN
    assert seen - names == DIFFERENT - names


def test_somebody_new_comes_in_signs_and_starts_to_work(page_as, at_work):
    """Password, an app as second factor, recovery codes, the agreement, the first page: in Swedish, on a phone."""
    from kvitto.accounts.models import Account

    nils = Account.objects.get(username=staff_pages.NOT_SIGNED)
    nils.set_password(at_work.password)
    nils.save()
    page = page_as(language="sv")
    page.goto("/staff/")
    page.fill("input[name=username]", nils.username)
    page.fill("input[name=password]", at_work.password)
    page.press("input[name=password]", "Enter")
    page.click("main a[href$='/new/app']")
    secret = base64.b32decode(page.locator("#key").inner_text().replace(" ", ""))
    page.fill("input[name=name]", "telefon")
    step = int(datetime.now(UTC).timestamp()) // rules.STEP_SECONDS
    page.fill("input[name=code]", rules.one_time_code(secret, step))
    page.press("input[name=code]", "Enter")
    expect(page.locator("#codes li")).to_have_count(10)
    page.click("main a.button")
    expect(page.locator("h1")).to_have_text("Sekretessförbindelse")
    page.click("main form .button")
    expect(page.locator("h1")).to_contain_text("Nils Nyman")


def test_disa_serves_a_member_with_the_keyboard_alone(staff_as):
    page = staff_as("disa.staff")
    page.goto("/staff/look-up")
    expect(page.locator("input[name=card]")).to_be_focused()  # the field is where the page begins
    page.keyboard.type(CHEN_CARD)  # a scanner ends with Enter, too
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Chen Chen")
    for word in ("Organic milk", "2,15"):
        assert word not in page.content()
    expect(page.get_by_role("button", name="Done: close this member")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_have_text("The look-up is closed.")
    page.go_back()
    expect(page.locator("h1")).not_to_have_text("Chen Chen")


def test_elsa_sees_no_person_anywhere(staff_as):
    page = staff_as("elsa.staff")
    expect(page.locator("main")).to_contain_text("analyst")
    links = page.locator("main a").evaluate_all("all => all.map(each => each.getAttribute('href'))")
    assert links == ["/staff/security"]
    for address in ("/staff/look-up", "/staff/cases", "/staff/people"):
        page.goto(address)
        expect(page.locator("main")).to_contain_text("None of your duties includes this.")


def test_greta_approves_reviews_and_reads_the_table(staff_as):
    page = staff_as("greta.staff", width=1200)
    page.click("main a[href='/staff/approvals']")
    page.get_by_role("button", name="Approve Nils Nyman: auditor").click()
    expect(page.locator(".notice[role=status]")).to_have_text("It is approved.")
    page.click("nav a[href='/staff/reviews']")
    page.get_by_role("button", name=re.compile("^It was justified")).click()
    expect(page.locator("main")).to_contain_text("It was justified · Greta Gran")
    page.click("nav a[href='/staff/access']")
    expect(page.locator("main")).to_contain_text("open the purchases of the member of their case, for 60 minutes")


def test_a_page_that_is_open_is_led_away_when_the_duty_ends(staff_as, at_work):
    """What is asked every 45 seconds, asked now."""
    from kvitto.kernel.actor import Actor, ActorKind
    from kvitto.kernel.db import opened
    from kvitto.staff import actions, queries
    from kvitto.staff.types import Duty

    page = staff_as("disa.staff")
    page.goto("/staff/look-up")
    now = datetime.now(UTC)
    people = {each.name: each for each in queries.people()}
    duty = next(each for each in queries.held_duties(now=now) if each.duty is Duty.SERVICE_POINT)
    by = Actor(ActorKind.STAFF, str(people["Greta Gran"].account_id))
    with opened():
        actions.end_duty(duty_id=duty.duty_id, by=by, now=now)

    page.evaluate("() => { htmx.ajax('GET', '/staff/still', '#alarm'); }")

    page.wait_for_url(re.compile("/staff/sign-in"))
    expect(page.locator("main")).to_contain_text("no longer holds")
