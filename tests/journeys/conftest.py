"""A real browser at a real server: uvicorn serves the pages from this run's test database, chromium opens them.

`site` is the cast with their accounts and a few receipts; `page_as("aino")` is a phone in Aino's hand, signed in. What a page
breaks of its own security policy fails the test at its end, and so does anything that it asks of another origin than its own; other
complaints of the console are in `page_as.console`.
"""

import os
import socket
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from psycopg.conninfo import make_conninfo

CHROMIUM = Path(os.environ.get("KVITTO_CHROMIUM") or "/usr/bin/chromium-headless-shell")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PASSWORD = "kvittot i fickan"
WAIT = 10_000  # milliseconds for anything in a page: the machine may be busy
HARMLESS = {
    "Transition was skipped",  # the page was left while it faded in
    "Service Worker registration blocked by Playwright",  # as the test has asked
}
BREACHES = (
    "content security policy",
    "content-security-policy",
    "permissions policy",
    "permissions-policy",
    "refused to",
)


@dataclass(frozen=True)
class Site:
    """Where the pages are, and whose: person ids and receipts by name of the cast."""

    url: str
    people: dict[str, int]
    password: str = PASSWORD
    receipts: dict[str, int] = field(default_factory=dict)


@pytest.fixture(scope="package")  # for all files of this folder: each start takes seconds
def server(django_db_setup, tmp_path_factory):
    """The address of a server on this worker's test database; what it complains of is shown when a test fails."""
    with serving(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture(scope="package")
def demo_server(django_db_setup, tmp_path_factory):
    """As `server`, but in debug and with the demo's door: two pages are there only then."""
    with serving(tmp_path_factory.mktemp("demo"), KVITTO_DEBUG="yes", KVITTO_DEMO_DOOR="yes") as url:
        yield url


@contextmanager
def serving(folder, **environment):
    """A server with an environment of its own, for as long as this lasts."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "kvitto.wiring.asgi:application", "--port", str(port)]
    command += ["--lifespan", "off", "--no-access-log", "--log-level", "warning"]
    command += ["--timeout-graceful-shutdown", "3"]
    url = f"http://127.0.0.1:{port}"
    log = folder / "log"
    with log.open("w") as complaints:
        process = subprocess.Popen(command, env=os.environ | database_environment() | environment, stderr=complaints)
    try:
        await_answer(url, process, log)
        yield url
    finally:
        process.terminate()
        process.wait()
        sys.stderr.write(log.read_text())


def database_environment():
    """The worker's test database, as an installation is told of it."""
    from django.db import connections

    names = {"default": "KVITTO_DATABASE_URL", "owner": "KVITTO_DATABASE_OWNER_URL"}
    parts = {"dbname": "NAME", "host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    return {
        name: make_conninfo(**{key: connections[alias].settings_dict[part] for key, part in parts.items()})
        for alias, name in names.items()
    }


def await_answer(url, process, log):
    """Until the server answers anything at all."""
    for _ in range(300):
        if process.poll() is not None:
            pytest.fail(f"the server ended at once: {log.read_text()}")
        try:
            urlopen(f"{url}/static/kvitto.svg").close()  # noqa: S310  our own address
        except URLError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the server does not answer")


@pytest.fixture(scope="package")
def browser():
    """Chromium. Playwright's event loop runs in this thread meanwhile, so it is gone before tests of another folder run."""
    if not CHROMIUM.exists():
        pytest.fail(f"there is no browser at {CHROMIUM}: run `make test`, which installs it, or set KVITTO_CHROMIUM")
    unsafe = pytest.MonkeyPatch()
    unsafe.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "yes")  # the loop is Playwright's, and no test awaits anything in it
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()
    unsafe.undo()


@pytest.fixture
def numbered(committed):
    """Every row gets the same number in each test: the server keeps stores and products in memory between them."""
    from django.db import connections

    from tests.conftest import STANDING

    with connections["owner"].cursor() as cursor:  # the tables are empty, so counting anew is enough
        cursor.execute(
            "SELECT setval(s.seqrelid::regclass, s.seqstart, false) FROM pg_sequence s"
            " JOIN pg_depend d ON d.objid = s.seqrelid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')"
            " WHERE d.refobjid::regclass::text <> ALL(%s)",
            [list(STANDING)],
        )


@pytest.fixture
def site(server, browser, numbered):
    """The cast as members who can sign in; Aino and Björn and Chen have bought something these days."""
    from kvitto.accounts.actions import create_account
    from kvitto.accounts.types import Kind
    from kvitto.kernel.actor import OPERATOR
    from kvitto.kernel.db import opened
    from kvitto.members.actions import link_account
    from tests import cast

    with opened():
        people = asdict(cast.settle())
        for name, person_id in people.items():
            who = {"by": OPERATOR, "now": datetime.now(UTC)}
            account_id = create_account(username=name, password=PASSWORD, kind=Kind.MEMBER, **who)
            link_account(person_id=person_id, account_id=account_id, **who)
    return Site(server, people, receipts=buy())


def buy():
    """A few receipts of the last days, at every recording level; how many there are of each."""
    from tests import cast

    now = datetime.now(UTC).replace(microsecond=0)

    def bought(number, days_ago, card, store="101", **fields):
        end = now - timedelta(days=days_ago)
        day = {"business_day": end.date().isoformat(), "end_time": end.isoformat(), "sequence": number}
        return cast.receipt(card=card, store=store, **day, **fields)

    basket = [
        cast.line("MILK ORGANIC 1.5L", "2.15", code=cast.MILK),
        cast.line("APPLES", "3.40", code=cast.APPLES),
        cast.line("BEER 0.33L", "1.99", code=cast.BEER, vat="25.5"),
    ]
    bodies = [
        bought(1, 1, cast.AINO_CARD, lines=basket),
        bought(2, 2, cast.AINO_CARD),
        bought(3, 3, cast.AINO_CARD, store="201"),
        bought(4, 4, cast.AINO_CARD, store="900", lines=[cast.line("ROOM", "89.00")]),
        bought(5, 2, cast.BJORN_CARD, lines=basket[:2]),
        bought(6, 3, cast.CHEN_CARD, lines=basket[1:]),
    ]
    cast.take(*bodies, now=now)
    keep(bought, now)
    return {"aino": 4, "bjorn": 1, "chen": 1}


