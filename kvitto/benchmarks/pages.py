"""`kvitto bench pages`: how long a member's pages take over HTTP, in the demo's register and in one many times its size.

Two members, one who buys as most do and one who buys a lot; a real server for each register, both running throughout. Registers,
pages and members take turns in short slices, so that what else the machine does falls on all of them alike. Yardsticks in the
same turns: a page of the same server that opens nothing, and the smallest question to the database.

What row-level security costs is measured before that, against a copy of the demo's register without it: every request is made
of both servers before the next one.
"""

import math
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any

import psycopg
from django.db import connections
from django.utils.timezone import localdate

from kvitto.benchmarks import registers, scratch, shoppers
from kvitto.benchmarks.browser import Answer, Browser, NoAnswerError, Server
from kvitto.benchmarks.shoppers import HEAVY, TYPICAL
from kvitto.kernel.db import OWNER
from kvitto.kernel.periods import month_start, months_after

Progress = Callable[[str], None]

SLICES = 10
COMPARED = 3  # times as many requests with and without walls: one bad request in twenty is few to compare
PAGES = ("overview", "list", "receipt", "search", "bonus")
WORDS = ("milk", "bread", "cheese", "coffee", "chicken", "yogurt", "frozen", "soup", "apple", "chocolate")
RECEIPTS = 40  # different ones of each member, in turn
MONTHS = 13  # of the Bonus: the running one and those before it
NOTHING_OPENED = ("/offline", "/sign-in")  # the first that is there


@dataclass(slots=True)
class Visit:
    """One member at one server, and the milliseconds of each page."""

    browser: Browser
    paths: dict[str, Iterator[str]]
    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    packed_bytes: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))


@dataclass(slots=True)
class Site:
    """One register with its server."""

    name: str
    visits: dict[str, Visit]  # by the member's user name
    select: list[float] = field(default_factory=list)


