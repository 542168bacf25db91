"""Decisions about the network: when a file is sound, which level holds, what a file would change."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date

from kvitto.kernel.errors import InvalidError
from kvitto.stores.types import (
    Chain,
    Change,
    Channel,
    Company,
    Contact,
    Difference,
    Kind,
    Level,
    LevelPeriod,
    Network,
    Steps,
    Store,
)

CHANGES_THE_PAST = "changes the past; receipts already recorded keep their level"

Facts = Mapping[str, object]  # what is compared of one thing, field by field


class NetworkRefusedError(InvalidError):
    """The network is not sound; `problems` names every place."""

    def __init__(self, problems: Collection[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("the network is refused:\n" + "\n".join(self.problems))


# Levels by date


def timeline(levels: Iterable[LevelPeriod], channel: Channel) -> list[LevelPeriod]:
    """One channel's periods, earliest first."""
    return sorted((period for period in levels if period.channel is channel), key=lambda period: period.start)


def period_text(period: LevelPeriod) -> str:
    """`group from 2012-01-01 until 2016-09-01 (note)`."""
    until = f" until {period.end}" if period.end else ""
    note = f" ({period.note})" if period.note else ""
    return f"{period.level.name.lower()} from {period.start}{until}{note}"


def timeline_problems(code: str, chain: Chain) -> list[str]:
    """Backward periods, overlaps, holes and an end after which nothing holds, each naming the chain and the dates.

    Accepted (empty list): in each channel exactly one period holds on every day from the first period's start on.
    """
    return [
        f"chain {code}, {channel} channel: {problem}"
        for channel in Channel
        for problem in _channel_problems(timeline(chain.levels, channel))
    ]


def _channel_problems(periods: list[LevelPeriod]) -> Iterator[str]:
    widest: LevelPeriod | None = None  # of the periods so far, the one that reaches farthest
    for period in periods:
        if period.end is not None and period.end <= period.start:
            yield f"a period from {period.start} until {period.end} ends before it begins"
            continue
        if widest is not None:
            if widest.end is None or period.start < widest.end:
                yield f"{period_text(widest)} overlaps {period_text(period)}"
            elif widest.end < period.start:
                yield f"no level from {widest.end} until {period.start}: there must be no hole between periods"
        if widest is None or (widest.end is not None and (period.end is None or period.end > widest.end)):
            widest = period
    if widest is not None and widest.end is not None:
        yield f'nothing follows {widest.end}: leave out the last "until", or add a "total" period from {widest.end}'


def steps(levels: Iterable[LevelPeriod], channel: Channel) -> Steps:
    """The level by day of periods that do not overlap; a day that none covers is recorded as totals."""
    found: dict[date, Level] = {}
    for period in timeline(levels, channel):
        found[period.start] = period.level  # replaces the totals that the period before left behind it
        if period.end is not None:
            found[period.end] = Level.TOTAL
    return Steps(tuple(found), tuple(found.values()))


def changes_past(old: Steps, new: Steps, today: date) -> bool:
    """Whether any day up to and including today has another level in `new` than in `old`."""
    return any(old.on(day) != new.on(day) for day in {*old.days, *new.days} if day <= today)


# Soundness of a whole network


def network_problems(
    network: Network, *, more_companies: Collection[str] = (), more_chains: Collection[str] = ()
) -> list[str]:
    """Everything wrong with a network whose values have the right types, one line each, naming the place.

    `more_companies` and `more_chains` count as known although the network lacks them: a parser that already refused an
    entry spares its reader a second complaint about everything that refers to it.
    """
    problems = _shared_business_ids(network.companies)
    for code, chain in network.chains.items():
        problems += timeline_problems(code, chain)
    companies, chains = {*network.companies, *more_companies}, {*network.chains, *more_chains}
    for code, store in network.stores.items():
        if store.company not in companies:
            problems.append(
                f'store {code}, company: "{store.company}" is no company of the file ({_listed(companies)})'
            )
        if store.chain not in chains:
            problems.append(f'store {code}, chain: "{store.chain}" is no chain of the file ({_listed(chains)})')
        if store.opened and store.closed and store.closed <= store.opened:
            problems.append(f"store {code}, closed: {store.closed} is not after opened, {store.opened}")
    return problems


def _shared_business_ids(companies: Mapping[str, Company]) -> list[str]:
    first: dict[str, str] = {}
    return [
        f'company {code}, business_id: "{company.business_id}" is that of company {other} already'
        for code, company in companies.items()
        if company.business_id and (other := first.setdefault(company.business_id, code)) != code
    ]


