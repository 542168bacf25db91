"""The frame of the pages in a browser: everything loads under the policy, and a small script helps where it can."""

import pytest

PART = "<h2 id=found data-focus data-status='3 receipts found'>Found</h2>"


@pytest.mark.parametrize("theme", ["", "light", "dark"])
def test_stylesheet_script_htmx_and_worker_load_under_the_policy(page_as, theme):
    page = page_as("aino", theme=theme, worker=True)
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    for path in ("/", "/purchases", "/receipts", "/card", "/account", "/offline", "/nowhere"):
        page.goto(path)
        assert page.evaluate("document.styleSheets.length") == 1
        assert page.evaluate("htmx.config.allowEval") is False
        assert page.evaluate("htmx.config.historyCacheSize") == 0
    missing = "the server responded with a status of 404"  # of /nowhere
    assert [text for text in page_as.console if missing not in text] == []


def test_what_is_asked_of_another_origin_is_noticed(page_as):
    page = page_as()
    elsewhere = page_as.site.url.replace("127.0.0.1", "localhost") + "/static/kvitto.svg"
    assert page_as.elsewhere == []

    page.goto(elsewhere)

    assert page_as.elsewhere == [elsewhere]
    page_as.elsewhere.clear()


def test_an_inline_script_does_not_run(page_as):
    page = page_as()
    page.evaluate("""async () => {
        const blocked = new Promise(resolve => document.addEventListener("securitypolicyviolation", resolve));
        document.body.append(Object.assign(document.createElement("script"), {text: "window.ran = true"}));
        await blocked;
    }""")
    assert page.evaluate("window.ran") is None
    page.context.close()
    assert "Content Security Policy" in "".join(page_as.console)
    page_as.console.clear()


def test_a_password_can_be_shown_and_is_hidden_again_before_it_is_sent(page_as):
    page = page_as()
    page.goto("/sign-in")
    page.fill("input[name=password]", "kvittot")
    box = page.locator("label.check input")
    box.check()
    assert page.locator("input[name=password]").get_attribute("type") == "text"
    box.uncheck()
    assert page.locator("input[name=password]").get_attribute("type") == "password"


def test_the_language_is_chosen_on_the_page_where_one_is(page_as):
    page = page_as()
    page.goto("/sign-in?next=/receipts")
    page.click("button[name=language][value=sv]")
    page.wait_for_selector("html[lang=sv]")
    assert page.url.endswith("/sign-in?next=/receipts")
    assert page.locator("button[value=sv][aria-current]").count() == 1


def test_the_theme_is_chosen_on_the_page_where_one_is(page_as):
    page = page_as("aino")
    page.goto("/receipts")
    page.click("button[name=theme][value=dark]")
    page.wait_for_selector("html[data-theme=dark]")
    assert page.url.endswith("/receipts")


def test_the_app_can_be_installed(page_as):
    page = page_as(worker=True)
    manifest = page.evaluate(
        """async () => {
            const manifest = await (await fetch(document.querySelector('link[rel=manifest]').href)).json();
            for (const icon of manifest.icons) icon.status = (await fetch(icon.src)).status;
            return manifest;
        }"""
    )
    assert manifest["display"] == "standalone"
    assert {icon["status"] for icon in manifest["icons"]} == {200}
    found = page.context.new_cdp_session(page).send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert {error["errorId"] for error in found} <= {"in-incognito"}  # as every browser of a test is


def test_installing_is_offered_only_by_browsers_that_can(page_as):
    page = page_as("aino", worker=True)
    page.goto("/card")
    assert not page.is_visible("[data-install]")
    assert not page.is_visible("[data-install-ios]")
    page.evaluate(
        "dispatchEvent(Object.assign(new Event('beforeinstallprompt'), {prompt: () => { window.asked = true; }}))"
    )
    page.click("[data-install] button")
    assert page.evaluate("window.asked")
    assert not page.is_visible("[data-install]")


def test_a_part_that_comes_in_later_is_announced_and_may_take_the_focus(page_as):
    page = page_as()
    page.route("**/part", lambda route: route.fulfill(body=PART, content_type="text/html"))
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<p id=t hx-get=/part>old</p>')")
    page.evaluate("htmx.process(document.querySelector('main'))")
    page.click("#t")
    page.wait_for_selector("#status:text-is('3 receipts found')", state="attached")
    assert page.evaluate("document.activeElement.id") == "found"
    assert page.locator("#t").get_attribute("aria-busy") is None


def test_a_part_that_does_not_come_is_announced_too(page_as):
    page = page_as()
    page.route("**/part", lambda route: route.abort())
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<p id=t hx-get=/part>old</p>')")
    page.evaluate("htmx.process(document.querySelector('main'))")
    page.click("#t")
    page.wait_for_selector("#status:not(:empty)", state="attached")
    assert page.inner_text("#t") == "old"


def test_a_new_worker_drops_what_the_last_one_kept_but_not_the_card(page_as):
    page = page_as(worker=True)
    page.evaluate("navigator.serviceWorker.ready.then(last => last.unregister())")
    page.evaluate("Promise.all([caches.open('shell-of-last-week'), caches.open('personal')]).then(() => 0)")
    page.reload()
    page_as.until(page, "caches.keys().then(names => !names.includes('shell-of-last-week'))")
    assert "personal" in page.evaluate("caches.keys()")
