"""Loading the assortment, and what others can ask of it afterwards."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from biip.checksums import gs1_standard_check_digit
from django.db import IntegrityError, connection, transaction

from kvitto.assortment import queries
from kvitto.assortment.actions import SettingsError, load
from kvitto.assortment.rules import GroupTreeError, identify
from kvitto.assortment.types import (
    BonusClass,
    GroupRow,
    Label,
    ProductFacts,
    ProductRow,
    ProductView,
    Settings,
)
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.rows import Reject

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GTIN = "6408430000012"
GTIN_KEY = ("", "06408430000012")

FOOD = GroupRow("food", {"en": "Food", "fi": "Ruoka"})
DAIRY = GroupRow("dairy", {"en": "Dairy"}, parent="food")
MILK = GroupRow("milk", {"en": "Milk"}, parent="dairy")
TREE = [MILK, FOOD, DAIRY]  # in no order


def product(row=1, code=GTIN, **values):
    return ProductRow(**({"row": row, "code": code, "names": {"en": "Milk"}, "group": "milk"} | values))


def loaded(products=(), groups=TREE, settings=None):
    return load(groups=groups, products=iter(products), settings=settings, by=OPERATOR, now=NOW)


def counts(result):
    return (
        (result.groups_new, result.groups_changed, result.groups_same),
        (result.products_new, result.products_changed, result.products_same),
    )


def rows_of(table):
    """Every row with its physical place, which any write moves."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ctid::text, xmin::text, xmax::text, t.* FROM {table} t ORDER BY 1")
        return cursor.fetchall()


def weighed(grams):
    """The Finnish number of goods by weight."""
    payload = f"23174389{grams:04d}"
    return f"{payload}{gs1_standard_check_digit(payload)}"


def test_a_product_is_known_by_its_key_with_all_its_values():
    milk = product(
        names={"sv": "Mjölk", "en": "Milk"},
        brand="Meadow",
        maker="Northern Dairy",
        size=Decimal("1.5"),
        unit="l",
        labels=frozenset({Label.VEGETARIAN, Label.ORGANIC}),
        sensitivity="health",
        bonus_class=BonusClass.STANDARD,
        launch_day=date(2026, 2, 1),
    )
    loaded([milk], settings=Settings(sensitivities={"health": {"en": "Health"}}))
    views = queries.products_by_key([GTIN_KEY, ("grocer", "1")])
    assert views == {
        GTIN_KEY: ProductView(
            product_id=views[GTIN_KEY].product_id,
            names={"sv": "Mjölk", "en": "Milk"},
            brand="Meadow",
            maker="Northern Dairy",
            size=Decimal("1.5"),
            unit="l",
            group_id=next(view.id for view in queries.groups().values() if view.code == "milk"),
            sensitivity="health",
            launch_day=date(2026, 2, 1),
            labels=frozenset({Label.VEGETARIAN, Label.ORGANIC}),
            bonus_class=BonusClass.STANDARD,
        )
    }
    assert str(views[GTIN_KEY].size) == "1.5"
    assert views[GTIN_KEY].name("fi") == "Mjölk"


def test_intake_gets_the_facts_of_known_products_only():
    loaded([product(1), product(2, "3123", chain="grocer", group="food", bonus_class=BonusClass.FUEL)])
    ids = {view.code: view.id for view in queries.groups().values()}
    keys = [GTIN_KEY, ("grocer", "3123"), ("hardware", "3123")]
    facts = queries.facts(keys)
    assert facts == {
        GTIN_KEY: ProductFacts(
            facts[GTIN_KEY].product_id, (ids["food"], ids["dairy"], ids["milk"]), BonusClass.NONE, ""
        ),
        keys[1]: ProductFacts(facts[keys[1]].product_id, (ids["food"],), BonusClass.FUEL, ""),
    }
    assert queries.facts([]) == {}


def test_the_code_a_till_sends_finds_the_product_the_file_gave_in_another_form():
    loaded([product(1, "036000291452"), product(2, weighed(0), chain="grocer")])
    padded = identify("00036000291452", chain="hardware", country="FI").key
    heavy = identify(weighed(1234), chain="grocer", country="FI").key
    elsewhere = identify(weighed(1234), chain="hardware", country="FI").key
    assert set(queries.facts([padded, heavy, elsewhere])) == {padded, heavy}


def test_the_same_number_in_two_chains_is_two_products():
    result = loaded([product(1, "3123", chain="grocer"), product(2, "3123", chain="hardware")])
    assert result.products_new == 2
    assert len(queries.products_by_key([("grocer", "3123"), ("hardware", "3123")])) == 2
    assert queries.count_products() == 2