def _listed(codes: Collection[str]) -> str:
    shown = sorted(filter(None, codes))
    return ", ".join(shown[:10]) + (", …" if len(shown) > 10 else "") if shown else "it has none"


# What a load would change


def differences(current: Network | None, wanted: Network, *, today: date) -> list[Difference]:
    """What loading `wanted` does to what is known: new and changed things in the file's order, then the kept ones.

    `current` is None before the first load. What is unchanged is not listed; see `unchanged`.
    """
    known = _facts(current) if current else {}
    asked = _facts(wanted)
    found = []
    for (noun, code), new in asked.items():
        old = known.get((noun, code))
        if old is None:
            changes = tuple(Change(field, "", text) for field, value in new.items() if (text := _text(value)))
            found.append(Difference(Kind.NEW, noun, code, changes))
        elif old != new:
            found.append(Difference(Kind.CHANGED, noun, code, tuple(_changes(old, new, today))))
    return found + [Difference(Kind.KEPT, *thing) for thing in known if thing not in asked]


def unchanged(wanted: Network, found: Collection[Difference]) -> int:
    """How many things of the file (profile, companies, chains, stores) are known already just as they are."""
    things = 1 + bool(wanted.contact) + len(wanted.companies) + len(wanted.chains) + len(wanted.stores)
    return things - sum(difference.kind is not Kind.KEPT for difference in found)


def line(difference: Difference) -> str:
    """A difference as one line of text."""
    thing = f"{difference.kind:<8}{difference.noun} {difference.code}".rstrip()
    if difference.kind is Kind.KEPT:
        return f"{thing}: not in the file, kept"
    return f"{thing}: " + "; ".join(_change_text(difference.kind, change) for change in difference.changes)


def _change_text(kind: Kind, change: Change) -> str:
    if kind is Kind.NEW:
        return f"{change.field} {change.new}"
    return f"{change.field} {change.old or 'none'} -> {change.new or 'none'}" + (
        f" ({change.remark})" if change.remark else ""
    )


def _changes(old: Facts, new: Facts, today: date) -> Iterator[Change]:
    for field, value in new.items():
        before = old[field]
        if before == value:
            continue
        past = (
            isinstance(before, _Timeline)
            and isinstance(value, _Timeline)
            and changes_past(before.steps(), value.steps(), today)
        )
        yield Change(field, _text(before), _text(value), CHANGES_THE_PAST if past else "")


class _Timeline(tuple[LevelPeriod, ...]):
    """One channel's periods, earliest first."""

    __slots__ = ()

    def steps(self) -> Steps:
        return steps(self, self[0].channel) if self else Steps()


def _facts(network: Network) -> dict[tuple[str, str], Facts]:
    found: dict[tuple[str, str], Facts] = {
        ("profile", ""): {"members start from": network.profile, "own sign-in from age": str(network.account_age)}
    }
    if network.contact:
        found["contact", ""] = _contact_facts(network.contact)
    found |= {("company", code): _company_facts(company) for code, company in network.companies.items()}
    found |= {("chain", code): _chain_facts(chain) for code, chain in network.chains.items()}
    return found | {("store", code): _store_facts(store) for code, store in network.stores.items()}


def _contact_facts(contact: Contact) -> Facts:
    texts = {"hours": contact.hours, "price": contact.price}
    by_language = {f"{name} {language}": text for name, found in texts.items() for language, text in found.items()}
    return {"phone": contact.phone} | by_language


def _company_facts(company: Company) -> Facts:
    return {"name": company.name, "business id": company.business_id, "kind": company.kind}


def _chain_facts(chain: Chain) -> Facts:
    timelines = {f"{channel} channel": _Timeline(timeline(chain.levels, channel)) for channel in Channel}
    return {"name": chain.name, **timelines}


def _store_facts(store: Store) -> Facts:
    return {
        "name": store.name,
        "town": store.town,
        "company": store.company,
        "chain": store.chain,
        "zone": store.zone,
        "tills": store.tills,
        "opened": store.opened,
        "closed": store.closed,
        "service point": "yes" if store.service_point else None,
    }


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, _Timeline):
        return ", ".join(period_text(period) for period in value) or "totals only"
    if isinstance(value, frozenset):
        return ", ".join(sorted(value, key=lambda code: (len(code), code)))
    return str(value)
