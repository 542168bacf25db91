"""Passkeys in a real browser with a device of its own: set up, asked for at the next sign-in, and nobody else's taken."""

import json
from contextlib import closing
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from kvitto.accounts.actions import create_account
from kvitto.accounts.models import Account, Factor
from kvitto.accounts.types import Kind
from kvitto.audit.models import Entry
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from tests.doors.entering import works_here
from tests.journeys.conftest import BREACHES, PASSWORD, WAIT

DEVICE = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasResidentKey": False,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
ABSENT = "() => { navigator.credentials.get = async () => { throw new Error('no device'); }; }"
KEPT = (
    "() => { HTMLFormElement.prototype.submit = function () { this.dataset.sent = this.elements.credential.value; }; }"
)


@pytest.fixture
def staff(server, browser, numbered):
    """Elsa and Greta have staff accounts; `staff()` is a browser at their address, by its name, with a device of its own."""
    with opened():
        for name in ("elsa", "greta"):
            account = create_account(
                username=name, password=PASSWORD, kind=Kind.STAFF, by=OPERATOR, now=datetime.now(UTC)
            )
            if name == "elsa":
                works_here(account)
    contexts, console = [], []

    def new():
        context = browser.new_context(
            base_url=server.replace("127.0.0.1", "localhost"), locale="en-GB", service_workers="block"
        )
        contexts.append(context)
        context.set_default_timeout(WAIT)
        page = context.new_page()
        page.on("console", lambda message: console.append(message.text))
        device = context.new_cdp_session(page)
        device.send("WebAuthn.enable")
        device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        return page

    yield new
    for context in contexts:
        context.close()
    assert [text for text in console if any(word in text.lower() for word in BREACHES)] == []


def give_password(page, name="elsa"):
    page.goto("/staff/sign-in")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/staff/factor**")


def set_up(page, name="elsa"):
    give_password(page, name)
    page.get_by_role("link", name="Set up a passkey").click()
    page.fill("input[name=name]", "security key")
    page.get_by_role("button", name="Set up a passkey").click()
    expect(page.locator("#codes li")).to_have_count(10)


def sign_out(page):
    with page.expect_navigation():
        page.get_by_role("button", name="Sign out").click()


def answers(page):
    """What the page sends when its passkey is used, kept from being sent."""
    page.evaluate(KEPT)
    page.get_by_role("button", name="Use a passkey").click()
    form = page.locator("form[data-sent]")
    form.wait_for(state="attached")
    return json.loads(form.get_attribute("data-sent"))


def send(page, answer):
    """Send an answer as the page's own form would."""
    page.locator("form[data-passkey] input[name=credential]").evaluate(
        "(field, text) => { field.value = text; HTMLFormElement.prototype.submit.call(field.form); }",
        json.dumps(answer),
    )


def test_a_passkey_is_set_up_and_then_asked_for_at_the_next_sign_in(staff):
    page = staff()
    set_up(page)
    with page.expect_navigation():
        page.get_by_role("link", name="I have written them down").click()
    sign_out(page)
    give_password(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(lambda url: urlsplit(url).path == "/staff/")
    given = Entry.objects.filter(action="accounts.sign_in").values_list("purpose", flat=True)
    assert list(given) == ["password and passkey"] * 2
    assert Factor.objects.get().counter > 0


def test_a_browser_without_the_device_says_so_and_gets_nowhere(staff):
    set_up(staff())
    stranger = staff()
    give_password(stranger)
    stranger.evaluate(ABSENT)
    stranger.get_by_role("button", name="Use a passkey").click()
    expect(stranger.get_by_text("The device gave no passkey. Try again.")).to_be_visible()
    stranger.goto("/staff/")
    assert "/staff/factor" in stranger.url


def test_an_answer_is_taken_once_and_for_its_own_question(staff):
    page = staff()
    set_up(page)
    sign_out(page)
    give_password(page)
    answer = answers(page)
    page.reload()  # another question
    send(page, answer)
    expect(page.get_by_text("The passkey was not taken. Try again.")).to_be_visible()


def test_somebody_elses_passkey_is_refused(staff):
    hers, mine = staff(), staff()
    set_up(hers, "greta")
    set_up(mine)
    sign_out(mine)
    give_password(mine)
    # Greta's device answers Elsa's question: her page asks with Elsa's challenge
    sign_out(hers)
    give_password(hers, "greta")
    asked = json.loads(mine.locator("form[data-passkey]").get_attribute("data-options"))
    own = json.loads(hers.locator("form[data-passkey]").get_attribute("data-options"))
    own["challenge"] = asked["challenge"]
    hers.locator("form[data-passkey]").evaluate("(form, text) => { form.dataset.options = text; }", json.dumps(own))
    send(mine, answers(hers))
    expect(mine.get_by_text("The passkey was not taken. Try again.")).to_be_visible()


def test_a_passkey_that_is_moved_to_another_account_opens_nothing(staff):
    page = staff()
    set_up(page)
    sign_out(page)
    Factor.objects.update(account_id=Account.objects.get(username="greta").pk)
    give_password(page, "greta")
    expect(page.locator("h1")).to_have_text("The service failed")


def test_a_copied_passkey_that_counts_less_is_refused(staff):
    page = staff()
    set_up(page)
    sign_out(page)
    Factor.objects.update(counter=1000)
    give_password(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("The passkey was not taken. Try again.")).to_be_visible()


def test_without_scripts_there_is_a_sentence_and_the_other_ways(staff, browser, server):
    set_up(staff())
    with closing(browser.new_context(base_url=server, java_script_enabled=False)) as context:
        page = context.new_page()
        give_password(page)
        expect(page.get_by_text("Passkeys do not work at an address of digits.")).to_be_visible()
        page.goto(page.url.replace("127.0.0.1", "localhost").partition("/staff")[0] + "/staff/sign-in")
        page.fill("input[name=username]", "elsa")
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        expect(page.get_by_text("A passkey needs a browser that knows them, and scripts.")).to_be_visible()
        expect(page.locator("form[data-passkey]")).to_be_hidden()
        page.get_by_text("I do not have my device").click()
        expect(page.get_by_role("button", name="Use a recovery code")).to_be_visible()