def run(*, times: int, requests: int, serve: Sequence[str], progress: Progress) -> dict[str, Any]:
    """Measure in the registers that `registers.fill` has filled. `serve` is the command that starts a web server.

    Milliseconds; the typical member's are `p50_ms` and `p95_ms`. `bytes` are of the packed page, the largest seen.
    """
    labels = {"demo": 1} | ({f"x{times}": times} if times > 1 else {})
    with ExitStack() as stack:
        bare = stack.enter_context(registers.without_walls())  # copied before a server holds the register open
        without = _site(stack, bare, serve)
        sites = {label: _site(stack, registers.name(count), serve) for label, count in labels.items()}
        pages = _there([without, *sites.values()], progress)
        walls = _compare(sites["demo"], without, pages, requests * COMPARED, progress)
        for number in range(SLICES + 1):  # the first warms up
            each = -(-requests // SLICES)
            for site in sites.values():
                _slice(site, pages, each, counted=number > 0)
            progress(f"slice {number}/{SLICES}" if number else "warmed up")
    result: dict[str, Any] = {label: _figures(site, pages) for label, site in sites.items()}
    if times > 1:
        result["growth_p50"] = _growth(result["demo"], result[f"x{times}"])
    result["walls"] = walls
    first = sites["demo"].visits
    result["bytes"] = {page: max(first[TYPICAL.username].packed_bytes[page]) for page in pages}
    result["heavy_bytes"] = {page: max(first[HEAVY.username].packed_bytes[page]) for page in pages}
    result["requests"] = requests
    return result


def _site(stack: ExitStack, database: str, serve: Sequence[str]) -> Site:
    """Start the server and sign both members in."""
    with scratch.pointed_at(database):
        password = shoppers.renew_password()
        paths = {shopper.username: _paths(shopper.card) for shopper in shoppers.SHOPPERS}
        server = stack.enter_context(Server(serve))
    visits = {}
    for username, mine in paths.items():
        browser = Browser(server.port)
        browser.sign_in(username, password)
        visits[username] = Visit(browser, mine)
    return Site(database, visits)


def _paths(card: str) -> dict[str, Iterator[str]]:
    """The addresses of each page, without end."""
    running = month_start(localdate())
    with connections[OWNER].cursor() as cursor:
        cursor.execute(
            "SELECT business_day, id FROM purchases_receipt WHERE person_id = (SELECT person_id FROM members_card"
            " WHERE number = %s) ORDER BY hashint8(sequence) LIMIT %s",
            [card, RECEIPTS],
        )
        receipts = [f"/receipts/{day}/{receipt_id}" for day, receipt_id in cursor.fetchall()]
    return {
        "overview": cycle(["/purchases"]),
        "list": cycle(["/receipts"]),
        "receipt": cycle(receipts),
        "search": cycle([f"/search?q={word}" for word in WORDS]),
        "bonus": cycle([f"/bonus/{months_after(running, -back):%Y-%m}" for back in range(MONTHS)]),
    }


def _there(sites: Iterable[Site], progress: Progress) -> list[str]:
    """The pages that answer; an address that leads on is replaced by where it leads."""
    missing = set()
    for site in sites:
        for visit in site.visits.values():
            visit.browser.connect()
            nothing = [path for path in NOTHING_OPENED if visit.browser.get(path).status == 200]
            visit.paths["nothing_opened"] = cycle(nothing[:1])
            for page in PAGES:
                answer = visit.browser.get(next(visit.paths[page]))
                if answer.status in {301, 302} and not answer.location.startswith("/sign-in"):
                    visit.paths[page] = cycle([answer.location])
                    answer = visit.browser.get(answer.location)
                if answer.status != 200:
                    missing.add(page)
                    progress(f"{site.name}: the page {page} answers {answer.status} and is left out")
    return [page for page in (*PAGES, "nothing_opened") if page not in missing]


def _compare(
    walled: Site, bare: Site, pages: list[str], requests: int, progress: Progress
) -> dict[str, dict[str, float]]:
    """Each page with walls over the same without, at p50 and p95; the heavy member's beside the typical one's."""
    ratios: dict[str, dict[str, float]] = defaultdict(dict)
    for page in pages:
        for shopper, prefix in ((TYPICAL, ""), (HEAVY, "heavy_")):
            visits = [site.visits[shopper.username] for site in (walled, bare)]
            on, off = _alternate(visits, page, requests)
            for name, at in (("p50", statistics.median), ("p95", _p95)):
                ratios[page][f"{prefix}{name}_ratio"] = round(at(on) / at(off), 2)
                progress(f"walls: {prefix}{page} {name} {at(on):.2f} ms with, {at(off):.2f} ms without")
    return dict(ratios)


def _alternate(visits: list[Visit], page: str, requests: int) -> list[list[float]]:
    """The same requests of every visit's server, one here, one there; the milliseconds of each. A tenth more warms up."""
    took: list[list[float]] = [[] for _ in visits]
    for visit in visits:
        visit.browser.connect()
    for number, path in enumerate(islice(visits[0].paths[page], requests + requests // 10)):
        for visit, milliseconds in zip(visits, took, strict=True):
            answer = visit.browser.get(path)
            _check(answer, page)
            if number >= requests // 10:
                milliseconds.append(answer.milliseconds)
    return took


def _slice(site: Site, pages: list[str], each: int, *, counted: bool) -> None:
    """Some requests of every page for either member, one connection each, and as many questions to the database."""
    for page in pages:
        for visit in site.visits.values():
            visit.browser.connect()
            for path in islice(visit.paths[page], each):
                answer = visit.browser.get(path)
                _check(answer, page)
                if counted:
                    visit.took[page].append(answer.milliseconds)
                    visit.packed_bytes[page].append(answer.packed_bytes)
    with psycopg.connect(scratch.url(site.name, "web"), autocommit=True) as connection:
        connection.execute("SELECT 1")
        for _ in range(each):
            started = time.perf_counter()
            connection.execute("SELECT 1").fetchone()
            if counted:
                site.select.append((time.perf_counter() - started) * 1000)


def _check(answer: Answer, page: str) -> None:
    if answer.status != 200:
        raise NoAnswerError(f"the page {page} answered {answer.status} in the middle of the measurement")


def _figures(site: Site, pages: list[str]) -> dict[str, Any]:
    typical, heavy = (site.visits[shopper.username].took for shopper in (TYPICAL, HEAVY))
    figures: dict[str, Any] = {
        page: {
            "p50_ms": round(statistics.median(typical[page]), 2),
            "p95_ms": round(_p95(typical[page]), 2),
            "heavy_p50_ms": round(statistics.median(heavy[page]), 2),
            "heavy_p95_ms": round(_p95(heavy[page]), 2),
        }
        for page in pages
    }
    figures["select_1"] = {"p50_ms": round(statistics.median(site.select), 3), "p95_ms": round(_p95(site.select), 3)}
    return figures


def _p95(values: list[float]) -> float:
    return sorted(values)[math.ceil(len(values) * 0.95) - 1]


def _growth(small: dict[str, Any], large: dict[str, Any]) -> dict[str, float]:
    """How many times as long the medians take in the large register; the heavy member's beside the typical one's."""
    growth = {}
    for page, figures in small.items():
        for figure in ("p50_ms", "heavy_p50_ms"):
            if figure in figures:
                name = page if figure == "p50_ms" else f"heavy_{page}"
                growth[name] = round(large[page][figure] / figures[figure], 2)
    return growth