def test_loading_the_same_again_writes_nothing():
    products = [
        product(1, labels=frozenset(Label), size=Decimal("1.50"), unit="l", sensitivity="health"),
        product(2, "3123", chain="grocer"),
    ]
    settings = Settings(depths=((date(2026, 1, 1), 2),), sensitivities={"health": {"en": "Health"}})
    first = loaded(products, settings=settings)
    tables = (
        "assortment_group",
        "assortment_product",
        "assortment_depth",
        "assortment_sensitivity",
        "assortment_version",
    )
    before = [rows_of(table) for table in tables]
    second = loaded(products, settings=settings)
    assert counts(first) == ((3, 0, 0), (2, 0, 0))
    assert counts(second) == ((0, 0, 3), (0, 0, 2))
    assert (first.settings_changed, second.settings_changed) == (True, False)
    assert [rows_of(table) for table in tables] == before
    assert second.version == first.version == queries.version()


def test_only_what_differs_is_changed_and_the_id_stays():
    loaded([product(1), product(2, "3123", chain="grocer")])
    version = queries.version()
    id_ = queries.facts([GTIN_KEY])[GTIN_KEY].product_id
    result = loaded([product(1, brand="Meadow"), product(2, "3123", chain="grocer"), product(3, "4", chain="grocer")])
    assert counts(result) == ((0, 0, 3), (1, 1, 1))
    view = queries.products_by_key([GTIN_KEY])[GTIN_KEY]
    assert (view.product_id, view.brand) == (id_, "Meadow")
    assert result.version == queries.version() == version + 1


def test_a_value_can_be_taken_away_again():
    loaded([product(size=Decimal(1), unit="l", sensitivity="h")], settings=Settings(sensitivities={"h": {"en": "H"}}))
    assert loaded([product()]).products_changed == 1
    view = queries.products_by_key([GTIN_KEY])[GTIN_KEY]
    assert (view.size, view.unit, view.sensitivity) == (None, "", "")


def test_what_a_load_leaves_out_stays():
    loaded([product(1)])
    result = load(groups=[], products=[product(1, "3123", chain="grocer")], by=OPERATOR, now=NOW)
    assert counts(result) == ((0, 0, 0), (1, 0, 0))
    assert queries.count_products() == 2
    assert len(queries.groups()) == 3


def test_products_that_cannot_be_taken_are_rejected_and_the_others_go_in():
    unreadable = Reject(5, "size", "not a number")
    result = loaded(
        [
            product(6, GTIN.zfill(14)),
            product(2, "3123"),
            product(3, "1", chain="grocer", group="bread"),
            product(4, "2", chain="grocer", sensitivity="health"),
            unreadable,
            product(7),
            product(8, "9", chain="grocer"),
        ]
    )
    assert result.rejects == (
        Reject(2, "chain", "missing, and 3123 is no GTIN: such a number belongs to a chain"),
        Reject(3, "group", "unknown group 'bread'"),
        Reject(4, "sensitivity", "unknown class 'health'"),
        unreadable,
        Reject(7, "code", "the same product as row 6"),
    )
    assert counts(result)[1] == (2, 0, 0)


def test_a_failing_source_leaves_nothing_and_says_why():
    def source():
        yield product(1)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"), transaction.atomic():
        loaded(source())
    assert queries.count_products() == 0
    assert queries.groups() == {}


def test_a_group_moves_with_all_below_it():
    loaded([product()])
    before = queries.version()
    drinks = GroupRow("drinks", {"en": "Drinks"})
    moved = GroupRow("dairy", DAIRY.names, parent="drinks")
    result = loaded(groups=[drinks, moved])
    assert counts(result)[0] == (1, 2, 0)  # milk is not in the file, but its way to the top changed
    views = queries.groups()
    path = queries.facts([GTIN_KEY])[GTIN_KEY].group_path
    assert [views[id_].code for id_ in path] == ["drinks", "dairy", "milk"]
    assert result.version == before + 1


def test_a_group_can_move_deeper_and_to_the_top():
    loaded([product()])
    loaded(groups=[GroupRow("milk", MILK.names)])
    milk = next(view for view in queries.groups().values() if view.code == "milk")
    assert (milk.depth, milk.parent_id) == (1, None)
    assert queries.facts([GTIN_KEY])[GTIN_KEY].group_path == (milk.id,)
    loaded(groups=TREE)
    assert len(queries.facts([GTIN_KEY])[GTIN_KEY].group_path) == 3


def test_a_group_can_change_its_names():
    loaded()
    assert counts(loaded(groups=[GroupRow("food", {"en": "Groceries"})]))[0] == (0, 1, 0)
    assert {view.name("en") for view in queries.groups().values()} == {"Groceries", "Dairy", "Milk"}


@pytest.mark.parametrize(
    "groups",
    [
        [GroupRow("food", {"en": "Food"}, parent="milk")],  # a circle only together with what is stored
        [GroupRow("bread", {"en": "Bread"}, parent="bakery")],
        [GroupRow("bread", {"en": "Bread"}), GroupRow("bread", {"en": "Bread"})],
    ],
)
def test_groups_that_make_no_tree_are_refused(groups):
    loaded()
    with pytest.raises(GroupTreeError):
        loaded(groups=groups)


