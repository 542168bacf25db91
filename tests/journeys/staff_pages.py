"""Every page of the staff, in every state that looks different: for the tests in a browser and for screenshots.

`settle` makes what some states need, through the real actions; `states` finds the addresses. The staff are those of the demo, or
the test's: their user names are told.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page

from tests.journeys.pages import State

STAFF = ("disa", "elsa", "dag", "doris", "greta", "ines")  # whose pages differ; the demo's user names are the same
WRONG_CARD = "9246000000009990"
NOT_SIGNED = "nils"  # hired by `settle`

# No page to look at: they take a form only, or answer a page that is open.
NO_PAGES = {
    "sign-out", "set_language", "theme", "still", "sso", "sso-back", "demo-sign-in", "factor-remove", "security-end",
    "security-end-all", "security-password", "case-close", "glass-review", "approve-duty", "approve-case", "approve-change",
    "duty-propose", "duty-end", "till-key-revoke", "till-key-rotate", "factor-codes", "record-choice",
    "question-answer", "alert-close", "gap-settle", "conflict-decide",
}  # fmt: skip


def enter(context: BrowserContext, url: str, username: str) -> None:
    """Sign somebody in by a session made for them: both factors were given just now."""
    from kvitto.accounts.models import Account
    from tests.crew import session_of

    key = session_of(Account.objects.get(username=username))
    context.add_cookies([{"name": "kvitto_staff", "value": key, "domain": urlsplit(url).hostname, "path": "/staff/"}])


def settle(names: Mapping[str, str], card: str) -> None:
    """Somebody who has not signed, a duty that waits, a case that waits, and one that was opened without a colleague."""
    from django.utils.timezone import localdate

    from kvitto.accounts.models import Account
    from kvitto.accounts.types import Kind
    from kvitto.kernel.actor import OPERATOR, Actor, ActorKind
    from kvitto.kernel.db import opened
    from kvitto.kernel.periods import Period
    from kvitto.staff import actions, queries, records
    from kvitto.staff.types import Duty, Reason
    from kvitto.stores.models import Company
    from kvitto.stores.types import ScopeKind
    from kvitto.tills import actions as tills
    from kvitto.tills import queries as till_keys

    now = datetime.now(UTC)
    by = {
        name: Actor(ActorKind.STAFF, str(Account.objects.get(username=username).pk)) for name, username in names.items()
    }
    with opened():
        if not Account.objects.filter(username=NOT_SIGNED).exists():
            made = Account.objects.create(username=NOT_SIGNED, password="!", kind=Kind.STAFF, created_at=now).pk
            actions.add_staff(account_id=made, name="Nils Nyman", person_id=None, by=OPERATOR, now=now)
        nils = next(each for each in queries.people() if each.name == "Nils Nyman")
        if not till_keys.listed(now=now):
            place = {"label": "All tills", "kind": ScopeKind.COMPANY, "code": Company.objects.first().code}
            tills.issue(**place, by=OPERATOR, now=now)
        if not queries.open_proposals(now=now):
            duty = {"staff_id": nils.staff_id, "duty": Duty.AUDITOR, "period": Period(localdate(now))}
            actions.propose_duty(**duty, by=by["ines"], now=now)
        about = {"card": card, "reference": "K-2026-0173", "reason": Reason.CLAIM, "member_asked": False}
        records.open_case(**about, by=by["dag"], now=now)
        if not queries.unreviewed():
            records.break_glass(cards=[card], reference="RECALL-2026-4", fresh_factor=True, by=by["doris"], now=now)
    _deliver(card)


def _deliver(card: str) -> None:
    """A till of which numbers are missing, and a receipt that comes again with other content."""
    from kvitto.stores.models import Till
    from tests.cast import line, receipt, take

    now = datetime.now(UTC)
    ended = (now - timedelta(days=2)).replace(microsecond=0)
    till = Till.objects.select_related("store").order_by("pk").first()
    named = {"store": till.store.code, "workstation": till.code, "business_day": f"{ended:%Y-%m-%d}"}
    named |= {"end_time": ended.isoformat(), "card": card}
    take(*(receipt(sequence=number, **named) for number in (7_001, 7_002, 7_005, 7_009)), now=now)
    take(receipt([line(amount="9.99")], sequence=7_001, **named), now=now)


def states(names: Mapping[str, str], card: str) -> list[State]:
    """Every state; `names` are user names by the first name, `card` is of a member who has bought something this month."""
    return [*_anybody(), *_at_point(names, card), *_handlers(names, card), *_officers(names)]


def _anybody() -> Iterator[State]:
    yield State("staff-sign-in", "/staff/sign-in")
    yield State("staff-demo", "/staff/demo", demo=True)


def _at_point(names: Mapping[str, str], card: str) -> Iterator[State]:
    disa, elsa = names["disa"], names["elsa"]
    yield State("staff-front", "/staff/", "disa", who=disa)
    yield State("staff-front", "/staff/", "elsa", who=elsa)
    yield State("staff-refused", "/staff/people", who=elsa)
    yield State("staff-security", "/staff/security", who=disa)
    yield State("staff-look-up", "/staff/look-up", who=disa)
    yield State("staff-look-up", "/staff/look-up", "wrong", who=disa, act=lambda page: _look_up(page, WRONG_CARD))
    yield State("staff-record", "/staff/look-up", who=disa, act=lambda page: _look_up(page, card))
    yield State("staff-record-choices", "/staff/look-up", who=disa, act=lambda page: _to_choices(page, card))
    yield State("staff-record-choices", "/staff/look-up", "waits", who=disa, act=lambda page: _waits(page, card))
    yield State("staff-record-removal", "/staff/look-up", who=disa, act=lambda page: _to_removal(page, card))
    yield State("staff-record-bonus", "/staff/look-up", who=disa, act=lambda page: _to_bonus(page, card))
    yield State("staff-record-claim", "/staff/look-up", "found", who=disa, act=lambda page: _to_claim(page, card))
    yield State("staff-record-claim", "/staff/look-up", "wrong", who=disa, act=lambda page: _claim_nothing(page, card))
    yield State("staff-record-letter", "/staff/look-up", who=disa, act=lambda page: _letter(page, card))
    yield State("staff-record-code", "/staff/look-up", who=disa, act=lambda page: _code(page, card))


def _handlers(names: Mapping[str, str], card: str) -> Iterator[State]:
    dag = names["dag"]
    new = "/staff/cases/new"
    yield State("staff-agreement", "/staff/agreement", "first", who=NOT_SIGNED)
    yield State("staff-cases", "/staff/cases", who=dag)
    yield State("staff-case-open", new, who=dag)
    yield State("staff-case-open", new, "wrong", who=dag, act=lambda page: _open(page, WRONG_CARD, "claim"))
    yield State("staff-case", new, "waits", who=dag, act=lambda page: _open(page, card, "claim"))
    yield State("staff-case", new, who=dag, act=lambda page: _open(page, card, "member_asked"))
    yield State("staff-case-month", new, who=dag, act=lambda page: _month(page, card))
    yield State("staff-glass", "/staff/cases/danger", who=dag)
    yield State("staff-conflicts", "/staff/conflicts", who=dag)
    yield State("staff-approvals", "/staff/approvals", "cases", who=names["doris"])


def _officers(names: Mapping[str, str]) -> Iterator[State]:
    greta, ines = names["greta"], names["ines"]
    yield State("staff-front", "/staff/", "greta", who=greta)
    yield State("staff-agreement", "/staff/agreement", who=greta)
    yield State("staff-approvals", "/staff/approvals", who=greta)
    yield State("staff-glasses", "/staff/reviews", who=greta)
    yield State("staff-matters", "/staff/matters", who=greta)
    yield State("staff-watch", "/staff/watch", who=greta, act=_counted)
    yield State("staff-watch-account", "/staff/watch", who=greta, act=_watch_account)
    yield State("staff-people", "/staff/people", who=greta)
    yield State("staff-access", "/staff/access", who=greta)
    yield State("staff-agreements", "/staff/agreements", who=greta)
    yield State("staff-agreement-publish", "/staff/agreements/new", who=greta)
    yield State("staff-processing", "/staff/processing", who=greta)
    yield State("staff-network", "/staff/network", who=ines)
    yield State("staff-gaps", "/staff/gaps", who=ines)
    yield State("staff-till-keys", "/staff/till-keys", who=ines)
    yield State("staff-till-key-new", "/staff/till-keys/new", who=ines)
    yield State("staff-till-key-new", "/staff/till-keys/new", "wrong", who=ines, act=_no_such_store)


def _counted(page: Page) -> None:
    """What the states before have looked up, counted as the job does."""
    from kvitto.kernel.db import opened
    from kvitto.oversight import watching

    with opened():
        watching.watch(now=datetime.now(UTC))
    page.reload()


def _watch_account(page: Page) -> None:
    _counted(page)
    with page.expect_navigation():
        page.click("main a.entry")


def _look_up(page: Page, card: str) -> None:
    page.fill("main input[name=card]", card)
    with page.expect_navigation():
        page.press("main input[name=card]", "Enter")


def _to_choices(page: Page, card: str) -> None:
    _look_up(page, card)
    with page.expect_navigation():
        page.click("main a.button[href$='/choices']")


def _to_removal(page: Page, card: str) -> None:
    _to_choices(page, card)
    with page.expect_navigation():
        page.click("main a.button[href$='/removal']")


def _to_bonus(page: Page, card: str) -> None:
    _look_up(page, card)
    with page.expect_navigation():
        page.click("main a.button[href$='/bonus']")


def _to_claim(page: Page, card: str) -> None:
    """The stores whose names have an o."""
    _look_up(page, card)
    with page.expect_navigation():
        page.click("main a.button[href$='/claim']")
    page.fill("main input[name=find]", "o")
    with page.expect_navigation():
        page.press("main input[name=find]", "Enter")


def _claim_nothing(page: Page, card: str) -> None:
    """A receipt that is not named."""
    _to_claim(page, card)
    with page.expect_navigation():
        page.click("main a.entry")
    page.fill("main input[name=business_day]", "2026-11-20")
    page.fill("main input[name=total]", "plenty")
    with page.expect_navigation():
        page.click("main form.sheet button")


def _waits(page: Page, card: str) -> None:
    """Marketing by e-mail is allowed for the member, who has to confirm it."""
    _to_choices(page, card)
    for value in ("0", "1"):  # what was said before may be either
        button = page.locator(f"section[aria-labelledby=email] button[value='{value}']")
        if button.count():
            with page.expect_navigation():
                button.click()


def _letter(page: Page, card: str) -> None:
    _waits(page, card)
    with page.expect_navigation():
        page.click("form[action$='/letter'] button")


def _code(page: Page, card: str) -> None:
    _look_up(page, card)
    with page.expect_navigation():
        page.click("form[action$='/code'] button")


def _open(page: Page, card: str, reason: str) -> None:
    page.fill("main input[name=card]", card)
    page.select_option("main select[name=reason]", reason)
    page.fill("main input[name=reference]", "K-2026-0174")
    with page.expect_navigation():
        page.press("main input[name=reference]", "Enter")


def _no_such_store(page: Page) -> None:
    page.fill("main input[name=label]", "Harbour, all tills")
    page.fill("main input[name=code]", "no-such-store")
    with page.expect_navigation():
        page.click("main form button")


def _month(page: Page, card: str) -> None:
    _open(page, card, "member_asked")
    with page.expect_navigation():
        page.click("main a.button")