def keep(bought, now):
    """Björn keeps warranty receipts and an archive: a washing machine with a guarantee, and a lamp that he has brought back."""
    from kvitto.choices.types import Topic
    from kvitto.members.queries import holders
    from kvitto.stores.types import Level
    from tests import cast
    from tests.guarantees import stock, turn, washer

    bjorn, since = holders([cast.BJORN_CARD])[cast.BJORN_CARD][0].person_id, now - timedelta(days=1)
    stock()
    for topic in (Topic.WARRANTY_RECEIPTS, Topic.RECEIPT_ARCHIVE):
        turn(topic, person_id=bjorn, now=since)
    turn(Topic.RECORDING_LEVEL, Level.GROUP, person_id=bjorn, now=since)
    lamp = cast.line("LAMP", "9.00", code="3000001", vat="25.5")
    back = lamp | {"type": "return", "quantity": "-1", "amount": "-9.00"}
    machine = washer(guarantees=[{"months": 36, "terms": "the maker's"}], serial="W7-0042")
    today = bought(7, 0, cast.BJORN_CARD, lines=[machine, lamp | {"guarantees": [{"months": 1}]}])
    cast.take(today, bought(8, 0, cast.BJORN_CARD, lines=[back], type="return"), now=now)


@dataclass
class Visitors:
    """Opens pages as people of the site, each in a browser of their own."""

    browser: Browser
    site: Site
    contexts: list[BrowserContext] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)  # what was asked of other origins

    def __call__(
        self,
        name: str = "",
        *,
        width: int = 390,
        language: str = "en",
        theme: str = "",
        scale: int = 1,
        scripts: bool = True,
        worker: bool = False,
    ) -> Page:
        """A page signed in as somebody, on their first page; with no name, the front page of a visitor.

        `worker`: with the pages' service worker, which fetches a dozen files first.
        """
        context = self.browser.new_context(
            base_url=self.site.url,
            viewport={"width": width, "height": 844 if width < 700 else 900},
            device_scale_factor=scale,
            has_touch=width < 700,
            java_script_enabled=scripts,
            service_workers="allow" if worker else "block",
            locale={"sv": "sv-FI", "fi": "fi-FI"}.get(language, "en-GB"),
            timezone_id="Europe/Helsinki",
        )
        self.contexts.append(context)
        context.set_default_timeout(WAIT)
        context.on("request", lambda request: self.asked(request.url))
        wanted = {"kvitto_language": language, "kvitto_theme": theme}
        context.add_cookies(
            [{"name": key, "value": value, "url": self.site.url} for key, value in wanted.items() if value]
        )
        page = context.new_page()
        page.on("console", lambda message: self.heard(message.type, message.text))
        page.on("pageerror", lambda error: self.heard("error", str(error)))
        if name:
            self.sign_in(context, name)
        page.goto("/purchases" if name else "/")
        return page

    def sign_in(self, context: BrowserContext, name: str) -> None:
        """As the form does it, which has journeys of its own; here each would be two pages more."""
        from kvitto.accounts.models import Account
        from tests.crew import session_of

        key = session_of(Account.objects.get(username=name), device="Chrome on Linux")
        context.add_cookies([{"name": "kvitto_member", "value": key, "url": self.site.url}])

    def asked(self, address: str) -> None:
        """Keep what leaves the pages' own origin; what is made in the page goes nowhere."""
        parts = urlsplit(address)
        if parts.scheme not in {"data", "blob", "about"} and f"{parts.scheme}://{parts.netloc}" != self.site.url:
            self.elsewhere.append(address)

    def heard(self, kind: str, text: str) -> None:
        """Keep what is amiss."""
        if kind in {"error", "warning"} and text not in HARMLESS:
            self.console.append(text)

    def until(self, page: Page, promise: str) -> None:
        """Wait for a promise of the page to give something true; Playwright's own way is a string that the policy blocks."""
        loop = "for (let n = 0; n < 100; n += 1) {{ if (await {}) return true; await new Promise(r => setTimeout(r, 50)); }}"
        assert page.evaluate(f"async () => {{ {loop.format(promise)} }}"), promise

    def close(self) -> None:
        """Close every browser; nothing may have broken the pages' own policy, or asked anything of another origin."""
        for context in self.contexts:
            context.close()
        breaches = [text for text in self.console if any(word in text.lower() for word in BREACHES)]
        assert breaches == []
        assert self.elsewhere == []


@pytest.fixture
def page_as(browser, site):
    """`page_as("aino", width=390, language="sv", theme="dark")`: a page in her hand."""
    visitors = Visitors(browser, site)
    yield visitors
    visitors.close()


@pytest.fixture
def page_in_demo(browser, site, demo_server):
    """As `page_as`, at a server that lets anybody look around as Aino or Björn."""
    from kvitto.accounts.models import Account
    from kvitto.demo.models import Load

    made = Account.objects.filter(username__in=["aino", "bjorn"]).values_list("id", flat=True)
    Load.objects.create(id=1, shift_days=7, source="invented", loaded_at=datetime.now(UTC), account_ids=list(made))
    visitors = Visitors(browser, replace(site, url=demo_server))
    yield visitors
    visitors.close()
