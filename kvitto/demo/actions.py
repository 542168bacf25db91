"""Loading the demo: network, assortment, people and their choices; and the file of receipts to take in after that."""

import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from importlib.resources import files
from itertools import islice
from pathlib import Path

from backports import zstd

from kvitto.assortment import actions as assortment
from kvitto.assortment import queries as assortment_queries
from kvitto.assortment.types import ProductRow, Settings
from kvitto.bonus import actions as bonus
from kvitto.bonus import closing
from kvitto.bonus import plans as bonus_plans
from kvitto.choices import actions as choices
from kvitto.demo import catalogue, queries, services, source, staff
from kvitto.demo.models import Load
from kvitto.demo.people import adults, decisions
from kvitto.demo.ready import add_missing, new_person, open_accounts, password_file
from kvitto.demo.receipts import ZONE, receipts
from kvitto.demo.rules import FIRST_DAY, LAST_DAY, moved, shift_days
from kvitto.demo.types import Adult, Progress
from kvitto.households import actions as households
from kvitto.households.types import NewHome, NewPlace, Role
from kvitto.intake.actions import take_in
from kvitto.intake.reference import Reference
from kvitto.intake.types import Raw
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import require_transaction
from kvitto.kernel.errors import ConflictError
from kvitto.kernel.periods import month_start, months_after
from kvitto.members import actions as members
from kvitto.members import queries as members_queries
from kvitto.stores import actions as stores
from kvitto.stores import queries as stores_queries
from kvitto.stores.network import parse

HOMES = ("norrskar", "tuulimeri")  # a household is at home in one of the two co-ops
GUARANTEED = 3  # receipts of one line, of goods with a guarantee
BATCH = 1_000  # people a statement, receipts a write
ZSTD_LEVEL = 3


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the demo stands on after `prepare`."""

    new: bool  # it was loaded now
    shift_days: int
    first_day: date  # business days of the receipts, both included
    last_day: date
    stores: int
    products: int
    people: int
    network_file: Path
    password_file: Path
    password: str | None  # of the ready members' accounts; None when its file is gone


class NotEmptyError(ConflictError):
    """The installation holds a register already, and it is not the demo's."""


def _quiet(_step: str, _done: int, _total: int, /) -> None:
    """Progress that nobody watches."""


def prepare(*, home: Path, now: datetime, by: Actor, progress: Progress = _quiet) -> Prepared:
    """Load the demo into an empty installation, in the caller's transaction; find it when it is loaded already.

    The first time decides by how many weeks the source's days are moved, and writes the network file and the password
    of the ready members' accounts under `<home>/demo`. Later times add accounts that an earlier version did not make,
    and nothing else, so that what was altered since stays. Raises NotEmptyError when there are people or a network that
    are not the demo's, SetupError without the source's package.
    """
    require_transaction()
    found = queries.loaded()
    if found:
        add_missing(home=home, shift=found.shift_days, by=by, now=now)
        return _prepared(home, found.shift_days, new=False)
    if members_queries.count() or stores_queries.network_version():
        raise NotEmptyError(
            "this installation holds people or stores already, and they are not the demo's; "
            "give the demo an installation of its own: set KVITTO_HOME to a new folder, and no database URL"
        )
    shift = shift_days(now.astimezone(ZONE).date())
    _load_network(home, shift, by, now, progress)
    _load_assortment(shift, by, now, progress)
    people = adults()
    account_ids = open_accounts(home=home, people=people, by=by, now=now)
    staff_ids = staff.hire(password=password_file(home).read_text(encoding="utf-8").strip(), by=by, now=now)
    ids = _register(people, account_ids, shift, by, now, progress)
    _settle(people, ids, shift, by, now)
    _decide(people, ids, shift, by, now)
    known = {
        adult.username: (person_id, account_ids[adult.username], adult.language)
        for adult, person_id in zip(people, ids, strict=True)
        if adult.username
    }
    services.turn_on(people=known, shift=shift)
    Load.objects.create(
        id=1, shift_days=shift, source=source.name(), loaded_at=now, account_ids=[*account_ids.values(), *staff_ids]
    )
    return _prepared(home, shift, new=True)


def sell_guaranteed(*, shift_days: int, by: Actor, now: datetime) -> int:
    """Take the goods with a guarantee in, which are in no file; how many receipts. Safe to repeat."""
    require_transaction()
    batch = [Raw(place, body) for place, body in enumerate(services.receipts(shift_days), start=1)]
    return take_in(batch=batch, by=by, now=now, reference=Reference()).recorded


def finish(*, now: datetime) -> None:
    """Note that the receipts have been taken in too; the first time counts."""
    require_transaction()
    Load.objects.filter(finished_at=None).update(finished_at=now)


def close_months(*, by: Actor, now: datetime, progress: Progress = _quiet) -> None:
    """Close the Bonus of the months that are over, where it is not; outermost transactions of its own."""
    found = queries.loaded()
    if found is None:
        return
    today = now.astimezone(ZONE).date()
    month = month_start(FIRST_DAY + timedelta(days=found.shift_days))
    months = []
    while months_after(month, 1) <= today:
        months.append(month)
        month = months_after(month, 1)
    for done, each in enumerate(months, start=1):
        closing.settle(month=each, by=by, now=now, today=today)
        progress("Bonus", done, len(months))


