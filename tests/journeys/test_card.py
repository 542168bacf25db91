"""The card at the till: a scanner reads it from the screen, with and without a network."""

import io

import pytest
import zxingcpp
from PIL import Image

from tests.cast import AINO_CARD, BJORN_CARD


def scanned(page):
    """What a scanner reads from what the screen shows now."""
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        return [(code.text, code.format) for code in zxingcpp.read_barcodes(picture)]


def open_card(page_as, page):
    """The card, kept on the device by the time this returns."""
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    page.goto("/card")
    page_as.until(page, "caches.match('/card', {ignoreVary: true})")


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_scanner_reads_the_card_from_a_phone(page_as, theme, scale):
    page = page_as("aino", theme=theme, scale=scale)
    page.goto("/card")
    assert scanned(page) == [(AINO_CARD, zxingcpp.BarcodeFormat.Code128)]
    modules = int(page.locator("svg[role=img]").get_attribute("viewBox").split()[2])
    assert page.locator("svg[role=img]").bounding_box()["width"] / modules >= 2


def test_the_card_opens_without_a_network_until_its_owner_signs_out(page_as):
    page = page_as("aino", worker=True)
    open_card(page_as, page)
    page.context.set_offline(True)
    page.reload()
    assert [text for text, _ in scanned(page)] == [AINO_CARD]
    page.goto("/receipts")
    assert "No connection" in page.inner_text("main")
    page.click("main a[href='/card']")
    page.wait_for_url("**/card")
    assert [text for text, _ in scanned(page)] == [AINO_CARD]

    page.context.set_offline(False)
    sign_out(page)
    page.context.set_offline(True)
    assert shown_without_network(page, "/card") == []


def sign_out(page):
    """Sign out by the form, wherever the pages have it."""
    for path in ("/account", "/"):
        page.goto(path)
        if page.locator("form[action='/sign-out'] button").count():
            with page.expect_navigation():
                page.click("form[action='/sign-out'] button")
            return
    pytest.fail("there is no form to sign out by")


def shown_without_network(page, path):
    """What can be scanned of a page, or nothing where not even the page without a network is left."""
    from playwright.sync_api import Error

    try:
        page.goto(path)
    except Error:
        return []
    return scanned(page)


def test_the_card_of_the_next_person_on_the_same_phone_is_their_own(page_as, site):
    page = page_as("aino", worker=True)
    open_card(page_as, page)
    page.context.clear_cookies(name="kvitto_member")
    page.goto("/sign-in")
    page.fill("input[name=username]", "bjorn")
    page.fill("input[name=password]", site.password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: not url.endswith("/sign-in"))
    page.goto("/card")
    assert [text for text, _ in scanned(page)] == [BJORN_CARD]


def test_the_card_opens_after_the_session_ended(page_as):
    page = page_as("aino", worker=True)
    open_card(page_as, page)
    page.context.clear_cookies(name="kvitto_member")
    page.goto("/card")
    assert [text for text, _ in scanned(page)] == [AINO_CARD]
    page.reload()
    assert [text for text, _ in scanned(page)] == [AINO_CARD]


def test_nothing_personal_but_the_card_is_kept_on_the_device(page_as):
    page = page_as("aino", worker=True)
    open_card(page_as, page)
    for path in ("/purchases", "/receipts", "/account"):
        page.goto(path)
    kept = page.evaluate(
        """async () => {
            const paths = [];
            for (const name of await caches.keys())
                for (const request of await (await caches.open(name)).keys()) paths.push(new URL(request.url).pathname);
            return paths.concat(Object.keys(localStorage), Object.keys(sessionStorage));
        }"""
    )
    at = "htmx-current-path-for-history"  # the address of this tab's page
    personal = [path for path in kept if not path.startswith("/static/") and path != at]
    assert sorted(personal) == ["/card", "/offline"]
    offline = page.evaluate("caches.match('/offline', {ignoreVary: true}).then(kept => kept.text())")
    assert "Aino" not in offline
    assert "Sign out" not in offline


def test_the_kept_card_follows_the_language_that_is_chosen(page_as):
    page = page_as("aino", worker=True)
    open_card(page_as, page)
    page.click("button[name=language][value=fi]")
    page.wait_for_selector("html[lang=fi]")
    assert page.url.endswith("/card")
    page.context.set_offline(True)
    page.reload()
    assert page.locator("html").get_attribute("lang") == "fi"
