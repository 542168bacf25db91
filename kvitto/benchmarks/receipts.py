"""`kvitto bench receipts`: a receipt from the till to an open page, as a PDF, and all of a member's receipts as files.

A real server, asked over HTTP. Live: members sit before open pages, and a till hands in one receipt after the other, each in a
transaction of its own; the time is from the till's answer until the page has been told. Yardsticks in the same turns: of a PDF the
receipt's page, of a file the opening of the same receipts with nothing made of them.
"""

import asyncio
import math
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path
from typing import Any

import msgspec
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import connections
from django.utils.timezone import localdate

from kvitto.accounts.models import Account
from kvitto.accounts.sessions import SessionStore
from kvitto.accounts.types import Kind
from kvitto.benchmarks import shoppers
from kvitto.benchmarks.browser import Browser, NoAnswerError, Server
from kvitto.benchmarks.shoppers import HEAVY
from kvitto.intake.actions import take_in
from kvitto.intake.importer import import_files
from kvitto.intake.reference import Reference
from kvitto.intake.types import Raw, State, Summary
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.kernel.money import cents
from kvitto.members import actions as members
from kvitto.members import queries as people
from kvitto.members.types import NewPerson
from kvitto.spending import queries as spending
from kvitto.spending.export import Export

Progress = Callable[[str], None]

FILES = ("json", "csv", "pdf")
PATIENCE = 15.0  # seconds until a page that was not told counts as never told
FIRST_CARD = 9_521_990_000_100_000
BACKEND = "kvitto.accounts.backend.FaceBackend"


def run(
    folder: Path, *, pages: int, rate: int, seconds: int, requests: int, serve: Sequence[str], progress: Progress
) -> dict[str, Any]:
    """Measure in the database the connections point at, which holds the demo's network and assortment."""
    now = datetime.now(UTC)
    file = folder / "shoppers.ndjson"
    with opened():
        shoppers.join(now=now)
        cookies = _join(pages, now)
    file.write_bytes(b"".join(shoppers.merged([], now=now)))
    import_files([str(file)], summary=(summary := Summary()), on_refused=_refused, jobs=1)
    progress(f"{summary.counts[State.RECORDED]:,} receipts recorded, {pages} members joined")
    password = shoppers.renew_password()
    with Server(serve) as server:
        browser = Browser(server.port)
        browser.sign_in(HEAVY.username, password)
        result = _files(browser, now) | _pdfs(browser, requests)
        progress(f"files and PDFs are made; {pages} pages open, {rate} receipts/s for {seconds} s")
        result |= asyncio.run(_live(server.port, cookies, rate, seconds))
    return result | {"pages": pages, "receipts_per_s": rate, "seconds": seconds, "requests": requests}


def _refused(_file: str, _place: str, refused: Any) -> None:
    raise NoAnswerError(f"a receipt of the measurement was refused: {refused.refusal.message}")


def _join(pages: int, now: datetime) -> list[str]:
    """So many members with a card, an account and a session each; the sessions' cookies."""
    cookies, newcomers = [], []
    for n in range(pages):
        account = Account.objects.create(
            username=f"page{n}", password=UNUSABLE_PASSWORD_PREFIX, kind=Kind.MEMBER, created_at=now
        )
        newcomers.append(NewPerson("Invented", "Page", "en", (str(FIRST_CARD + n),), now, account.pk))
        session = SessionStore()
        session.update(
            {
                SESSION_KEY: str(account.pk),
                BACKEND_SESSION_KEY: BACKEND,
                HASH_SESSION_KEY: account.get_session_auth_hash(),
            }
        )
        session.save()
        cookies.append(str(session.session_key))
    members.register(people=newcomers, by=OPERATOR, now=now)
    return cookies


# files and PDFs


def _files(browser: Browser, now: datetime) -> dict[str, Any]:
    """Seconds of each file, and of the opening alone; medians of five turns."""
    person_id = people.holders([HEAVY.card])[HEAVY.card][0].person_id
    asks: dict[str, Any] = {
        "person_id": person_id,
        "language": "en",
        "by": OPERATOR,
        "today": localdate(now),
        "now": now,
    }
    took: dict[str, list[float]] = {kind: [] for kind in (*FILES, "opening")}
    for _ in range(5):
        started = time.perf_counter()
        pages = spending.everything(**asks)
        took["opening"].append(time.perf_counter() - started)
        for kind in FILES:
            browser.connect()
            answer = browser.get(f"/account/export/receipts.{kind}")
            took[kind].append(answer.milliseconds / 1000)
            if kind == "json":
                _check(answer.body, sum(page.head.total_cents for page in pages), HEAVY.lines)
    medians = {kind: statistics.median(values) for kind, values in took.items()}
    return {
        "export_s": round(max(medians[kind] for kind in FILES), 2),
        **{f"export_{kind}_s": round(medians[kind], 2) for kind in FILES},
        "export_opening_s": round(medians["opening"], 2),
        "export_json_ratio": round(medians["json"] / medians["opening"], 2),
    }


def _check(body: bytes, total: int, lines: int) -> None:
    """The document is of its published form, and sums to the cent."""
    found = msgspec.json.decode(body, type=Export)
    if sum(cents(each.total) for each in found.receipts) != total or sum(len(e.lines) for e in found.receipts) != lines:
        raise NoAnswerError("the exported receipts are not those of the register")


