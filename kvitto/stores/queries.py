"""What other rooms ask about stores and levels."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import starmap
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from kvitto.kernel.collation import sort_key
from kvitto.kernel.db import batch_cursor
from kvitto.stores import models, rules
from kvitto.stores.types import (
    ACCOUNT_AGE,
    Chain,
    ChainRecording,
    Channel,
    Company,
    CompanyKind,
    Contact,
    Difference,
    Level,
    LevelPeriod,
    LevelTable,
    Network,
    Profile,
    ScopeKind,
    ServicePoint,
    Store,
    StoreInfo,
    StorePlace,
)


def stores_by_code(codes: Collection[str]) -> dict[str, StoreInfo]:
    """The stores with these codes, closed ones too; a code nobody has is simply absent. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.id, s.code, s.name, s.company_id, s.chain_id, c.code, s.zone, k.kind,
                   ARRAY(SELECT t.code FROM stores_till t WHERE t.store_id = s.id)
            FROM stores_store s JOIN stores_chain c ON c.id = s.chain_id JOIN stores_company k ON k.id = s.company_id
            WHERE s.code = ANY(%s)
            """,
            [list(codes)],
        )
        return {
            code: StoreInfo(
                store_id, code, name, company_id, chain_id, chain, zone, frozenset(tills), kind == CompanyKind.PARTNER
            )
            for store_id, code, name, company_id, chain_id, chain, zone, kind, tills in cursor.fetchall()
        }


def place_id(kind: ScopeKind, code: str) -> int | None:
    """The id of a company, a chain or a store by its code; None when none has it."""
    rows: QuerySet[Any] = {
        ScopeKind.COMPANY: models.Company.objects,
        ScopeKind.CHAIN: models.Chain.objects,
        ScopeKind.STORE: models.Store.objects,
    }[kind].all()
    return rows.filter(code=code).values_list("pk", flat=True).first()


def zones() -> dict[str, str]:
    """The time zone of every store by its code, closed ones too. One query."""
    return dict(models.Store.objects.values_list("code", "zone"))


def store_names(ids: Collection[int]) -> dict[int, str]:
    """The names of stores by id, for pages. One query."""
    return dict(models.Store.objects.filter(id__in=ids).values_list("id", "name"))


@dataclass(frozen=True, slots=True)
class _Held:
    """The places of one version of the network. Never changed: a newer one takes its place, so threads can share it."""

    stamp: tuple[int, str]
    places: Mapping[int, StorePlace]


_held = [_Held((-1, ""), {})]


def places() -> Mapping[int, StorePlace]:
    """Every store by id, closed ones too, for pages; kept in memory until the network changes. One tiny query, or two."""
    stamp = network_stamp()
    held = _held[0]
    if held.stamp != stamp:
        held = _held[0] = _Held(stamp, {place.id: place for place in _places()})
    return held.places


def find_places(text: str) -> list[StorePlace]:
    """The stores whose name, town and chain have all the words of a text, by name; none for a text without a word."""
    words = text.casefold().split()
    found = [
        place
        for place in places().values()
        if words and all(word in f"{place.name} {place.town} {place.chain}".casefold() for word in words)
    ]
    return sorted(found, key=lambda place: (sort_key(place.name), place.id))


def count_stores() -> int:
    """How many stores are known, closed ones too."""
    return models.Store.objects.count()


def levels() -> LevelTable:
    """Every chain's levels, to be held in memory; `network_version` tells when they are old. One query."""
    periods: dict[tuple[int, Channel], list[LevelPeriod]] = defaultdict(list)
    for chain_id, period in _level_periods():
        periods[chain_id, period.channel].append(period)
    return LevelTable({key: rules.steps(found, key[1]) for key, found in periods.items()})


def recorded_on(day: date) -> list[ChainRecording]:
    """How finely each chain records on a day, in the order of names: stores first, then the channels with a level."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.name, k.channel, coalesce(l.level, 1), l.valid_from FROM stores_chain c
            CROSS JOIN (VALUES ('store'), ('web')) AS k (channel)
            LEFT JOIN stores_level l ON l.chain_id = c.id AND l.channel = k.channel
                AND l.valid_from <= %s AND (l.valid_to IS NULL OR %s < l.valid_to)
            WHERE k.channel = 'store' OR l.level IS NOT NULL
            ORDER BY c.name, k.channel
            """,
            [day, day],
        )
        return [
            ChainRecording(name, Channel(channel), Level(level), since)
            for name, channel, level, since in cursor.fetchall()
        ]


