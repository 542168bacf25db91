"""What a browser says of every page: the rules of WCAG 2.2 AA, small screens, large text, keyboards, ears.

A page is loaded once; what theme and width alter is then looked at without loading it again. Each test gathers everything that
is wrong, and fails with the whole list. Here each state of a page is looked at in one of the three languages, by turns;
`make tour` looks at all of them in each.
"""

import os
from pathlib import Path
from types import SimpleNamespace

import axe_playwright_python
import pytest
from django.urls import resolve, reverse
from playwright.sync_api import expect

from tests import households
from tests.journeys import pages

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RULES = {"runOnly": TAGS, "resultTypes": ["violations"], "selectors": False}
AGAIN = RULES | {"preload": False}  # without reading the stylesheet once more, which is for the lock of the orientation
RULES_BUT_COLOURS = AGAIN | {"rules": {rule: {"enabled": False} for rule in ("color-contrast", "css-orientation-lock")}}
COLOURS = AGAIN | {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
PHONE, NARROW, DESKTOP = 390, 320, 1200
WHOLE = os.environ.get("KVITTO_TOUR") == "whole"

FRAME = """() => [document.documentElement.lang, document.querySelectorAll('h1').length,
    document.querySelector('.brand')?.textContent.split(' · ')[0] ?? 'Kvitto']"""

# Every place that can be clicked, and is smaller than it must be. A link in the middle of a sentence may be as low as its line
# (WCAG 2.5.8), one at the tabs or a main button has to be larger than others.
SMALL_TARGETS = """() => {
    const found = [];
    for (const target of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary")) {
        const label = target.matches("[type=checkbox]") && target.closest("label");
        const style = getComputedStyle(target);
        const beside = [...target.parentElement.childNodes].some(node => node.nodeType === 3 && /[^\\s·]/.test(node.data));
        const { width, height } = (label || target).getBoundingClientRect();
        if (!target.checkVisibility() || target.matches(".skip") || (style.display === "inline" && beside)) continue;
        const least = target.matches(".tabs a, .button") ? 44 : 24;
        if (width < least - 0.01 || height < least - 0.01)
            found.push(`${target.outerHTML.slice(0, 90)} is ${width.toFixed(1)} x ${height.toFixed(1)}`);
    }
    return found;
}"""

# Everything the keyboard reaches: it shows where it is, and is not behind the tabs. A key must have been pressed before.
BAD_FOCUS = """() => {
    const found = [];
    const places = "a[href], button, input:not([type=hidden]), select, summary, [tabindex='0']";
    for (const target of document.querySelectorAll(places)) {
        if (!target.checkVisibility()) continue;
        target.focus();
        const name = target.outerHTML.slice(0, 90);
        if (document.activeElement !== target) { found.push(`${name} takes no focus`); continue; }
        const style = getComputedStyle(target);
        if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) found.push(`${name} shows no focus`);
        const box = target.getClientRects()[0];
        const shown = document.elementFromPoint(box.left + Math.min(box.width / 2, 20), box.top + box.height / 2);
        if (!shown || !(target.contains(shown) || shown.contains(target) || shown.control === target))
            found.push(`${name} is behind ${shown?.outerHTML.slice(0, 60)}`);
    }
    return found;
}"""

# What sticks out to the right with text of a size, and makes the page scroll sideways: the innermost ones.
SIDEWAYS = """size => {
    const root = document.documentElement;
    document.querySelectorAll("details").forEach(each => { each.open = true; });
    root.style.fontSize = size;
    if (root.scrollWidth <= root.clientWidth) return [];
    const out = new Set([...document.querySelectorAll("body *:not(.skip, .hidden, .hidden *)")]
        .filter(each => each.getBoundingClientRect().right > root.clientWidth + 0.5));
    const inner = [...out].filter(each => ![...each.children].some(child => out.has(child)));
    return [`${root.scrollWidth} wide: ${inner.slice(0, 3).map(each => each.outerHTML.slice(0, 90)).join(" and ")}`];
}"""


def members(site):
    """Whose pages are looked at: Aino's, a main member, and those that only Björn has, who keeps something."""
    return [(name, site.people[name]) for name in ("aino", "bjorn")]


@pytest.fixture
def everything(site):
    """The list of states, in a register that has them all."""
    pages.settle(site.password)
    if not households.roles(site.people["aino"]):
        households.settle(SimpleNamespace(**site.people))
    return pages.states(members(site))


class Tour:
    """One browser page for each person, in one language; what is wrong on the pages that are walked through."""

    def __init__(self, page_as, language):
        self.page_as, self.language = page_as, language
        self.opened = {}
        self.wrong = []

    def show(self, state):
        if state.who not in self.opened:
            self.opened[state.who] = self.page_as(state.who, language=self.language)
            self.opened[state.who].emulate_media(color_scheme="light", reduced_motion="reduce")
        page = self.opened[state.who]
        resize(page, PHONE)
        state.show(page)
        return page

    def note(self, state, where, complaints):
        self.wrong += [f"{state.name} ({self.language}, {where}): {complaint}" for complaint in complaints]


def resize(page, width):
    """Set the width, where it is another: a browser takes its time for it."""
    if page.viewport_size["width"] != width:
        page.set_viewport_size({"width": width, "height": 844})


def broken_rules(page, options):
    """What axe finds on the page as it is now."""
    found = page.evaluate("options => axe.run(document, options)", options)["violations"]
    return [
        f"{rule['id']}: {node['html'][:120]} {node.get('failureSummary', '').splitlines()[1:2]}"
        for rule in found
        for node in rule["nodes"][:3]
    ]


def in_turn(states, language):
    """Every third state in each language; all of them on the whole tour."""
    return states if WHOLE else states[pages.LANGUAGES.index(language) :: 3]


def look(tour, state):
    """Everything that is wrong with one state."""
    page = tour.show(state)
    lang, headings, brand = page.evaluate(FRAME)
    tour.note(state, "page", [f"lang is {lang}"] if lang != tour.language else [])
    tour.note(state, "page", [f"{headings} h1"] if headings != 1 and state.page != "design" else [])
    tour.note(state, "page", [f"it is called {brand}"] if brand != "Kvitto" else [])
    tour.note(state, "targets", page.evaluate(SMALL_TARGETS))
    page.evaluate(AXE)
    tour.note(state, "light", broken_rules(page, RULES))
    page.emulate_media(color_scheme="dark")
    tour.note(state, "dark", broken_rules(page, COLOURS))
    page.emulate_media(color_scheme="light")
    page.keyboard.press("Tab")
    tour.note(state, "focus", page.evaluate(BAD_FOCUS))
    tour.note(state, "200 %", page.evaluate(SIDEWAYS, "200%"))
    resize(page, NARROW)
    tour.note(state, f"{NARROW} px", page.evaluate(SIDEWAYS, "100%"))
    resize(page, DESKTOP)
    tour.note(state, f"{DESKTOP} px", [*broken_rules(page, RULES_BUT_COLOURS), *page.evaluate(SIDEWAYS, "100%")])


@pytest.mark.slow
@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_every_page_keeps_the_rules(page_as, everything, language):
    tour = Tour(page_as, language)
    titles = {}
    for state in in_turn(everything, language):
        look(tour, state)
        page = "purchases" if state.page == "period" else state.page  # this month is on both
        titles.setdefault(tour.opened[state.who].title(), set()).add(page)
    tour.wrong += [f"{sorted(names)} are all called {title!r}" for title, names in titles.items() if len(names) > 1]
    assert not tour.wrong, "\n".join(tour.wrong)


def test_what_is_broken_is_noticed(page_as):
    page = page_as()
    broken = "<img src=/static/kvitto.svg><p><a href=/>.</a></p><svg width=900 height=1></svg>"
    page.evaluate("broken => document.querySelector('main').insertAdjacentHTML('beforeend', broken)", broken)
    page.evaluate(AXE)
    assert [found for found in broken_rules(page, RULES) if "image-alt" in found]
    assert page.evaluate(SMALL_TARGETS)
    assert page.evaluate(SIDEWAYS, "100%")
    page.keyboard.press("Tab")
    assert page.evaluate(BAD_FOCUS) == []
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('afterend', '<div class=tabs>' + '<br>'.repeat(90))"
    )
    assert page.evaluate(BAD_FOCUS)


