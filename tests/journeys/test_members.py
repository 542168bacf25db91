"""What members come for, on a phone: where the money went, a receipt, a word to look for, what coffee cost this year.

Everybody reads in their own language; what the tests look for in a page is translated with it.
"""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone, translation
from playwright.sync_api import expect

from tests import cast

READERS = [("aino", "fi"), ("chen", "sv"), ("chen", "en")]  # Björn keeps groups only
CARDS = {"aino": cast.AINO_CARD, "bjorn": cast.BJORN_CARD, "chen": cast.CHEN_CARD}
MILK = cast.line(code=cast.MILK)  # 2,15 €


@pytest.fixture
def phone(page_as):
    """`page_as`, where no page may have complained at the end."""
    yield page_as
    assert page_as.console == []


def said(language, text):
    """A text of the pages in a language, as a button or a heading has it."""
    with translation.override(language):
        return translation.gettext(text)


def buy(name, *baskets, days_ago=0):
    """Receipts of somebody, a till's next numbers; of a web shop, which has recorded every product for years."""
    end = datetime.now(UTC).replace(microsecond=0) - timedelta(days=days_ago)
    when = {"end_time": end.isoformat(), "business_day": timezone.localdate(end).isoformat(), "channel": "web"}
    first = 1000 + days_ago * 100
    cast.take(
        *(cast.receipt(lines, card=CARDS[name], sequence=first + n, **when) for n, lines in enumerate(baskets)),
        now=end,
    )


def path(page):
    """Where a page is, without the server's name."""
    at = urlsplit(page.url)
    return f"{at.path}?{at.query}" if at.query else at.path


@pytest.mark.parametrize(("name", "language"), READERS)
def test_from_the_month_through_a_group_and_a_product_to_the_receipt_and_back(phone, name, language):
    buy(name, [MILK])
    page = phone(name, language=language)
    been = []
    while "/products/" not in page.url:
        been.append(path(page))
        assert len(been) < 6
        page.locator(".roll ul a.line").first.click()
        page.wait_for_url(lambda url: path(page) != been[-1] and url)
    been.append(path(page))
    product = page.inner_text("h1")
    page.locator("section[aria-labelledby=times] a.entry").first.click()
    expect(page.locator("article.roll .total")).to_contain_text(said(language, "Total"))
    assert page.locator(f"article a[href='{been[-1]}']").count() == 1, product
    assert page.locator("html").get_attribute("lang") == language
    for place in reversed(been):
        page.go_back()
        assert path(page) == place


@pytest.mark.parametrize(("name", "language"), READERS)
def test_a_search_finds_the_same_while_typing_as_by_sending_the_form_without_scripts(phone, name, language):
    buy(name, [MILK], [MILK])
    page = phone(name, language=language)
    page.locator("#q").press_sequentially("milk", delay=30)
    expect(page.locator("#found h2").first).to_contain_text("milk")
    assert path(page) == "/purchases"
    typed = page.inner_text("#found")
    assert "2,15" in typed

    plain = phone(name, language=language, scripts=False)
    plain.fill("#q", "milk")
    with plain.expect_navigation():
        plain.get_by_role("button", name=said(language, "Search")).click()
    assert path(plain) == "/search?q=milk"
    assert plain.inner_text("#found") == typed


@pytest.mark.parametrize("scripts", [True, False])
def test_older_receipts_are_shown_until_there_are_no_more(phone, site, scripts):
    buy("chen", *[[MILK]] * 27)
    page = phone("chen", scripts=scripts)
    page.goto("/receipts")
    listed = page.locator("a.entry[href^='/receipts/']")
    expect(listed).to_have_count(25)
    page.get_by_role("link", name="Show older receipts").click()
    left = 27 + site.receipts["chen"] - 25
    expect(listed).to_have_count(25 + left if scripts else left)
    expect(page.get_by_role("link", name="Show older receipts")).to_have_count(0)
    assert path(page) == ("/receipts" if scripts else "/receipts?page=2")


def test_language_and_theme_are_changed_where_one_is_and_stay_changed(phone):
    page = phone("bjorn", language="sv")
    page.goto("/search?q=milk")
    page.click("button[name=language][value=fi]")
    expect(page.locator("html[lang=fi]")).to_have_count(1)
    page.click("button[name=theme][value=dark]")
    expect(page.locator("html[data-theme=dark]")).to_have_count(1)
    assert path(page) == "/search?q=milk"
    expect(page.locator("#q")).to_have_value("milk")
    page.locator("#found a.entry[href^='/receipts/']").first.click()
    expect(page.locator("html[lang=fi][data-theme=dark] article.roll")).to_have_count(1)


def test_after_signing_out_the_back_button_shows_nothing_personal(phone):
    page = phone("aino", language="fi", worker=True)
    for address in ("/receipts", "/account"):
        page.goto(address)
        assert re.search("Grocer|Ahonen", page.inner_text("main"))
    page.get_by_role("button", name=said("fi", "Sign out")).click()
    page.wait_for_url("**/")
    for _ in range(3):
        page.go_back()
        assert not re.search("Grocer|Ahonen", page.content())
        assert urlsplit(page.url).path == "/sign-in"


def test_the_address_of_somebody_elses_receipt_is_no_page(page_as):
    hers = page_as("aino", language="fi")
    hers.goto("/receipts")
    address = hers.locator("a.entry[href^='/receipts/']").first.get_attribute("href")
    his = page_as("bjorn", language="sv")
    assert his.goto(address).status == 404
    nothing = his.inner_text("main")
    assert his.goto(re.sub(r"\d+$", "999999999", address)).status == 404
    assert his.inner_text("main") == nothing
    assert all("status of 404" in text for text in page_as.console)


def test_the_front_page_is_three_acts_from_what_coffee_cost_this_year(phone, site):
    buy("chen", [cast.line("COFFEE DARK 500G", "5.49")], [MILK, cast.line("INSTANT COFFEE", "4.20")])
    buy("chen", [cast.line("COFFEE DARK 500G", "7.00")], days_ago=400)
    page = phone()
    opened = []
    page.on("framenavigated", lambda frame: opened.append(path(frame)))

    page.locator("main").get_by_role("link", name="Sign in").click()  # first, to be let in
    page.get_by_label("User name").fill("chen")
    page.get_by_label("Password", exact=True).fill(site.password)
    page.keyboard.press("Enter")

    page.get_by_role("searchbox").press_sequentially("coffee")  # then the word

    answer = page.locator("#found .big")  # then the eyes, without a scroll
    expect(answer).to_have_text(re.compile(r"^9,69\s€$"))
    expect(answer).to_be_in_viewport(ratio=1)
    expect(page.locator("#found h2").first).to_have_text("“coffee” this year")
    expect(page.locator("#found")).to_contain_text("16,69")  # in all that is kept
    assert opened == [reverse("sign-in"), reverse("purchases")]


def test_a_demo_is_looked_around_in_by_one_click_and_in_ones_own_language(page_in_demo):
    page = page_in_demo(language="sv")
    page.locator("main a[href='/demo']").click()
    page.locator("button[name=username][value=aino]").click()
    page.wait_for_url("**/purchases")
    assert page.locator("html").get_attribute("lang") == "sv"
