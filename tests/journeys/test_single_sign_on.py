"""Single sign-on in a real browser: to the provider, which asks something of its own, and back across sites."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from kvitto.accounts.actions import create_account
from kvitto.accounts.types import Kind
from kvitto.audit.models import Entry
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from tests.doors.openid_provider import CLIENT, SECRET, provided
from tests.journeys.conftest import BREACHES, PASSWORD, WAIT, serving

FORM = b"<!doctype html><title>Provider</title><form method=post><button name=yes value=1>It is me</button></form>"


@pytest.fixture
def provider():
    """It asks before it sends anybody back, with a form, as providers do."""
    with provided() as found:
        send_back = found.authorize
        found.ways["authorize"] = lambda query, form, headers: (
            send_back(query, form, headers) if form.get("yes") else (200, FORM)
        )
        yield found


@pytest.fixture
def page(provider, tmp_path, browser, numbered):
    """A browser at a server that trusts the provider. For a browser their two names are two sites."""
    file = tmp_path / "secret"
    file.write_text(SECRET)
    told = {"ISSUER": provider.issuer, "CLIENT_ID": CLIENT, "CLIENT_SECRET_FILE": str(file)}
    with opened():
        create_account(username="elsa", password=PASSWORD, kind=Kind.STAFF, by=OPERATOR, now=datetime.now(UTC))
    with serving(tmp_path, **{f"KVITTO_STAFF_OIDC_{name}": value for name, value in told.items()}) as url:
        context = browser.new_context(
            base_url=url.replace("127.0.0.1", "localhost"), locale="en-GB", service_workers="block"
        )
        context.set_default_timeout(WAIT)
        found, console = context.new_page(), []
        found.on("console", lambda message: console.append(message.text))
        yield found
        context.close()
    assert [text for text in console if any(word in text.lower() for word in BREACHES)] == []


def test_elsa_goes_there_and_comes_back_to_her_second_factor(page, provider):
    page.goto("/staff/security")
    page.get_by_role("link", name="Sign in with the co-op's sign-in").click()
    page.get_by_role("button", name="It is me").click()
    page.wait_for_url("**/staff/factor/new**")
    expect(page.get_by_role("link", name="Set up a passkey")).to_be_visible()
    given = Entry.objects.filter(actor_kind="staff").values_list("action", flat=True)
    assert list(given) == ["accounts.single_sign_on_given"]


def test_somebody_unknown_is_told_so_and_can_still_type_a_password(page, provider):
    provider.username = "nobody"
    page.goto("/staff/sign-in")
    page.get_by_role("link", name="Sign in with the co-op's sign-in").click()
    page.get_by_role("button", name="It is me").click()
    expect(page.get_by_role("alert")).to_contain_text("nobody has an account here by that name")
    page.fill("input[name=username]", "elsa")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: urlsplit(url).path == "/staff/factor/new")