def _pdfs(browser: Browser, requests: int) -> dict[str, Any]:
    """Milliseconds of a receipt of 20 lines as a PDF, in turns with its page."""
    person_id = people.holders([HEAVY.card])[HEAVY.card][0].person_id
    found = spending.arrived(person_id=person_id, after=0, limit=requests)
    took: dict[str, list[float]] = {"": [], "/pdf": []}
    browser.connect()
    for each in found:
        for ending, milliseconds in took.items():
            answer = browser.get(f"/receipts/{each.head.business_day}/{each.head.receipt_id}{ending}")
            if answer.status != 200:
                raise NoAnswerError(f"a receipt{ending} was answered with {answer.status}")
            milliseconds.append(answer.milliseconds)
    page, pdf = took[""], took["/pdf"]
    return {
        "pdf_p50_ms": round(statistics.median(pdf), 1),
        "pdf_p95_ms": round(p95(pdf), 1),
        "pdf_ratio": round(statistics.median(pdf) / statistics.median(page), 2),
    }


# live


async def _live(port: int, cookies: Sequence[str], rate: int, seconds: int) -> dict[str, Any]:
    """Milliseconds from the till's answer to the open page; every page hears of its own receipts and no others."""
    told: list[list[float]] = [[] for _ in cookies]
    ready = asyncio.Semaphore(0)
    listeners = [asyncio.create_task(_listen(port, cookie, told[n], ready)) for n, cookie in enumerate(cookies)]
    for _ in cookies:
        await asyncio.wait_for(ready.acquire(), PATIENCE)
    answered: list[list[float]] = [[] for _ in cookies]
    await asyncio.to_thread(_hand_in, answered, rate, rate * seconds)
    deadline = time.perf_counter() + PATIENCE
    while time.perf_counter() < deadline and sum(map(len, told)) < rate * seconds:  # noqa: ASYNC110  nothing is timed by it
        await asyncio.sleep(0.1)
    for each in listeners:
        each.cancel()
    await asyncio.gather(*listeners, return_exceptions=True)
    if list(map(len, told)) != list(map(len, answered)):
        raise NoAnswerError(
            f"{rate * seconds} receipts were handed in, and the pages were told of {sum(map(len, told))}"
        )
    spans = [
        max(0.0, (heard - said) * 1000)
        for hears, says in zip(told, answered, strict=True)
        for heard, said in zip(hears, says, strict=True)
    ]
    last = max(max(each) for each in answered if each)
    first = min(min(each) for each in answered if each)
    return {
        "live_p50_ms": round(statistics.median(spans), 1),
        "live_p95_ms": round(p95(spans), 1),
        "live_max_ms": round(max(spans), 1),
        "handed_in_per_s": round((rate * seconds - 1) / (last - first), 1),
    }


async def _listen(port: int, cookie: str, told: list[float], ready: asyncio.Semaphore) -> None:
    """An open page: notes when it is told of a receipt."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    asked = f"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: kvitto_member={cookie}\r\n\r\n"
    writer.write(asked.encode())
    try:
        while line := await reader.readline():
            if line.startswith(b"event: known"):
                ready.release()
            elif line.startswith(b"event: receipt"):
                told.append(time.perf_counter())
    finally:
        writer.close()


def _hand_in(answered: list[list[float]], rate: int, receipts: int) -> None:
    """A till: one receipt after the other, at a rate, for one member after the other."""
    reference = Reference()
    codes = shoppers.stores()
    started = time.perf_counter()
    try:
        for n in islice(count(), receipts):
            time.sleep(max(0.0, started + n / rate - time.perf_counter()))
            now = datetime.now(UTC)
            raw = Raw(1, _receipt(n, str(FIRST_CARD + n % len(answered)), codes[n % len(codes)], now))
            with opened():
                result = take_in(batch=[raw], by=OPERATOR, now=now, reference=reference)
            answered[n % len(answered)].append(time.perf_counter())
            if result.states != [State.RECORDED]:
                raise NoAnswerError(f"a receipt of the measurement was not recorded: {result.states[0]}")
    finally:
        connections.close_all()


def _receipt(n: int, card: str, store: str, now: datetime) -> bytes:
    line = {"type": "item", "text": "BREAD", "quantity": "1", "amount": "1.00", "vat": "13.5"}
    return msgspec.json.encode(
        {
            "store": store,
            "business_day": localdate(now).isoformat(),
            "workstation": "1",
            "sequence": 3 * shoppers.FIRST_SEQUENCE + n,
            "end_time": now.isoformat(),
            "type": "sale",
            "channel": "store",
            "currency": "EUR",
            "total": "10.00",
            "lines": [line] * 10,
            "vat": [{"rate": "13.5", "gross": "10.00", "tax": "1.19"}],
            "tenders": [{"type": "card", "amount": "10.00"}],
            "card": card,
        }
    )


def p95(values: Sequence[float]) -> float:
    """The value that 95 of 100 do not exceed."""
    return sorted(values)[math.ceil(len(values) * 0.95) - 1]
