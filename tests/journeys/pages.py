"""Every page of the members, in every state that looks different: the one list for tests and screenshots.

`settle` makes the two people whom some states need, `states` finds the addresses. Both look into the register, so they run where
Django is set up. A state is opened with `show`: some are reached by an address alone, others by doing something there first.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from django.urls import reverse
from django.utils.timezone import localdate
from playwright.sync_api import Page, expect

from kvitto.kernel.periods import Period, month_start, months_after

LANGUAGES = ("sv", "fi", "en")
VISITOR = ""
NEWCOMER, CARDLESS, UNLINKED = "newcomer", "cardless", "unlinked"  # bought nothing; has no card either; is nobody
MAIN, ADULT, MINOR = "main", "adult", "minor"  # of one household; the minor is old enough for an account
NEWCOMER_CARD, CODE_CARD = "9246000000000918", "9246000000000926"
WRONG = "not the password"

# No page to look at: they take a form only, or are files for the browser. With the arguments of their addresses.
WITHOUT_ARGUMENTS = (
    "sign-out", "security-end", "security-end-all", "security-password", "set_language", "theme", "manifest",
    "worker", "demo-sign-in", "choice", "choice-confirm", "removal-do", "household-invite", "household-join",
    "household-minor", "household-do", "claim-new", "claim-end", "live", "export-token", "export-token-revoke",
    "api-receipts", "api-description",
)  # fmt: skip
NO_PAGES = dict.fromkeys(WITHOUT_ARGUMENTS, ()) | {
    "receipt-keep-back": (date(2026, 1, 1), 1),
    "receipt-pdf": (date(2026, 1, 1), 1),
    "bonus-pdf": (Period(date(2026, 1, 1), date(2026, 2, 1)),),
    "receipt-remove-do": (date(2026, 1, 1), 1),
    "archive-pdf": (date(2026, 1, 1), 1),
    "archive-remove": (date(2026, 1, 1), 1),
    "warranty-keep": (date(2026, 1, 1), 1),
    "warranty-file": (1, "pdf"),
    "warranty-correct": (1,),
    "warranty-delete": (1,),
    "warranties-file": ("pdf",),
    "export-file": ("csv",),
    "ask-do": (1,),
    "proof-file": (1,),
}

OWN_FILES = {"everything"}  # to take along, by who is signed in


@dataclass(frozen=True)
class State:
    """A page as somebody sees it."""

    page: str  # the name of its URL; for what has none, a word
    address: str
    state: str = ""  # what is special about it
    who: str = VISITOR  # user name
    act: Callable[[Page], None] | None = None  # what somebody does there before the state is reached
    debug: bool | None = None  # only on a server in debug (True), or on one that is not (False)
    demo: bool = False  # only where the demo's people can be looked around as

    @property
    def name(self) -> str:
        """`receipt-total`, `front`."""
        return f"{self.page}-{self.state}" if self.state else self.page

    def show(self, page: Page) -> None:
        """Open it in a browser in which `who` is signed in."""
        page.goto(self.address)
        if self.act:
            self.act(page)


def settle(password: str) -> None:
    """Where they are missing: members who have bought nothing, a household of them, an account of nobody, somebody without one."""
    from kvitto.accounts.actions import create_account
    from kvitto.accounts.types import Kind
    from kvitto.households import actions as households
    from kvitto.households.types import NewHome, NewPlace, Role
    from kvitto.kernel.actor import OPERATOR
    from kvitto.kernel.db import opened
    from kvitto.members.actions import register
    from kvitto.members.queries import holders
    from kvitto.members.types import NewPerson

    now = datetime.now(UTC)
    who = {"by": OPERATOR, "now": now}
    with opened():
        if holders([CODE_CARD]):
            return
        accounts = {
            username: create_account(username=username, password=password, kind=Kind.MEMBER, **who)
            for username in (NEWCOMER, CARDLESS, UNLINKED, MAIN, ADULT, MINOR)
        }
        since, born = now - timedelta(days=9), months_after(localdate(now), -12 * 16)
        people = [
            NewPerson("Nora", "Uusi", "fi", (NEWCOMER_CARD,), since, accounts[NEWCOMER]),
            NewPerson("Pia", "Uusi", "fi", (), since, accounts[CARDLESS]),
            NewPerson("Otto", "Uusi", "fi", (CODE_CARD,), since),
            NewPerson("Maija", "Uusi", "fi", (), since, accounts[MAIN]),
            NewPerson("Alvar", "Uusi", "sv", (), since, accounts[ADULT]),
            NewPerson("Milla", "Uusi", "fi", (), since, accounts[MINOR], birth_date=born),
        ]
        *_, main, adult, minor = register(people=people, **who)
        places = [NewPlace(main, Role.MAIN, born), NewPlace(adult, Role.ADULT, born)]
        homes = [NewHome([*places, NewPlace(minor, Role.MINOR, born, born, guardian_id=main)])]
        households.register(homes=homes, **who)


def states(members: Sequence[tuple[str, int]], *, debug: bool = False, demo: bool = False) -> list[State]:
    """Every state there is on a server; each member's as the first of the (user name, person id) who can show it."""
    found: dict[str, State] = {}
    for username, person_id in members:
        for state in _members(username, person_id):
            found.setdefault(state.name, state)
    every = [*_visitors(), *found.values(), *_newcomers(), *_elsewhere(members[0][0])]
    return [each for each in every if each.debug in {None, debug} and (demo or not each.demo)]