def receipts_file(*, home: Path, shift_days: int, progress: Progress = _quiet) -> Path:
    """The year's receipts as a file that `kvitto receipts import` reads; written when it is not there yet.

    It appears whole or not at all. A file of another shift is replaced; delete it to have it written anew in any case.
    """
    path = _folder(home) / "receipts.ndjson.zst"
    if path.exists() and _first_day(path) == (FIRST_DAY + timedelta(days=shift_days)).isoformat():
        return path
    _write(path, receipts(shift_days), source.basket_count(), progress)
    return path


def _write(path: Path, written: Iterator[bytes], total: int, progress: Progress) -> None:
    """A file of lines that appears whole or not at all."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    done = 0
    try:
        with zstd.ZstdFile(draft, "wb", level=ZSTD_LEVEL) as file:
            while some := list(islice(written, BATCH)):
                file.write(b"\n".join(some) + b"\n")
                done += len(some)
                progress("receipts file", done, total)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _first_day(path: Path) -> str:
    """The business day of a file's first receipt; empty when the file cannot be read."""
    try:
        with zstd.ZstdFile(path) as file:
            return str(json.loads(file.readline())["business_day"])
    except (zstd.ZstdError, EOFError, ValueError, KeyError):
        return ""


def network_text(shift: int) -> str:
    """The demo's network file with its days moved."""
    return moved(files("kvitto.demo").joinpath("network.toml").read_text(encoding="utf-8"), shift)


def _folder(home: Path) -> Path:
    folder = home / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _network_file(home: Path) -> Path:
    return _folder(home) / "network.toml"


def _prepared(home: Path, shift: int, *, new: bool) -> Prepared:
    move = timedelta(days=shift)
    secret = password_file(home)
    return Prepared(
        new=new,
        shift_days=shift,
        first_day=FIRST_DAY + move,
        last_day=LAST_DAY + move,
        stores=stores_queries.count_stores(),
        products=assortment_queries.count_products(),
        people=members_queries.count(),
        network_file=_network_file(home),
        password_file=secret,
        password=secret.read_text(encoding="utf-8").strip() if secret.exists() else None,
    )


def _load_network(home: Path, shift: int, by: Actor, now: datetime, progress: Progress) -> None:
    text = network_text(shift)
    network = parse(text.encode())
    progress("stores", 0, len(network.stores))
    _network_file(home).write_text(text, encoding="utf-8")
    stores.load_network(network=network, by=by, now=now)
    plans = files("kvitto.demo").joinpath("bonus.toml").read_bytes()
    bonus.load(scheme=bonus_plans.parse(plans), by=by, now=now)
    progress("stores", len(network.stores), len(network.stores))


def _load_assortment(shift: int, by: Actor, now: datetime, progress: Progress) -> None:
    total = len(source.products())

    def told(rows: Iterator[ProductRow]) -> Iterator[ProductRow]:
        for row in rows:
            if row.row % BATCH == 0:
                progress("products", row.row, total)
            yield row

    depth = (FIRST_DAY + timedelta(days=shift), catalogue.RECORDING_DEPTH)
    assortment.load(
        groups=catalogue.groups(),
        products=told(catalogue.products()),
        settings=Settings(depths=(depth,), sensitivities=catalogue.SENSITIVITIES),
        by=by,
        now=now,
    )
    progress("products", total, total)


def _register(
    people: Sequence[Adult], account_ids: dict[str, int], shift: int, by: Actor, now: datetime, progress: Progress
) -> list[int]:
    """Take the people in; their ids in the same order."""
    ids: list[int] = []
    for start in range(0, len(people), BATCH):
        batch = [
            replace(new_person(adult, account_ids.get(adult.username), shift), home=HOMES[adult.household % len(HOMES)])
            for adult in people[start : start + BATCH]
        ]
        ids += members.register(people=batch, by=by, now=now)
        progress("people", len(ids), len(people))
    return ids


def _settle(people: Sequence[Adult], ids: Sequence[int], shift: int, by: Actor, now: datetime) -> None:
    """Let couples share a Bonus: the first adult of the source's household is its main member, from before the first receipt."""
    since = FIRST_DAY + timedelta(days=shift)
    homes: dict[int, list[NewPlace]] = {}
    for adult, person_id in zip(people, ids, strict=True):
        role = Role.MAIN if adult.number == 1 else Role.ADULT
        homes.setdefault(adult.household, []).append(NewPlace(person_id, role, since))
    couples = [NewHome(home) for home in homes.values() if len(home) > 1]
    households.register(homes=couples, by=by, now=now)


def _decide(people: list[Adult], ids: Sequence[int], shift: int, by: Actor, now: datetime) -> None:
    """State what people decided during the year, at noon of the day."""
    for decision in decisions(people):
        stated_at = datetime.combine(decision.day + timedelta(days=shift), time(12), ZONE)
        levels = {ids[place]: level for place, level in decision.levels.items()}
        choices.state_levels(levels=levels, channel=decision.channel, stated_at=stated_at, by=by, now=now)
