"""A register of the demo's own and a browser at a server on it: what pictures and measurements of the pages start from."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from kvitto.benchmarks.browser import Server
from kvitto.kernel import identity
from kvitto.kernel.actor import ActorKind
from kvitto.kernel.server import EmbeddedServer
from tests.journeys import staff_pages

ROOT = Path(__file__).parent.parent
KVITTO = str(Path(sys.executable).with_name("kvitto"))
CHROMIUM = Path(os.environ.get("KVITTO_CHROMIUM") or "/usr/bin/chromium-headless-shell")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
ARGUMENTS += ["--disable-sync", "--no-first-run", "--hide-scrollbars", "--force-color-profile=srgb"]
STAFF = {*staff_pages.STAFF, staff_pages.NOT_SIGNED}
LOCALES = {"sv": "sv-FI", "fi": "fi-FI", "en": "en-GB"}


def say(text: str) -> None:
    """A line for whoever waits; data goes to stdout."""
    sys.stderr.write(text + "\n")


def progress(text: str) -> None:
    """One line on a terminal, always the same one."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text}\x1b[K")
        sys.stderr.flush()


@contextmanager
def register(**settings: str) -> Iterator[None]:
    """The demo's register under build/, loaded when it is not there, and Django ready in this process.

    Settings are environment variables, for this process and for the servers it starts. The database server is left as found.
    """
    home = Path(os.environ.get("KVITTO_SCREENSHOTS_HOME") or ROOT / "build" / "screenshots-home")
    for name in ("KVITTO_DATABASE_URL", "KVITTO_DATABASE_OWNER_URL"):  # a register of its own, nobody else's
        os.environ.pop(name, None)
    os.environ.update(settings, KVITTO_HOME=str(home), DJANGO_SETTINGS_MODULE="kvitto.wiring.settings")
    home.mkdir(parents=True, exist_ok=True)
    server = EmbeddedServer(home)
    was_running = server.status().running
    try:
        started = time.monotonic()
        subprocess.run([KVITTO, "demo", "--no-serve"], check=True, stdout=subprocess.DEVNULL)
        say(f"the demo's register is ready in {home} ({time.monotonic() - started:.0f} s)")
        import django

        django.setup()
        identity.process_is(ActorKind.OPERATOR)
        # Playwright's event loop runs in this thread; nothing here awaits
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "yes"
        yield
    finally:
        if not was_running:
            server.stop()


def password() -> str:
    """The one password of the demo's people."""
    return (Path(os.environ["KVITTO_HOME"]) / "demo" / "password").read_text().strip()


def people(*usernames: str) -> list[tuple[str, int]]:
    """User names with the ids of the people whose they are."""
    from kvitto.demo.queries import ready_members
    from kvitto.members.queries import person_of_account

    ready = ready_members()
    found = [(name, person_of_account(ready[name].account_id)) for name in usernames if name in ready]
    return [(name, person_id) for name, person_id in found if person_id is not None]


def card(username: str) -> str:
    """The card of one of the demo's people."""
    from kvitto.members.queries import cards_of

    ((_, person_id),) = people(username)
    return cards_of(person_id, now=datetime.now(UTC))[0].number


@contextmanager
def served() -> Iterator[str]:
    """The address of a web server on the register."""
    with Server([KVITTO, "serve"]) as server:
        yield f"http://127.0.0.1:{server.port}"


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium."""
    if not CHROMIUM.exists():
        raise SystemExit(f"there is no browser at {CHROMIUM}: run tools/browser.sh, or set KVITTO_CHROMIUM")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield launched
        finally:
            launched.close()


@dataclass
class Visitors:
    """One window for each person, in one language on one kind of screen, signed in when it is first asked for."""

    browser: Browser
    url: str
    language: str
    screen: dict
    pages: dict[str, Page] = field(default_factory=dict)

    def page(self, who: str) -> Page:
        """Somebody's window; of the visitor without a name, one that is not signed in."""
        if who not in self.pages:
            self.pages[who] = self.context().new_page()
            if who in STAFF:
                staff_pages.enter(self.pages[who].context, self.url, who)
            elif who:
                sign_in(self.pages[who], who)
        return self.pages[who]

    def context(self) -> BrowserContext:
        """A fresh browser: no cookies but the language, nothing kept."""
        context = self.browser.new_context(
            base_url=self.url,
            locale=LOCALES[self.language],
            timezone_id="Europe/Helsinki",
            reduced_motion="reduce",
            **self.screen,
        )
        context.set_default_timeout(20_000)
        context.add_cookies([{"name": "kvitto_language", "value": self.language, "url": self.url}])
        return context

    def close(self) -> None:
        """Close every window."""
        for page in self.pages.values():
            page.context.close()


def sign_in(page: Page, who: str) -> None:
    """Through the page, as anybody does."""
    page.goto("/sign-in")
    page.fill("input[name=username]", who)
    page.fill("input[name=password]", password())
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: not url.endswith("/sign-in"))