def _visitors() -> Iterator[State]:
    """The pages of somebody who is not signed in."""
    for page in (
        "front",
        "levels",
        "what-we-record",
        "look-ups",
        "check-proof",
        "forgot",
        "offline",
        "sign-in",
        "activate",
        "confirm",
    ):
        yield State(page, reverse(page))
    yield State("demo", reverse("demo"), demo=True)
    sign_in, activate = reverse("sign-in"), reverse("activate")
    yield State("sign-in", sign_in, "wrong", act=_wrong_password)
    yield State("sign-in", sign_in, "wait", act=_too_many_tries)
    yield State("sign-in", f"{sign_in}?next=/receipts&ended=idle", "ended")
    yield State("activate", activate, "wrong", act=_wrong_code)
    yield State("activate", f"{activate}?again=1", "again")
    yield State("confirm", reverse("confirm"), "wrong", act=_wrong_code)
    yield State("confirm", reverse("confirm"), "done", act=_right_letter)
    yield State("activate-set", activate, act=lambda page: _right_code(page, CODE_CARD))
    yield State("activate-set", activate, "known", act=lambda page: _right_code(page, NEWCOMER_CARD))
    yield State("activate-set", activate, "wrong", act=_short_password)


def _members(username: str, person_id: int) -> Iterator[State]:
    """The pages of a member who has bought something."""
    from kvitto.households import queries as households
    from kvitto.households.types import Role

    for page in (
        "purchases",
        "receipts",
        "search",
        "card",
        "account",
        "security",
        "traces",
        "choices",
        "choices-history",
        "removal",
        "notices",
        "export",
        "claim",
    ):
        yield State(page, reverse(page), who=username)
    yield State("notices", reverse("notices"), "new", who=username, act=lambda page: _tell(page, person_id))
    yield State("ask", reverse("traces"), who=username, act=lambda page: _follow(page, "main a[href$='/ask']"))
    yield State("proof", reverse("choices"), who=username, act=_prove)
    for state in (*_receipts(person_id), *_figures(person_id)):
        yield replace(state, who=username)
    yield State("claim", f"{reverse('claim')}?find=o", "found", who=username)
    yield State("claim", f"{reverse('claim')}?find=o", "wrong", who=username, act=_claim_nothing)
    yield State("bonus", reverse("bonus"), who=username)
    yield State("bonus-month", reverse("bonus-month", args=[_last_month()]), who=username)
    yield State("household", reverse("household"), who=username)
    home = households.home(person_id, today=localdate(), now=datetime.now(UTC))
    if home and home.role is Role.MAIN and home.others:
        yield State("household", reverse("household"), "shared", who=username)
        yield State("household-month", reverse("household-month", args=[_last_month()]), who=username)
    yield State("household", reverse("household"), "invited", who=username, act=_invite)
    yield from _kept(username)
    yield State("security", f"{reverse('security')}?done=password", "done", who=username)
    yield State("choices", reverse("choices"), "done", who=username, act=_forbid)
    yield State("choices", reverse("choices"), "category", who=username, act=_keep_out)
    yield State("removal", reverse("removal"), "preview", who=username, act=_see_removal)
    yield State("removal", reverse("removal"), "done", who=username, act=_remove)
    yield State("receipt", reverse("receipts"), "kept-out", who=username, act=_newest_receipt)
    yield State("export", reverse("export"), "token", who=username, act=_make_token)
    yield State("security", reverse("security"), "wrong", who=username, act=_wrong_current_password)