@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_the_pages_of_a_demo_and_of_the_workshop_keep_the_rules(page_in_demo, site, language):
    tour = Tour(page_in_demo, language)
    there = pages.states(members(site), debug=True, demo=True)
    for state in there:
        if state.name in {"demo", "design", "front", "sign-in"}:  # the last two lead to the first
            look(tour, state)
    assert not tour.wrong, "\n".join(tour.wrong)


def test_every_page_is_on_the_list(everything, site, client):
    listed = {state.page for state in pages.states(members(site), debug=True, demo=True)}
    assert names() - listed == pages.NO_PAGES.keys() | pages.OWN_FILES
    client.post("/sign-in", {"username": "aino", "password": site.password})
    for name, arguments in pages.NO_PAGES.items():
        answer = client.get(reverse(name, args=arguments))
        assert answer.status_code in {404, 405} or not answer["Content-Type"].startswith("text/html"), name


def names():
    """The names of all addresses that members can have."""
    from kvitto.wiring import urls

    return {pattern.name for pattern in walked(urls.urlpatterns)}


def walked(patterns):
    """The patterns of addresses, those that are included too."""
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from walked(pattern.url_patterns)
        else:
            yield pattern


# Where the keyboard has been: addresses that its links and forms lead to.
WATCH_FOCUS = """() => {
    window.led = [];
    addEventListener("focusin", ({ target }) => {
        const form = target.closest("form[method=get]");
        const led = new URL(target.href || form?.action || "tel:");  // a telephone number is no page
        if (led.origin === location.origin) window.led.push(led.pathname);
    });
    return document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary").length;
}"""
NO_LINKS = {"activate-set", "offline", "proof"}  # a form leads there, the lack of a network, an act of one's own


