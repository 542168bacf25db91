"""The two members whose pages are measured: one who buys a lot, one who buys as most do; over two years.

They share a household, whose main member is the one who buys a lot: that one's Bonus page shows what both have brought.
What they buy are lines of the source, so that products recur as they do in a household; how many lines a receipt has
is given.
"""

import heapq
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, islice

from django.db import connection

from kvitto.accounts import actions as accounts
from kvitto.accounts.models import Account
from kvitto.accounts.types import Kind
from kvitto.demo import source
from kvitto.demo.actions import HOMES
from kvitto.demo.receipts import ZONE, receipts_of
from kvitto.households import actions as households
from kvitto.households.types import NewHome, NewPlace, Role
from kvitto.kernel.actor import OPERATOR
from kvitto.members import actions as members
from kvitto.members.types import NewPerson
from kvitto.purchases.rules import keep_from

FIRST_SEQUENCE = 10**9  # the source's basket numbers are far above
CHAINS = ("storskar", "vardagsboden")  # they have recorded every product for longer than receipts are kept
STORES = 3  # of each
_HOURS = (9, 12, 16, 17, 18, 19)


@dataclass(frozen=True, slots=True)
class Shopper:
    """A member who is measured."""

    username: str
    card: str
    receipts: int
    lines: int  # in all
    first_sequence: int


HEAVY = Shopper("heavy", "9521990000000017", 600, 12_000, FIRST_SEQUENCE)
TYPICAL = Shopper("typical", "9521990000000025", 60, 600, 2 * FIRST_SEQUENCE)
SHOPPERS = (TYPICAL, HEAVY)


def join(*, now: datetime) -> None:
    """Take both into the customer register, each with an account and into one household; inside the caller's transaction."""
    places = []
    for shopper in SHOPPERS:
        account_id = accounts.create_account(
            username=shopper.username, password=secrets.token_urlsafe(), kind=Kind.MEMBER, by=OPERATOR, now=now
        )
        since = now - timedelta(days=1_000)
        person = NewPerson(
            "Invented", shopper.username.title(), "en", (shopper.card,), since, account_id, home=HOMES[0]
        )
        (person_id,) = members.register(people=[person], by=OPERATOR, now=now)
        places.append(NewPlace(person_id, Role.MAIN if shopper is HEAVY else Role.ADULT, since.date()))
    households.register(homes=[NewHome(places)], by=OPERATOR, now=now)


def renew_password() -> str:
    """Give both accounts a new password, of which nothing is kept; the password."""
    password = secrets.token_urlsafe()
    for shopper in SHOPPERS:
        account = Account.objects.get(username=shopper.username)
        account.set_password(password)
        account.save(update_fields=["password"])
    return password


def merged(receipts: Iterable[bytes], *, now: datetime) -> Iterator[bytes]:
    """The shoppers' receipts among others, which are in the order of their days; on the wire, a line each."""
    return heapq.merge(receipts, *(_receipts(shopper, now) for shopper in SHOPPERS), key=_day)


def _day(receipt: bytes) -> bytes:
    start = receipt.index(b'"business_day":"') + 16
    return receipt[start : start + 10]


def _receipts(shopper: Shopper, now: datetime) -> Iterator[bytes]:
    """Evenly over all the days that are kept, two stores in turn, then two others."""
    first = keep_from(now.date()) + timedelta(days=1)
    days = (now.date() - first).days
    codes = stores()
    moments, places = [], []
    for place in range(shopper.receipts):
        day = first + timedelta(days=place * days // shopper.receipts)
        moments.append(datetime(day.year, day.month, day.day, _HOURS[place % len(_HOURS)], place % 60, tzinfo=ZONE))
        places.append(codes[(place % 2 + place // 100) % len(codes)])
    return (body + b"\n" for body in receipts_of(_lines(shopper), card=shopper.card, stores=places, moments=moments))


def stores() -> list[str]:
    """The stores that receipts of a measurement are from: every product is recorded there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code FROM (SELECT s.code, row_number() OVER (PARTITION BY c.code ORDER BY s.code) AS place"
            " FROM stores_store s JOIN stores_chain c ON c.id = s.chain_id WHERE c.code = ANY(%s)) AS numbered"
            " WHERE place <= %s ORDER BY place, code",
            [list(CHAINS), STORES],
        )
        return [row[0] for row in cursor.fetchall()]


def _lines(shopper: Shopper) -> source.Lines:
    """As many lines as the shopper has, of as few households as it takes, cut into receipts of the same length."""
    lines = source.lines()
    picked = list(islice(_lines_of(lines, _households(lines, shopper.lines)), shopper.lines))
    each = shopper.lines // shopper.receipts
    return source.Lines(
        product_ids=lines.product_ids,
        product=[lines.product[line] for line in picked],
        quantity=[lines.quantity[line] for line in picked],
        amount=[lines.amount[line] for line in picked],
        discount=[lines.discount[line] for line in picked],
        coupon=[lines.coupon[line] for line in picked],
        starts=range(0, shopper.lines, each),
        baskets=range(shopper.first_sequence, shopper.first_sequence + shopper.receipts),
        households=[],
        stores=[],
        seconds=[],
    )


def _households(lines: source.Lines, wanted: int) -> list[int]:
    """The household with just enough lines; where none has as many, those with the most."""
    ends = [*lines.starts[1:], len(lines.product)]
    count: Counter[int] = Counter()
    for household, start, end in zip(lines.households, lines.starts, ends, strict=True):
        count[household] += end - start
    enough = [(number, household) for household, number in count.items() if number >= wanted]
    return [min(enough)[1]] if enough else [household for household, _ in count.most_common(20)]


def _lines_of(lines: source.Lines, households: list[int]) -> Iterator[int]:
    ends = [*lines.starts[1:], len(lines.product)]
    ranges: dict[int, list[range]] = {household: [] for household in households}
    for household, start, end in zip(lines.households, lines.starts, ends, strict=True):
        if household in ranges:
            ranges[household].append(range(start, end))
    return chain.from_iterable(chain.from_iterable(ranges.values()))