def _kept(username: str) -> Iterator[State]:
    """The archive and the warranty receipts of whoever keeps some; turned off, without any, and one with a faulty correction."""
    from kvitto.accounts.models import Account
    from kvitto.archive import queries as archive
    from kvitto.members.queries import person_of_account
    from kvitto.warranties.models import Warranty

    person_id = person_of_account(Account.objects.get(username=username).pk) or 0
    held, kept = Warranty.objects.filter(person_id=person_id).order_by("pk"), archive.of_person(person_id)
    yield State("archive", reverse("archive"), "" if kept else "off", who=username)
    yield State("warranties", reverse("warranties"), "" if held else "off", who=username)
    for row in held[:1]:
        address = reverse("warranty", args=[row.pk])
        yield State("warranty", address, who=username)
        yield State("warranty", address, "wrong", who=username, act=_faulty_correction)
    for row in held.exclude(returned_on=None)[:1]:
        yield State("warranty", reverse("warranty", args=[row.pk]), "returned", who=username)
    for head in kept[:1]:
        yield State(
            "archive-receipt", reverse("archive-receipt", args=[head.business_day, head.receipt_id]), who=username
        )


def _faulty_correction(page: Page) -> None:
    page.click("summary >> nth=0")
    _submit(page, ends_on="2020-01-01")


def _newcomers() -> Iterator[State]:
    for page in ("purchases", "receipts", "account", "traces", "household", "bonus", "notices"):
        yield State(page, reverse(page), "new", who=NEWCOMER)
    yield State("purchases", reverse("purchases"), "unlinked", who=UNLINKED)
    yield State("card", reverse("card"), "none", who=CARDLESS)
    yield State("household", reverse("household"), "wrong", who=CARDLESS, act=_wrong_invitation)
    for who in (MAIN, ADULT, MINOR):
        yield State("household", reverse("household"), who, who=who)
    yield State("choices", reverse("choices"), "minor", who=MINOR, act=_forbid_for_good)
    yield State("account", reverse("account"), "minor", who=MINOR)


def _elsewhere(username: str) -> Iterator[State]:
    """What has no address of its own."""
    nothing = reverse("receipt", args=[date(2026, 1, 1), 999_999_999])
    yield State("not-found", nothing, who=username)
    yield State("not-found", "/nowhere", "visitor", debug=False)
    yield State("form-too-old", reverse("sign-in"), act=_without_token)
    yield State("design", reverse("design"), debug=True)


def _receipts(person_id: int) -> Iterator[State]:
    """A receipt at each level, the newest with more than one line where there is one; the list with filters."""
    from kvitto.purchases.queries import receipts_of
    from kvitto.stores.types import Level

    listed = reverse("receipts")
    heads = receipts_of(person_id, 100)
    for head in heads:
        address = reverse("receipt", args=[head.business_day, head.receipt_id])
        yield State("receipt", address, head.level.name.lower())
        remove = reverse("receipt-remove", args=[head.business_day, head.receipt_id])
        yield State("receipt-remove", remove, "total" if head.level is Level.TOTAL else "")
    yield State("receipts", f"{listed}?first={heads[-1].business_day}&least=1", "filter")
    yield State("receipts", f"{listed}?least=99999", "none")
    yield State("receipts", f"{listed}?first=2026-02-30&most=plenty", "bad")


