"""The register beside the harness: two databases that begin alike, and everything that one holds, receipt by receipt."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import connections

from kvitto.benchmarks import scratch
from kvitto.intake.actions import MAX_BATCH
from kvitto.intake.commit import commit
from kvitto.intake.reference import Reference
from kvitto.intake.types import Parcel, Raw
from kvitto.kernel import identity
from kvitto.kernel.actor import OPERATOR, SYSTEM, ActorKind
from kvitto.kernel.db import OWNER, opened
from kvitto.kernel.periods import Period
from kvitto.members import actions as members
from kvitto.members.types import NewPerson
from kvitto.purchases import queries as purchases
from kvitto.stores import actions as stores
from kvitto.stores import network
from kvitto.stores.types import ScopeKind
from kvitto.tills import actions as tills
from kvitto.wiring import setup
from tests.faults.ledger import NETWORK, PEOPLE, card_of

CLEAN, FAULTY = "kvitto_faults_clean", "kvitto_faults"
_KEY = "s.code, r.business_day, r.workstation, r.sequence, r.begin_time"
_REST = {  # what else must be the same, whatever broke
    "no sale": f"SELECT {_KEY}, kind FROM intake_non_sale r",
    "conflict": f"SELECT {_KEY}, encode(stored_digest, 'hex'), encode(new_digest, 'hex'), new_total_cents, outcome"
    " FROM intake_conflict r",
    "numbers": "SELECT s.code, r.business_day, r.workstation, seen::text FROM intake_till_day r",
}
_RECEIPTS = (
    f"SELECT r.business_day, r.id, {_KEY}, r.end_time, r.level, r.level_reason, r.channel, r.kind, r.total_cents, r.currency,"
    " r.bonus_basis::text, encode(r.digest, 'hex') FROM purchases_receipt r JOIN stores_store s ON s.id = r.store_id"
    " WHERE r.person_id = %s"
)


@dataclass(frozen=True, slots=True)
class Held:
    """What a register holds: a digest of each receipt with what was bought, by its key, and how often the key is there."""

    receipts: dict[tuple[str, ...], bytes]
    times: Counter[tuple[str, ...]]
    cents: dict[tuple[str, str, date], int]
    rest: frozenset[tuple[str, ...]]
    loose: list[str]  # what does not belong together

    @property
    def digest(self) -> str:
        """One for all of it."""
        whole = hashlib.sha256()
        for row in sorted([(*key, digest.hex()) for key, digest in self.receipts.items()]) + sorted(self.rest):
            whole.update("\0".join(row).encode())
        return whole.hexdigest()


@contextmanager
def registers() -> Iterator[str]:
    """Two new databases that begin alike; the token of a key for every store."""
    for name in (CLEAN, FAULTY):
        scratch.drop(name)
    scratch.create(CLEAN)
    try:
        with scratch.pointed_at(CLEAN):
            setup.migrate()
            now = datetime.now(UTC)
            with opened():
                stores.load_network(network=network.parse(NETWORK.encode()), by=OPERATOR, now=now)
                since = now - timedelta(days=100)
                people = [NewPerson("A", f"Member {n}", "sv", (card_of(n),), since) for n in range(PEOPLE)]
                members.register(people=people, by=OPERATOR, now=now)
                key = tills.issue(label="All tills", kind=ScopeKind.COMPANY, code="north", by=OPERATOR, now=now)
        scratch.create(FAULTY, like=CLEAN)
        yield key.token
    finally:
        for name in (CLEAN, FAULTY):
            scratch.drop(name)


def take_in(bodies: Iterable[bytes]) -> None:
    """Take transactions into the register the connections point at, without a fault."""
    raws = [Raw(n, body) for n, body in enumerate(bodies)]
    reference = Reference()
    with identity.acting(ActorKind.TILL):
        for start in range(0, len(raws), MAX_BATCH):
            parcel = Parcel(OPERATOR, raws[start : start + MAX_BATCH])
            commit(parcels=[parcel], now=datetime.now(UTC), reference=reference)


def held() -> Held:
    """Everything that the register the connections point at holds; each receipt is opened."""
    now = datetime.now(UTC)
    found = Held({}, Counter(), {}, frozenset(_rest()), _loose())
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT id FROM members_person ORDER BY id")
        people = [row[0] for row in cursor.fetchall()]
        for person_id in people:
            cursor.execute(_RECEIPTS, [person_id])
            rows = {(row[0], row[1]): row[2:] for row in cursor.fetchall()}
            period = Period(now.date() - timedelta(days=31), now.date())
            opened_ = purchases.opened_receipts(person_id=person_id, period=period, by=SYSTEM, purpose="test", now=now)
            for head, content in opened_:
                row = rows[head.business_day, head.receipt_id]
                key = tuple(map(str, row[:5]))
                found.times[key] += 1
                found.receipts[key] = hashlib.sha256(repr((person_id, row, content)).encode()).digest()
                place = row[0], row[2], row[1]
                found.cents[place] = found.cents.get(place, 0) + head.total_cents
    return found


def _rest() -> Iterator[tuple[str, ...]]:
    with connections[OWNER].cursor() as cursor:
        for name, select in _REST.items():
            cursor.execute(f"{select} JOIN stores_store s ON s.id = r.store_id")
            for row in cursor.fetchall():
                yield name, *map(str, row)


def _loose() -> list[str]:
    """Receipts without their delivery, deliveries that count what is not there, entries without an act."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM purchases_receipt r LEFT JOIN intake_delivery d ON d.id = r.delivery_id WHERE d.id IS NULL"
        )
        without = cursor.fetchone()[0]
        cursor.execute(
            "SELECT (SELECT sum(recorded) FROM intake_delivery)"
            " - (SELECT count(*) FROM purchases_receipt) - (SELECT count(*) FROM intake_non_sale)"
        )
        more = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM intake_quarantine")
        refused = cursor.fetchone()[0]
        cursor.execute(
            "SELECT count(*) FROM intake_delivery d LEFT JOIN audit_entry e ON e.id = d.entry_id WHERE e.id IS NULL"
        )
        untold = cursor.fetchone()[0]
    counts = {"receipts without a delivery": without, "deliveries count more than is there": more}
    counts |= {"quarantined": refused, "deliveries without an entry": untold}
    return [f"{what}: {count}" for what, count in counts.items() if count]
