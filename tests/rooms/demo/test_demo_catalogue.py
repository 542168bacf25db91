"""The demo's assortment."""

import pytest

from kvitto.assortment.rules import top_down
from kvitto.assortment.types import LANGUAGES, BonusClass
from kvitto.demo import catalogue, source


@pytest.fixture(scope="module")
def rows():
    return {row.row: row for row in catalogue.products()}


def test_every_department_and_category_has_a_name_in_every_language():
    products = source.products()
    named = catalogue.departments() | catalogue.categories()

    assert {product.department for product in products} == set(catalogue.departments())
    assert {product.category for product in products if product.category} == set(catalogue.categories())
    assert all(entry.names[language] for entry in named.values() for language in LANGUAGES)


def test_the_traits_in_the_files_are_known_ones():
    known = {"food", "nonfood", "liquid", "ounces", "meat", "nomeat", "vegetarian", "organic", "fuel", "nobonus"}
    given = set().union(*(entry.traits for entry in (catalogue.departments() | catalogue.categories()).values()))

    assert given <= known | set(catalogue.SENSITIVITIES)


def test_the_groups_make_a_tree_of_three_levels():
    levels = top_down(catalogue.groups())

    assert [len(level) for level in levels] == [32, 343, 3_827]


def test_every_product_is_there_once_in_a_group_of_the_tree(rows):
    groups = {group.code for group in catalogue.groups()}

    assert len(rows) == len({row.code for row in rows.values()}) == 92_331
    assert {row.group for row in rows.values()} <= groups


def test_a_group_is_of_a_class_when_all_its_products_are(rows):
    classes = {group.code: group.sensitivity for group in catalogue.groups()}
    below = {}
    for row in rows.values():
        parts = row.group.split(".")
        for depth in range(1, len(parts) + 1):
            below.setdefault(".".join(parts[:depth]), set()).add(row.sensitivity)

    assert set(classes.values()) == {"", *catalogue.SENSITIVITIES}
    assert all(below[code] == {own} for code, own in classes.items() if own)


@pytest.mark.parametrize(
    ("department", "category", "type_", "expected"),
    [
        ("GROCERY", "BEERS/ALES", "BEERALEMALT LIQUORS", ("alcohol", BonusClass.NONE)),
        ("GROCERY", "BEERS/ALES", "BEERALE -NON ALCOHOLIC", ("", BonusClass.STANDARD)),
        ("DRUG GM", "CIGARETTES", "CIGARETTES", ("tobacco", BonusClass.NONE)),
        ("DRUG GM", "ANALGESICS", "TABLETS", ("health", BonusClass.STANDARD)),
        ("DRUG GM", "FAMILY PLANNING", "TESTS", ("health", BonusClass.STANDARD)),
        ("DRUG GM", "FEMININE HYGIENE", "PADS", ("intimate", BonusClass.STANDARD)),
        ("MISCELLANEOUS", "COUPON/MISC ITEMS", "MASTERCARD GIFT CARD", ("", BonusClass.NONE)),
        ("MISCELLANEOUS", "COUPON/MISC ITEMS", "GASOLINE-REG UNLEADED", ("", BonusClass.FUEL)),
        ("PRODUCE", "CARROTS", "CARROTS MINI PEELED", ("", BonusClass.STANDARD)),
    ],
)
def test_sensitivity_and_bonus_follow_from_the_place_in_the_tree(department, category, type_, expected):
    known = catalogue.traits(department, category, type_)

    assert (next(iter(known & set(catalogue.SENSITIVITIES)), ""), catalogue.bonus_class(known)) == expected


@pytest.mark.parametrize(
    ("department", "category", "type_", "label"),
    [
        ("MEAT", "BEEF", "NATURAL BEEF", {"meat"}),
        ("MEAT", "BEEF", "ORGANIC BEEF", {"meat", "organic"}),
        ("MEAT-PCKGD", "MISCELLANEOUS", "SAUERKRAUT", set()),
        ("GROCERY", "FRZN MEAT/MEAT DINNERS", "FROZEN MEAT (VEGETARIAN)", {"vegetarian"}),
        ("DELI", "DELI MEATS", "CHEESE:SPECIALTY PREPACK", set()),
        ("PRODUCE", "ORGANICS FRUIT & VEGETABLES", "ORGANIC CARROTS", {"organic", "vegetarian"}),
        ("PASTRY", "BREAD", "BREAD: DIET/ORGANIC", set()),
        ("GROCERY", "CHEESE", "SHREDDED CHEESE", set()),
    ],
)
def test_labels_are_given_only_where_they_are_safe(department, category, type_, label):
    assert catalogue.traits(department, category, type_) & {"meat", "organic", "vegetarian"} == label


def test_nothing_is_both_vegetarian_and_meat(rows):
    assert not [row for row in rows.values() if {"vegetarian", "contains_meat"} <= set(row.labels)]