def test_depths_hold_from_their_day_and_are_replaced_as_a_whole():
    assert queries.recording_depths().depth(date(2026, 1, 1)) == 1
    loaded(settings=Settings(depths=((date(2026, 7, 1), 3), (date(2026, 1, 1), 2))))
    table = queries.recording_depths()
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1))
    assert [table.depth(day) for day in days] == [1, 2, 2, 3]
    result = loaded(settings=Settings(depths=((date(2026, 2, 1), 2),)))
    assert result.settings_changed
    assert [queries.recording_depths().depth(day) for day in days] == [1, 1, 2, 2]
    loaded(settings=Settings())  # says nothing of depths
    assert queries.recording_depths().depths == (2,)


@pytest.mark.parametrize("depths", [((date(2026, 1, 1), 2), (date(2026, 1, 1), 3)), ((date(2026, 1, 1), 0),)])
def test_depths_that_contradict_themselves_are_refused(depths):
    with pytest.raises(SettingsError):
        loaded(settings=Settings(depths=depths))


def test_the_database_refuses_two_depths_on_a_day():
    insert = "INSERT INTO assortment_depth (valid, depth) VALUES ('[2026-01-01,2026-03-01)', 1), ('[2026-02-01,)', 2)"
    with pytest.raises(IntegrityError, match="assortment_depth_overlap"), connection.cursor() as cursor:
        cursor.execute(insert)


@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("code", "'3123'", "assortment_product_gtin"),
        ("bonus_class", "'double'", "assortment_product_bonus_class"),
        ("labels", "'{vegan}'", "assortment_product_labels"),
        ("size", "0", "assortment_product_size"),
    ],
)
def test_the_database_refuses_what_no_load_would_write(column, value, constraint):
    loaded([product()])
    with pytest.raises(IntegrityError, match=constraint), connection.cursor() as cursor:
        cursor.execute(f"UPDATE assortment_product SET {column} = {value}")


def test_a_sensitivity_class_can_be_renamed():
    loaded(settings=Settings(sensitivities={"health": {"en": "Health"}}))
    result = loaded(settings=Settings(sensitivities={"health": {"en": "Health care"}}))
    assert result.settings_changed


def test_a_group_has_its_class_until_a_load_says_otherwise():
    settings = Settings(sensitivities={"health": {"en": "Health"}})
    loaded([product()], groups=[FOOD, DAIRY, GroupRow("milk", MILK.names, "dairy", "health")], settings=settings)
    assert counts(loaded(groups=[DAIRY]))[0] == (0, 0, 1)
    barred = queries.class_groups().barred(frozenset({"health"}))
    facts = queries.facts([GTIN_KEY])[GTIN_KEY]
    assert barred.has(facts)
    assert barred.wholly == {facts.group_path[-1]}
    assert barred.partly == set(facts.group_path)
    assert counts(loaded(groups=[MILK]))[0] == (0, 1, 0)
    assert queries.class_groups().barred(frozenset({"health"})).wholly == frozenset()


def test_a_class_of_a_group_holds_for_everything_below_it():
    settings = Settings(sensitivities={"health": {"en": "Health"}})
    loaded([product()], groups=[GroupRow("food", FOOD.names, "", "health"), DAIRY, MILK], settings=settings)
    barred = queries.class_groups().barred(frozenset({"health"}))
    assert barred.has(queries.facts([GTIN_KEY])[GTIN_KEY])
    assert barred.wholly == barred.partly == set(queries.groups())


def test_a_product_of_a_class_makes_its_groups_hold_some_of_it():
    loaded([product(sensitivity="health")], settings=Settings(sensitivities={"health": {"en": "Health"}}))
    barred = queries.class_groups().barred(frozenset({"health"}))
    facts = queries.facts([GTIN_KEY])[GTIN_KEY]
    assert barred.has(facts)
    assert (barred.wholly, barred.partly) == (frozenset(), set(facts.group_path))
    assert not queries.class_groups().barred(frozenset({"alcohol"})).has(facts)


def test_groups_of_an_unknown_class_are_refused():
    with pytest.raises(GroupTreeError, match=r"milk \(magic\)"):
        loaded(groups=[FOOD, DAIRY, GroupRow("milk", MILK.names, "dairy", "magic")])


def test_each_load_leaves_one_audit_entry_with_the_number_of_changes():
    loaded([product(1), product(2, "3123", chain="grocer")])
    loaded([product(1)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT actor_kind, action, at, count FROM audit_entry ORDER BY id DESC LIMIT 2")
        assert cursor.fetchall() == [
            ("operator", "assortment.load", NOW, 0),
            ("operator", "assortment.load", NOW, 5),
        ]


def test_the_version_is_nought_before_the_first_load():
    assert queries.version() == 0