def profile() -> Profile:
    """What a member who decided nothing starts from; the default profile before any network is loaded."""
    found = models.NetworkProfile.objects.values_list("profile", flat=True).first()
    return Profile(found) if found else Profile.DEFAULT


def network_version() -> int:
    """A number that every load raises, 0 before the first; one row, so cheap enough for every batch.

    Read it *before* what it guards: a load that commits in between then costs one reading too many, never one too few.
    """
    with batch_cursor() as cursor:
        cursor.execute("SELECT version FROM stores_profile", binary=True)
        row = cursor.fetchone()
    return row[0] if row else 0


def network_stamp() -> tuple[int, str]:
    """The network's version and the transaction that wrote it; for copies that outlive many transactions.

    The transaction tells apart two loads that were given the same number: one of them was rolled back, or came from a backup.
    """
    with batch_cursor() as cursor:
        cursor.execute("SELECT version, xmin::text FROM stores_profile")
        return cursor.fetchone() or (0, "")


def network_differences(network: Network, *, now: datetime) -> list[Difference]:
    """What loading `network` would change; writes nothing. `now` decides what is past.

    Raises rules.NetworkRefusedError when the network is not sound.
    """
    if problems := rules.network_problems(network):
        raise rules.NetworkRefusedError(problems)
    return rules.differences(current(), network, today=localdate(now))


def current() -> Network | None:
    """The network as it is known now, in the order of codes; None before the first load. Six queries."""
    if network_version() == 0:
        return None
    levels_of: dict[int, list[LevelPeriod]] = defaultdict(list)
    for chain_id, period in _level_periods():
        levels_of[chain_id].append(period)
    companies = {
        code: Company(name, business_id, CompanyKind(kind))
        for code, name, business_id, kind in models.Company.objects.order_by("code").values_list(
            "code", "name", "business_id", "kind"
        )
    }
    chains = {
        code: Chain(name, tuple(levels_of[chain_id]))
        for chain_id, code, name in models.Chain.objects.order_by("code").values_list("id", "code", "name")
    }
    return Network(profile(), companies, chains, _stores(), contact(), account_age())


def account_age() -> int:
    """From which age on a minor has a sign-in of their own; before any network was loaded, the usual one."""
    return models.NetworkProfile.objects.values_list("account_age", flat=True).first() or ACCOUNT_AGE


def contact() -> Contact | None:
    """How members reach the co-op; None when nobody has said."""
    row = models.NetworkProfile.objects.exclude(phone="").values_list("phone", "phone_hours", "phone_price").first()
    return Contact(*row) if row else None


def service_points(*, today: date) -> list[ServicePoint]:
    """The open stores where members are served, by town."""
    open_now = Q(closed_on=None) | Q(closed_on__gt=today)
    rows = models.Store.objects.filter(open_now, service_point=True).values_list("id", "name", "town")
    return sorted(starmap(ServicePoint, rows), key=lambda each: (sort_key(each.town), sort_key(each.name)))


def _stores() -> dict[str, Store]:
    tills: dict[int, set[str]] = defaultdict(set)
    for store_id, code in models.Till.objects.values_list("store_id", "code"):
        tills[store_id].add(code)
    fields = (
        "id",
        "code",
        "name",
        "town",
        "company__code",
        "chain__code",
        "zone",
        "opened_on",
        "closed_on",
        "service_point",
    )
    return {
        code: Store(name, town, company, chain, zone, frozenset(tills[store_id]), opened, closed, serves)
        for store_id, code, name, town, company, chain, zone, opened, closed, serves in models.Store.objects.order_by(
            "code"
        ).values_list(*fields)
    }


def _places() -> list[StorePlace]:
    fields = (
        "id",
        "name",
        "town",
        "chain__name",
        "chain__code",
        "company__name",
        "company__business_id",
        "zone",
        "code",
    )
    return [StorePlace(*row) for row in models.Store.objects.values_list(*fields)]


def _level_periods() -> list[tuple[int, LevelPeriod]]:
    rows = models.ChainLevel.objects.order_by("chain_id", "channel", "valid_from").values_list(
        "chain_id", "channel", "level", "valid_from", "valid_to", "note"
    )
    return [(row[0], LevelPeriod(Channel(row[1]), Level(row[2]), *row[3:])) for row in rows]
