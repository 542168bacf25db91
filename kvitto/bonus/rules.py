"""What a month earns, who is paid, and when a plan file is sound. Pure.

The rules in words, with examples that a test computes: docs/explanation/bonus.md.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import combinations, pairwise
from typing import TypeVar

from kvitto.assortment.types import BonusClass
from kvitto.bonus.types import (
    Bonus,
    Campaign,
    Difference,
    Earning,
    Kind,
    Part,
    Plan,
    Rounding,
    Scheme,
    Sums,
    Unit,
)
from kvitto.households.rules import common
from kvitto.households.types import Role, Stay
from kvitto.kernel.errors import InvalidError
from kvitto.kernel.periods import Period, months_after
from kvitto.members.types import Membership

CURRENCY = "EUR"  # purchases in another currency count for nothing: no rate between the two is anybody's promise
WHOLE = 1_000_000  # millionths of a cent: weight times rate
PER_CENT = 100  # a cent's weight, so that a ten-thousandth of a litre has the weight 1: fuel earns the percent as cents a litre

Person = TypeVar("Person", bound=Hashable)


class SchemeRefusedError(InvalidError):
    """The plans are not sound, or would change a month that is closed; `problems` names every place."""

    def __init__(self, problems: Collection[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("the plans are refused:\n" + "\n".join(self.problems))


def month_of(day: date) -> Period:
    """The whole month of its first day."""
    return Period(day, months_after(day, 1))


# What a month earns


def bonus(earnings: Iterable[Earning], plan: Plan | None, campaigns: Iterable[Campaign] = ()) -> Bonus:
    """A unit's Bonus of a month from what its people bought in it, in whatever order. `campaigns` may be of any co-op.

    The step goes by all Bonus purchases together and holds for the whole month. Without a plan nothing counts.
    """
    sums: defaultdict[int, Sums] = defaultdict(Sums)
    if plan is not None:
        holding = [campaign for campaign in campaigns if campaign.company == plan.company]
        for earning in earnings:
            if earning.bonus_class in plan.classes:
                before = sums[earning.person_id]
                sums[earning.person_id] = Sums(
                    before.purchases + earning.cents, before.weight + weight(earning) * times(earning, holding)
                )
    return earned(sums, plan)


def weight(earning: Earning) -> int:
    """What an earning counts for when its rate is applied: by litres for fuel, by cents for the rest."""
    return earning.quantity if by_quantity(earning.bonus_class) else earning.cents * PER_CENT


def by_quantity(bonus_class: str) -> bool:
    """Whether a class earns by litres."""
    return BonusClass(bonus_class).by_quantity


def times(earning: Earning, campaigns: Iterable[Campaign]) -> int:
    """How many times the rate an earning earns at; at most one campaign holds for it."""
    for campaign in campaigns:
        if (
            campaign.bonus_class == earning.bonus_class
            and earning.day in campaign.days
            and campaign.chain in {"", earning.chain}
        ):
            return campaign.times
    return 1


def earned(sums: Mapping[int, Sums], plan: Plan | None) -> Bonus:
    """The Bonus of a unit whose people's earnings are added up already. A month never owes: below zero it is zero."""
    purchases = sum(each.purchases for each in sums.values())
    rate = rate_at(purchases, plan)
    exact = rate * sum(each.weight for each in sums.values())
    cents = max(0, rounded(exact, plan.rounding) if plan else 0)
    shared = shared_out(cents, {person: rate * each.weight for person, each in sums.items()})
    return Bonus(purchases, rate, cents, {who: Part(each.purchases, shared[who]) for who, each in sums.items()})


def rate_at(purchases: int, plan: Plan | None) -> int:
    """The rate that a month's Bonus purchases reach; 0 below the first step."""
    if plan is None:
        return 0
    reached = bisect_right([step.least for step in plan.steps], purchases)
    return plan.steps[reached - 1].rate if reached else 0


def next_step(purchases: int, plan: Plan) -> tuple[int, int] | None:
    """The cents that are missing to the next step, and its rate; None on the last."""
    return next(((step.least - purchases, step.rate) for step in plan.steps if step.least > purchases), None)


