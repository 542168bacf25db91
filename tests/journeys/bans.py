"""The ban on the use of purchase data, act by act: by a member on the web, and read out to one on the phone.

For the tests, which count the acts, and for `make ban`, which times them.
"""

from collections.abc import Callable
from typing import NamedTuple

from playwright.sync_api import Page


class Act(NamedTuple):
    """What somebody does in a page; it is over when what it leads to is loaded."""

    words: str
    click: bool  # and not a key
    do: Callable[[Page], None]


FORBID = "section[aria-labelledby=purchase_use] button[value='0']"
ALLOW = "section[aria-labelledby=purchase_use] button[value='1']"


def _leading(do: Callable[[Page], None]) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        with page.expect_navigation():
            do(page)

    return act


def click(words: str, place: str) -> Act:
    """A click that leads to a page."""
    return Act(words, True, _leading(lambda page: page.click(place)))


def enter(words: str, **values: str) -> Act:
    """Fields filled in by their names, and sent with Enter."""

    def do(page: Page) -> None:
        for name, value in values.items():
            page.fill(f"main input[name={name}]", value)
        page.press(f"main input[name={list(values)[-1]}]", "Enter")

    return Act(words, False, _leading(do))


def on_the_web(username: str, password: str) -> list[Act]:
    """From the front page, as a visitor."""
    return [
        click("my choices, on the front page", "main a[href='/account/choices']"),
        enter("user name and password", username=username, password=password),
        click("forbid", FORBID),
    ]


def signed_in() -> list[Act]:
    """From the first page of a member who is signed in."""
    return [
        click("my data, among the tabs", "nav.tabs a[href='/account']"),
        click("my choices", "main a[href='/account/choices']"),
        click("forbid", FORBID),
    ]


def by_phone(card: str) -> list[Act]:
    """From a service point's first page: look up, read out, forbid, confirm, close."""

    def look_up(page: Page) -> None:
        page.fill("main input[name=card]", card)
        page.select_option("main select[name=place]", "")
        page.select_option("main select[name=proof]", "questions")
        page.press("main input[name=card]", "Enter")

    return [
        click("to the look-up", "main a[href='/staff/look-up']"),
        Act("the card, and proof by questions", False, _leading(look_up)),
        click("to the text that is read out", "main a[href$='/choices']"),
        click("forbid, and the number of the statement", FORBID),
        click("back to the member", "main > div > p > a.link[href^='/staff/look-up/']"),
        click("done: close", "form[action$='/close'] button"),
    ]
