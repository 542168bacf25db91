"""The pure rules: sums that come out to the cent, in any order; what a plan file may say; accounts and references."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvitto.assortment.types import BonusClass
from kvitto.bonus import rules
from kvitto.bonus.plans import parse
from kvitto.bonus.rules import SchemeRefusedError, bonus, differences, is_iban, scheme_problems
from kvitto.bonus.types import Campaign, Earning, Kind, Rounding, Scheme, Step, Unit
from kvitto.households.types import Role, Stay
from kvitto.kernel.periods import Period
from kvitto.members.types import Membership
from tests.bonus import FILE, PLAN

FIRST = date(2026, 11, 1)
NOVEMBER = rules.month_of(FIRST)
DOUBLE = Campaign("north", BonusClass.STANDARD, 2, Period(date(2026, 11, 20), date(2026, 11, 23)), "grocer")

days = st.integers(0, 29).map(lambda n: FIRST + timedelta(n))
earnings = st.lists(
    st.builds(
        Earning,
        person_id=st.integers(1, 4),
        day=days,
        chain=st.sampled_from(["grocer", "hotel"]),
        bonus_class=st.sampled_from(["standard", "fuel"]),
        cents=st.integers(-30_000, 60_000),
        quantity=st.integers(-200_000, 900_000),
    ),
    max_size=12,
)
plans = st.builds(
    lambda rounding, classes: replace(PLAN, rounding=rounding, classes=frozenset(classes)),
    st.sampled_from(Rounding),
    st.sampled_from([(BonusClass.STANDARD,), (BonusClass.STANDARD, BonusClass.FUEL)]),
)


@given(earnings, plans, st.randoms())
def test_the_order_in_which_receipts_come_in_changes_nothing(bought, plan, chance):
    other = list(bought)
    chance.shuffle(other)

    assert bonus(other, plan, [DOUBLE]) == bonus(bought, plan, [DOUBLE])


@given(earnings, plans)
def test_the_parts_sum_to_the_whole_and_the_whole_is_exact_to_less_than_a_cent(bought, plan):
    month = bonus(bought, plan, [DOUBLE])
    counted = [each for each in bought if each.bonus_class in plan.classes]
    exact = sum(
        Fraction(each.quantity, 10_000) if each.bonus_class == "fuel" else Fraction(each.cents, 100)
        for each in counted
        for _ in range(2 if each.bonus_class == "standard" and each.chain == "grocer" and 19 < each.day.day < 23 else 1)
    )
    exact *= Fraction(month.rate, 100)

    assert month.purchases == sum(each.cents for each in counted)
    assert (sum(part.cents for part in month.parts.values()), sum(part.purchases for part in month.parts.values())) == (
        month.cents,
        month.purchases,
    )
    assert month.cents >= 0
    if exact > 0:
        assert abs(month.cents - exact) < (1 if plan.rounding is Rounding.DOWN else Fraction(501, 1000))
        assert plan.rounding is Rounding.NEAREST or month.cents <= exact


@given(st.integers(0, 200_000))
def test_more_purchases_never_bring_less(purchases):
    def of(cents):
        return bonus([Earning(1, FIRST, "grocer", "standard", cents)], PLAN).cents

    assert of(purchases) <= of(purchases + 1)


def test_half_a_cent_goes_up_or_is_dropped_as_the_plan_says():
    bought = [Earning(1, FIRST, "grocer", "standard", 5_050)]

    assert [bonus(bought, replace(PLAN, rounding=each)).cents for each in Rounding] == [51, 50]


def test_what_a_plan_does_not_count_brings_nothing_and_no_step():
    plan = replace(PLAN, classes=frozenset({BonusClass.STANDARD}))

    assert bonus([Earning(1, FIRST, "grocer", "fuel", 90_000, 5_000_000)], plan).purchases == 0


def test_a_campaign_holds_on_its_days_in_its_chain_and_for_its_co_op_alone():
    bought = [Earning(1, date(2026, 11, 20), "grocer", "standard", 10_000)]

    assert bonus(bought, PLAN, [DOUBLE]).cents == 200
    for other in (
        replace(DOUBLE, chain="hotel"),
        replace(DOUBLE, company="south"),
        replace(DOUBLE, bonus_class=BonusClass.FUEL),
        replace(DOUBLE, days=Period(date(2026, 11, 21), date(2026, 11, 23))),
        replace(DOUBLE, days=Period(date(2026, 11, 1), date(2026, 11, 20))),
    ):
        assert bonus(bought, PLAN, [other]).cents == 100


def test_without_a_plan_nothing_counts():
    assert bonus([Earning(1, FIRST, "grocer", "standard", 90_000)], None).cents == 0


def test_what_is_missing_to_the_next_step():
    assert [rules.next_step(cents, PLAN) for cents in (-5, 0, 4_999, 5_000, 89_999, 90_000)] == [
        (5_005, 100),
        (5_000, 100),
        (1, 100),
        (15_000, 150),
        (1, 500),
        None,
    ]


def test_the_last_main_member_of_the_month_is_paid():
    stays = [
        Stay(7, 1, Role.MAIN, Period(date(2026, 1, 1), date(2026, 11, 20))),
        Stay(7, 1, Role.ADULT, Period(date(2026, 11, 20))),
        Stay(7, 2, Role.MAIN, Period(date(2026, 11, 20))),
        Stay(7, 3, Role.MAIN, Period(date(2025, 1, 1), date(2026, 1, 1))),
    ]

    assert rules.payee(Unit(household_id=7), stays, NOVEMBER) == 2
    assert rules.payee(Unit(household_id=7), stays[:1] + stays[3:], NOVEMBER) == 1
    assert rules.payee(Unit(person_id=3), stays, NOVEMBER) == 3


def test_the_last_home_co_op_of_the_month_says_which_plan_holds():
    south, newer = replace(PLAN, company="south"), replace(PLAN, start=date(2026, 11, 1))
    homes = [
        Membership("south", "South", date(2026, 11, 15), None),
        Membership("north", "North", date(2020, 1, 1), date(2026, 11, 15)),
    ]

    assert rules.plan_in([PLAN, south], homes, NOVEMBER) is south
    assert rules.plan_in([PLAN, newer], homes[1:], NOVEMBER) is newer
    assert rules.plan_in([PLAN, newer], homes[1:], rules.month_of(date(2026, 10, 1))) is PLAN
    assert rules.plan_in([PLAN], homes, NOVEMBER) is None
    assert rules.plan_in([PLAN], homes[1:], rules.month_of(date(2026, 12, 1))) is None


def test_a_receipt_keeps_the_classes_that_any_plan_of_its_day_counts():
    goods = replace(PLAN, company="south", start=date(2026, 11, 1), classes=frozenset({BonusClass.STANDARD}))

    assert rules.classes_on([goods], date(2026, 10, 31)) is None
    assert rules.classes_on([goods], date(2026, 11, 1)) == {BonusClass.STANDARD}
    assert rules.classes_on([goods, PLAN], date(2026, 11, 1)) == {BonusClass.STANDARD, BonusClass.FUEL}


# The plan file


def test_a_plan_file_says_what_the_plan_is():
    campaign = """
    [[campaign]]
    company = "north"
    class = "standard"
    chain = "grocer"
    times = 2
    from = 2026-11-20
    until = 2026-11-23
    """

    assert parse((FILE + campaign).encode()) == Scheme((PLAN,), (DOUBLE,))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("payment_day = 10", "payment_day = 31", "plan 1, payment_day: a number from 1 to 28 is expected, not 31"),
        ('percent = "1.0"', "percent = 1.0", 'plan 1, step 1, percent: a percent above zero such as "1.5"'),
        ('percent = "1.0"', 'percent = "0.00"', 'plan 1, step 1, percent: a percent above zero such as "1.5"'),
        ('"50.00"', '"50"', 'plan 1, step 1, from: euros such as "50.00", in quotes'),
        ('"50.00"', '"-50.00"', 'plan 1, step 1, from: euros such as "50.00", in quotes'),
        ('"standard", "fuel"', '"standard", "none"', "plan 1, classes: a list of standard, fuel is expected"),
        ('rounding = "nearest"', 'rounding = "up"', 'plan 1, rounding: one of "nearest", "down" is expected'),
        ("payment_day", "pay_day", "plan 1, payment_day: a number from 1 to 28 is expected, not nothing"),
        ("[[plan]]", "[plan]", "the file, plan: entries that begin with [[plan]] are expected"),
        ("[[plan]]", "[[plan", "not TOML"),
    ],
)
def test_a_plan_file_with_a_wrong_value_is_refused_with_its_place(old, new, problem):
    with pytest.raises(SchemeRefusedError) as refused:
        parse(FILE.replace(old, new, 1).encode())

    assert any(each.startswith(problem) for each in refused.value.problems), refused.value.problems


@pytest.mark.parametrize(
    ("scheme", "problem"),
    [
        (Scheme((replace(PLAN, steps=(Step(5_000, 100), Step(5_000, 150))),)), "steps rise and never overlap"),
        (Scheme((replace(PLAN, steps=(Step(5_000, 100), Step(4_000, 150))),)), "steps rise and never overlap"),
        (Scheme((replace(PLAN, steps=(Step(5_000, 100), Step(9_000, 50))),)), "a higher step earns more"),
        (Scheme((replace(PLAN, steps=()),)), "at least one step"),
        (Scheme((replace(PLAN, start=date(2026, 1, 2)),)), "begins on the first day of a month"),
        (Scheme((PLAN, PLAN)), "is there twice"),
        (Scheme((replace(PLAN, company="west"),)), "no regional co-op"),
        (Scheme((PLAN,), (replace(DOUBLE, chain="mall"),)), '"mall" is no chain'),
        (Scheme((PLAN,), (replace(DOUBLE, bonus_class=BonusClass.NONE),)), "there is nothing to multiply"),
        (Scheme((replace(PLAN, start=date(2026, 12, 1)),), (DOUBLE,)), "there is nothing to multiply"),
        (Scheme((PLAN,), (DOUBLE, replace(DOUBLE, chain="", times=3))), "one purchase is multiplied once"),
    ],
)
def test_plans_that_contradict_themselves_are_refused(scheme, problem):
    (found,) = scheme_problems(scheme, {"north", "south"}, {"grocer", "hotel"})

    assert problem in found


def test_a_closed_month_keeps_its_plan_and_its_campaigns():
    later = replace(PLAN, start=date(2026, 12, 1))
    known, closed = Scheme((PLAN,), (DOUBLE,)), date(2026, 12, 1)

    assert differences(known, known, closed_until=closed) == []
    assert [each.kind for each in differences(known, Scheme((PLAN, later), (DOUBLE,)), closed_until=closed)] == [
        Kind.NEW
    ]
    for wanted in (
        Scheme((replace(PLAN, payment_day=11),), (DOUBLE,)),
        Scheme((PLAN, replace(PLAN, start=date(2026, 11, 1))), (DOUBLE,)),
        Scheme((), (DOUBLE,)),
        Scheme((PLAN,)),
        Scheme((PLAN,), (replace(DOUBLE, times=3),)),
    ):
        assert differences(known, wanted, closed_until=None)
        with pytest.raises(SchemeRefusedError, match="are closed"):
            differences(known, wanted, closed_until=closed)


# Accounts and references


def test_an_account_is_an_iban_that_checks():
    assert is_iban("FI2112345600000785")
    assert not any(
        map(is_iban, ["", "FI2112345600000786", "fi2112345600000785", "FI21 1234 5600 0007 85", "FI2١12345600000785"])
    )


def test_a_reference_has_the_banks_check_digit():
    assert [rules.reference(number) for number in (1, 123_456)] == ["0013", "1234561"]