def led_by_tab(page, address):
    """The paths that Tab alone reaches on a page."""
    page.goto(address)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    for _ in range(page.evaluate(WATCH_FOCUS) + 5):  # a field for a date is three stops
        page.keyboard.press("Tab")
    return page.evaluate("window.led")


def walk_by_tab(page, start, known):
    """From a page to every other; each kind of page is opened once."""
    waiting = [start]
    while waiting:
        for path in dict.fromkeys(led_by_tab(page, waiting.pop(0))):
            name = resolve(path).url_name
            if name not in known and name not in pages.NO_PAGES and name not in pages.OWN_FILES:
                known.add(name)
                waiting.append(path)


def test_the_keyboard_alone_reaches_every_page_from_the_first(page_as, everything, site):
    page = page_as()
    known = {"front"}
    walk_by_tab(page, "/", known)
    assert "sign-in" in known
    page.goto("/sign-in")
    tab_to(page, "input[name=username]")
    page.keyboard.type("aino")
    tab_to(page, "input[name=password]")
    page.keyboard.type(site.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/purchases")
    known.add("purchases")
    known.remove("choices")  # a visitor was led to the sign-in from there
    walk_by_tab(page, "/purchases", known)
    hers = {state.page for state in everything if state.page in names() and state.who != "bjorn"}
    assert hers - known == NO_LINKS


def tab_to(page, selector):
    """Press Tab until something has the focus."""
    for _ in range(40):
        if page.locator(f"{selector}:focus").count():
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not reach {selector}")


def test_the_skip_link_comes_first_and_leads_to_the_content(page_as):
    page = page_as("aino")
    page.goto("/receipts")
    page.keyboard.press("Tab")
    skip = page.locator("a.skip:focus")
    expect(skip).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    expect(page.locator("main:focus")).to_have_count(1)
    page.keyboard.press("Tab")
    expect(page.locator("main :focus")).to_have_count(1)


def test_what_a_search_finds_is_said_while_the_field_keeps_the_focus(page_as):
    page = page_as("aino")
    page.goto("/search")
    said = page.locator("#status[role=status]")
    for word, answer in [("milk", "Bought 2 times"), ("zeppelin", "Nothing found")]:
        page.fill("#q", "")
        page.locator("#q").press_sequentially(word)
        expect(said).to_contain_text(answer)
        expect(page.locator("#q:focus")).to_have_count(1)