def _figures(person_id: int) -> Iterator[State]:
    """Periods, groups, a product, searches: what is really there. Finding it leaves a trace of a job, which one page shows."""
    from kvitto.doors.member_web.converters import month
    from kvitto.doors.member_web.own import year_of
    from kvitto.kernel.actor import SYSTEM
    from kvitto.spending import queries as spending
    from kvitto.spending.types import DEPOSITS, NOT_RECORDED, TOTALS_ONLY, UNGROUPED

    now = datetime.now(UTC)
    today = localdate(now)
    asks = {"person_id": person_id, "language": "en", "by": SYSTEM, "today": today, "now": now}
    year = year_of(today)
    overview = spending.overview(period=year, **asks)
    months = [each.month for each in overview.months if each.receipts]
    yield State("period", reverse("period", args=[month(months[-1])]), "month")
    yield State("period", reverse("period", args=[year]), "year")
    yield State("period", reverse("period", args=[month(date(today.year - 2, 1, 1))]), "empty")
    outside = {"other": UNGROUPED, "deposits": DEPOSITS, "kept-out": NOT_RECORDED, "totals": TOTALS_ONLY}
    for word, group_id in outside.items():
        yield State("group", reverse("group", args=[year, group_id]), word)
    yield State("search", f"{reverse('search')}?q=zeppelin", "none")
    group_id = next((each.id for each in overview.groups if each.id > 0), None)
    if group_id is None:
        return
    yield State("group", reverse("group", args=[year, group_id]))
    group = spending.group_page(group_id=group_id, period=year, **asks)
    while group.groups and not group.products:
        group = spending.group_page(group_id=group.groups[0].id, period=year, **asks)
    yield State("group", reverse("group", args=[month(group.receipts[0].head.business_day), group.id]), "deep")
    if group.products:
        product = group.products[0]
        yield State("product", reverse("product", args=[product.key]))
        word = re.findall(r"[^\W\d_]+", product.name)[0].lower()
        yield State("search", f"{reverse('search')}?q={word}", "found")


def _follow(page: Page, place: str) -> None:
    """Click what leads to another page."""
    with page.expect_navigation():
        page.click(place)


def _claim_nothing(page: Page) -> None:
    _follow(page, "main .entries a >> nth=0")
    page.fill("[name=business_day]", "2020-01-01")
    page.fill("[name=total]", "plenty")
    _follow(page, "main form.sheet button")


def _forbid(page: Page) -> None:
    """The ban, or what takes it back: the first button of the page."""
    _follow(page, "main button[name=value]")


def _forbid_for_good(page: Page) -> None:
    """A minor forbids something and keeps a category out, and cannot take either back."""
    for place in ("#purchase_use", "#not_recorded"):
        button = page.locator(f"{place} ~ * button").first
        if button.count():
            with page.expect_navigation():
                button.click()


def _keep_out(page: Page) -> None:
    """A category that is never recorded, whichever is first: kept out, or let in by who keeps it out already."""
    _follow(page, "#not_recorded ~ ul button")


def _see_removal(page: Page) -> None:
    """What would be removed, after something has been kept out."""
    page.goto(reverse("choices"))
    if page.locator("#not_recorded ~ ul button[value='1']").count() == 0:
        _keep_out(page)
    page.goto(reverse("removal"))


def _remove(page: Page) -> None:
    _see_removal(page)
    if page.locator("main form button").count():
        with page.expect_navigation():
            page.click("main form button")


def _newest_receipt(page: Page) -> None:
    """A receipt that holds less, since categories are kept out."""
    _remove(page)
    page.goto(reverse("receipts"))
    _follow(page, "main a[href^='/receipts/20']")


def _make_token(page: Page) -> None:
    _follow(page, "form[action$=token] button")


def _prove(page: Page) -> None:
    """The proof of a decision, checked; the log has numbered it before."""
    from kvitto.audit import log

    _forbid(page)
    while log.run(now=datetime.now(UTC), sign_now=True).numbered:
        pass
    page.goto(reverse("traces"))
    page.locator("details:has(a[href$='/proof']) > summary").click()
    _follow(page, "main a[href$='/proof'] >> nth=0")
    page.click("form .button:not(.quiet)")
    expect(page.locator("[data-proof] [role=status]")).to_contain_text(re.compile(r"\d"))


def _invite(page: Page) -> None:
    _follow(page, "form[action$=invite] button")


