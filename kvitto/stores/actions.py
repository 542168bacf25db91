"""The one way in which stores and levels change: loading a whole network."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import connection
from django.db.models import F

from kvitto.audit.actions import record
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import require_transaction
from kvitto.stores import models, queries
from kvitto.stores.types import Chain, Company, Difference, Kind, Network, Store

BATCH = 5000  # rows a statement


def load_network(*, network: Network, by: Actor, now: datetime) -> list[Difference]:
    """Make the register say what `network` says; what it does not name is kept. Returns what changed and what was kept.

    Safe to repeat: the second time nothing is new or changed. Loads wait for each other. The version rises and the act
    is recorded (count: things new or changed) even then. A store's tills and a chain's levels become those of the file.
    Raises NetworkRefusedError when the network is not sound.
    """
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE stores_profile IN EXCLUSIVE MODE")  # readers go on reading
    found = queries.network_differences(network, now=now)
    written = [difference for difference in found if difference.kind is not Kind.KEPT]
    codes = {noun: [d.code for d in written if d.noun == noun] for noun in ("company", "chain", "store")}
    _write_companies(network.companies, codes["company"])
    _write_chains(network.chains, codes["chain"])
    _write_stores(network.stores, codes["store"])
    _write_profile(network)
    record(by=by, action="stores.load_network", now=now, count=len(written))
    return found


def _write_companies(companies: Mapping[str, Company], codes: Collection[str]) -> None:
    rows = [
        models.Company(
            code=code,
            name=companies[code].name,
            business_id=companies[code].business_id,
            kind=companies[code].kind,
        )
        for code in codes
    ]
    models.Company.objects.bulk_create(
        rows, BATCH, update_conflicts=True, unique_fields=["code"], update_fields=["name", "business_id", "kind"]
    )


def _write_chains(chains: Mapping[str, Chain], codes: Collection[str]) -> None:
    models.Chain.objects.bulk_create(
        [models.Chain(code=code, name=chains[code].name) for code in codes],
        BATCH,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name"],
    )
    ids = dict(models.Chain.objects.filter(code__in=codes).values_list("code", "id"))
    models.ChainLevel.objects.filter(chain_id__in=ids.values()).delete()
    models.ChainLevel.objects.bulk_create(
        [
            models.ChainLevel(
                chain_id=ids[code],
                channel=period.channel,
                level=period.level,
                valid_from=period.start,
                valid_to=period.end,
                note=period.note,
            )
            for code in codes
            for period in chains[code].levels
        ],
        BATCH,
    )


def _write_stores(stores: Mapping[str, Store], codes: Collection[str]) -> None:
    companies = dict(models.Company.objects.values_list("code", "id"))
    chains = dict(models.Chain.objects.values_list("code", "id"))
    rows = [
        models.Store(
            code=code,
            name=store.name,
            town=store.town,
            company_id=companies[store.company],
            chain_id=chains[store.chain],
            zone=store.zone,
            opened_on=store.opened,
            closed_on=store.closed,
            service_point=store.service_point,
        )
        for code, store in ((code, stores[code]) for code in codes)
    ]
    fields = ["name", "town", "company", "chain", "zone", "opened_on", "closed_on", "service_point"]
    models.Store.objects.bulk_create(rows, BATCH, update_conflicts=True, unique_fields=["code"], update_fields=fields)
    ids = dict(models.Store.objects.filter(code__in=codes).values_list("code", "id"))
    models.Till.objects.filter(store_id__in=ids.values()).delete()
    models.Till.objects.bulk_create(
        [models.Till(store_id=ids[code], code=till) for code in codes for till in sorted(stores[code].tills)], BATCH
    )


def _write_profile(network: Network) -> None:
    """With how members reach the co-op, unless the file does not say."""
    told = network.contact
    facts: dict[str, object] = {"profile": network.profile, "account_age": network.account_age}
    if told:
        facts |= {"phone": told.phone, "phone_hours": dict(told.hours), "phone_price": dict(told.price)}
    if not models.NetworkProfile.objects.update(version=F("version") + 1, **facts):
        models.NetworkProfile.objects.create(version=1, **facts)