def rounded(exact: int, rounding: Rounding) -> int:
    """Cents of millionths of a cent."""
    return (exact + (WHOLE // 2 if rounding is Rounding.NEAREST else 0)) // WHOLE


def shared_out(cents: int, exact: Mapping[Person, int]) -> dict[Person, int]:
    """Whole cents for each that sum to `cents`, by largest remainder, the lower id first; nobody has any of zero.

    `exact` are the parts in millionths of a cent; `cents` is their rounded sum.
    """
    if cents == 0:
        return dict.fromkeys(exact, 0)
    parts = {who: each // WHOLE for who, each in exact.items()}
    by_remainder = sorted(exact, key=lambda who: (-(exact[who] % WHOLE), who))
    for who in by_remainder[: cents - sum(parts.values())]:
        parts[who] += 1
    return parts


# Whose purchases count together, and who is paid


def unit_of(person_id: int, day: date, stays: Iterable[Stay]) -> Unit:
    """The household a person is in on a business day; they alone when they are in none."""
    for stay in stays:
        if stay.person_id == person_id and day in stay.days:
            return Unit(household_id=stay.household_id)
    return Unit(person_id=person_id)


def by_unit(earnings: Iterable[Earning], stays: Sequence[Stay]) -> dict[Unit, list[Earning]]:
    """Earnings by the unit that their business day puts them in."""
    found: dict[Unit, list[Earning]] = {}
    for earning in earnings:
        found.setdefault(unit_of(earning.person_id, earning.day, stays), []).append(earning)
    return found


def payee(unit: Unit, stays: Iterable[Stay], month: Period) -> int:
    """Who is paid a unit's month: its main member, the last one when there were two; alone, the person."""
    if unit.person_id:
        return unit.person_id
    there = [stay for stay in stays if stay.household_id == unit.household_id and common(stay.days, month)]
    last = max(there, key=lambda stay: (stay.role is Role.MAIN, stay.days.end or date.max, -stay.person_id))
    return last.person_id


def plan_in(plans: Iterable[Plan], homes: Iterable[Membership], month: Period) -> Plan | None:
    """The plan of a month for somebody with these home co-ops: the last of the month decides. None without a home or a plan."""
    there = [home for home in homes if common(Period(home.start, home.end), month)]
    if not there:
        return None
    company = max(there, key=lambda home: home.start).company
    held = [plan for plan in plans if plan.company == company and plan.start <= month.start]
    return max(held, key=lambda plan: plan.start, default=None)


# What a receipt needs to keep


def classes_on(plans: Iterable[Plan], day: date) -> frozenset[BonusClass] | None:
    """What any co-op's plan counts on a day; None when none holds yet: then nobody can say what will count."""
    last: dict[str, Plan] = {}
    for plan in sorted(plans, key=lambda plan: plan.start):
        if plan.start <= day:
            last[plan.company] = plan
    return frozenset().union(*(plan.classes for plan in last.values())) if last else None


# Soundness, and what a load would change


def scheme_problems(scheme: Scheme, coops: Collection[str], chains: Collection[str]) -> list[str]:
    """Everything wrong with plans whose values have the right types, one line each, naming the place."""
    return [
        *_plan_problems(scheme.plans, coops),
        *_campaign_problems(scheme, coops, chains),
    ]


def _plan_problems(plans: Sequence[Plan], coops: Collection[str]) -> Iterator[str]:
    seen = set()
    for plan in plans:
        if plan.company not in coops:
            yield f'{named(plan)}: "{plan.company}" is no regional co-op of the network'
        if plan.start.day != 1:
            yield f"{named(plan)}: a plan begins on the first day of a month"
        if (plan.company, plan.start) in seen:
            yield f"{named(plan)}: is there twice"
        seen.add((plan.company, plan.start))
        if not plan.steps or not plan.classes:
            yield f"{named(plan)}: at least one step and one class are expected"
        for before, after in pairwise(plan.steps):
            if after.least <= before.least:
                yield f"{named(plan)}, steps: {_euros(after.least)} after {_euros(before.least)}: steps rise and never overlap"
            if after.rate <= before.rate:
                yield f"{named(plan)}, steps: {_percent(after.rate)} after {_percent(before.rate)}: a higher step earns more"


def _campaign_problems(scheme: Scheme, coops: Collection[str], chains: Collection[str]) -> Iterator[str]:
    for each in scheme.campaigns:
        if each.company not in coops:
            yield f'{named(each)}: "{each.company}" is no regional co-op of the network'
        if each.chain and each.chain not in chains:
            yield f'{named(each)}: "{each.chain}" is no chain of the network'
        if not _counted(each, scheme.plans):
            yield f"{named(each)}: the plan of these days does not count {each.bonus_class}, so there is nothing to multiply"
    for one, other in combinations(scheme.campaigns, 2):
        same = (one.company, one.bonus_class) == (other.company, other.bonus_class)
        if same and (one.chain == other.chain or not (one.chain and other.chain)) and common(one.days, other.days):
            yield f"{named(other)}: overlaps {named(one)}: one purchase is multiplied once"


def _counted(campaign: Campaign, plans: Iterable[Plan]) -> bool:
    """Whether every plan that holds during a campaign counts its class, and one does from the first day on."""
    own = sorted((plan for plan in plans if plan.company == campaign.company), key=lambda plan: plan.start)
    held = [plan for plan in own if plan.start <= campaign.days.start][-1:]
    later = [plan for plan in own if campaign.days.start < plan.start and plan.start in campaign.days]
    return bool(held) and all(campaign.bonus_class in plan.classes for plan in held + later)


def named(each: Plan | Campaign) -> str:
    """How a plan or a campaign is called in a sentence."""
    if isinstance(each, Plan):
        return f"plan of {each.company} from {each.start}"
    where = f" in {each.chain}" if each.chain else ""
    return f"campaign of {each.company}, {each.times} times {each.bonus_class}{where} from {each.days.start}"


def _euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _percent(rate: int) -> str:
    return f"{rate // 100}.{rate % 100:02d} %"


def differences(known: Scheme, wanted: Scheme, *, closed_until: date | None) -> list[Difference]:
    """What loading `wanted` does to what is known, oldest first. `closed_until`: the first day that is in no closed month.

    Raises SchemeRefusedError when a closed month would change: what was booked stays as the members were told.
    """
    found = []
    for before, after in ((known.plans, wanted.plans), (known.campaigns, wanted.campaigns)):
        old = {_key(each): each for each in before}
        new = {_key(each): each for each in after}
        for key in old.keys() | new.keys():
            if old.get(key) != new.get(key):
                kind = Kind.NEW if key not in old else Kind.CHANGED if key in new else Kind.WITHDRAWN
                each = new.get(key) or old[key]
                start = each.start if isinstance(each, Plan) else each.days.start
                found.append(Difference(kind, named(each), start))
    found.sort(key=lambda each: (each.start, each.what, each.kind))
    if closed_until is not None and (
        closed := [
            f"{each.what}: {each.kind}, but months before {closed_until} are closed"
            for each in found
            if each.start < closed_until
        ]
    ):
        raise SchemeRefusedError(closed)
    return found


def _key(each: Plan | Campaign) -> Hashable:
    return (each.company, each.start) if isinstance(each, Plan) else each


# Accounts and references of payments


def is_iban(text: str) -> bool:
    """Whether a text is an account number: two letters, digits and letters, and the check of ISO 13616."""
    if not (15 <= len(text) <= 34 and text.isascii() and text.isalnum() and text[:2].isalpha() and text[2:4].isdigit()):
        return False
    return text == text.upper() and int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % 97 == 1


def reference(number: int) -> str:
    """A payment's reference: its number, and the check digit of Finnish bank references."""
    digits = str(number).rjust(3, "0")
    total = sum(int(digit) * (7, 3, 1)[place % 3] for place, digit in enumerate(reversed(digits)))
    return f"{digits}{-total % 10}"