def _wrong_invitation(page: Page) -> None:
    forget_tries()
    page.click("summary >> nth=1")
    _submit(page, code="AAAA-AAAA")


def _last_month() -> Period:
    this = month_start(localdate())
    return Period(months_after(this, -1), this)


def _submit(page: Page, **values: str) -> None:
    """Fill in fields by name and send the form they are in."""
    for name, value in values.items():
        page.fill(f"main input[name={name}]", value)
    with page.expect_navigation():
        page.press(f"main input[name={name}]", "Enter")


def forget_tries() -> None:
    """As if nobody had failed to sign in today."""
    from kvitto.accounts.models import Failure

    Failure.objects.all().delete()


def _wrong_password(page: Page) -> None:
    forget_tries()
    _submit(page, username="aino", password=WRONG)


def _too_many_tries(page: Page) -> None:
    from kvitto.accounts import tries
    from kvitto.accounts.types import Purpose
    from kvitto.kernel.db import opened

    forget_tries()
    counts = tries.subjects(purpose=Purpose.SIGN_IN, name="member aino", address="127.0.0.1")
    now = datetime.now(UTC) - timedelta(minutes=3)
    with opened():
        for wait in (0, 0, 0, 0, 0, 5, 10, 20, 40, 80):  # each after the wait that the one before brought
            now += timedelta(seconds=wait)
            tries.begin(purpose=Purpose.SIGN_IN, counts=counts, now=now)
    _submit(page, username="aino", password=WRONG)
    forget_tries()


def _wrong_current_password(page: Page) -> None:
    forget_tries()
    _submit(page, current=WRONG, password="short")


def _wrong_code(page: Page) -> None:
    forget_tries()
    _submit(page, card=CODE_CARD, code="AAAA-AAAA")


def _right_code(page: Page, card: str) -> None:
    from kvitto.kernel.actor import OPERATOR
    from kvitto.kernel.db import opened
    from kvitto.members.actions import issue_code
    from kvitto.members.queries import holders
    from kvitto.members.types import CodeChannel

    with opened():
        person_id = holders([card])[card][0].person_id
        code = issue_code(person_id=person_id, channel=CodeChannel.LETTER, by=OPERATOR, now=datetime.now(UTC))
    _submit(page, card=card, code=code)
    expect(page).to_have_url(re.compile(re.escape(reverse("activate-set"))))


def _right_letter(page: Page) -> None:
    """The newcomer has said no to marketing by e-mail, then yes on the phone, and has the letter."""
    from kvitto.choices import actions, texts
    from kvitto.choices.types import Channel, Topic
    from kvitto.kernel.actor import Actor, ActorKind
    from kvitto.kernel.db import opened
    from kvitto.members.queries import holders

    about = {"by": Actor(ActorKind.STAFF, "journey"), "now": datetime.now(UTC), "case": "journey"}
    with opened():
        person_id = holders([NEWCOMER_CARD])[NEWCOMER_CARD][0].person_id
        for value in (0, 1):
            shown = texts.shown(Topic.EMAIL, value, "fi")
            said = {
                "person_id": person_id,
                "topic": Topic.EMAIL,
                "value": value,
                "channel": Channel.PHONE,
                "shown": shown,
            }
            number = actions.state(**said, **about).number
        letter = actions.write_letter(person_id=person_id, number=number, language="fi", **about)
    forget_tries()
    _submit(page, card=NEWCOMER_CARD, code=letter.code or "")


def _tell(page: Page, person_id: int) -> None:
    from kvitto.kernel.db import opened
    from kvitto.notices.actions import tell
    from kvitto.notices.types import Kind, Way

    now = datetime.now(UTC)
    with opened():
        tell(person_id=person_id, kind=Kind.CHOICE_WAITS, number=4711, way=Way.PHONE, now=now)
        tell(person_id=person_id, kind=Kind.HOUSEHOLD_MAIN_OFFERED, now=now)
    page.reload()


def _short_password(page: Page) -> None:
    _right_code(page, CODE_CARD)
    _submit(page, username="with a space", password="short")


def _without_token(page: Page) -> None:
    page.locator("main input[name=csrfmiddlewaretoken]").evaluate("field => field.remove()")
    _submit(page, username="aino", password=WRONG)
