"""What pages hold of the assortment in memory, and that it is never staler than the last load."""

from datetime import date

import pytest

from kvitto.assortment import actions
from kvitto.assortment.queries import groups
from kvitto.assortment.shelf import shelf
from kvitto.assortment.types import GroupRow, ProductRow, Settings, folded
from kvitto.kernel.actor import OPERATOR
from tests.cast import APPLES, BEER, MILK, NOW, TODAY
from tests.counting import statements

WEIGHED, UNKNOWN = "2312340012345", "4006381333931"


def products(*codes, chain="grocer"):
    found = shelf(TODAY).products({chain: set(codes)})
    return [found[chain][code] for code in codes]


def ids():
    return {group.code: group.id for group in groups().values()}


def load(**what):
    return actions.load(**what, by=OPERATOR, now=NOW)


def test_a_product_has_its_name_brand_and_groups_down_to_the_recording_depth(cast):
    (milk,) = products(MILK)

    assert (milk.name("en"), milk.path) == ("Organic milk 1.5 l", (ids()["food"], ids()["dairy"]))


def test_padded_codes_and_codes_of_the_chain_lead_to_their_products(cast):
    padded, milk, apples = products("0" + MILK, MILK, APPLES)

    assert padded.key == milk.key
    assert apples.name("en") == "Apples"
    assert products(APPLES, chain="drugstore") == [None]


def test_the_weight_in_a_code_makes_no_other_product(cast):
    load(products=[ProductRow(1, "2312340000007", {"en": "Cheese"}, "dairy", chain="grocer")])

    one, other = products(WEIGHED, "2312340099995")

    assert one is not None
    assert one.key == other.key


def test_what_has_been_met_costs_one_tiny_query(cast):
    first = products(MILK, APPLES, UNKNOWN)
    with statements() as ran:
        again = products(MILK, APPLES, UNKNOWN)

    assert len(ran) == 1
    assert all(one is other for one, other in zip(first, again, strict=True))
    assert again[2] is None


def test_a_load_is_seen_at_once(cast):
    products(MILK)
    load(products=[ProductRow(1, MILK, {"en": "Renamed"}, "drinks")])

    assert products(MILK)[0].name("en") == "Renamed"


@pytest.mark.parametrize(("depth", "groups_shown"), [(1, ["food"]), (3, ["food", "dairy", "milk"])])
def test_the_recording_depth_of_the_day_cuts_the_tree(cast, depth, groups_shown):
    load(settings=Settings(depths=((date(2012, 1, 1), 2), (date(2027, 1, 1), depth))))
    known = ids()

    later = shelf(date(2027, 1, 1)).products({"grocer": {MILK}})["grocer"][MILK]

    assert later.path == tuple(known[code] for code in groups_shown)
    assert products(MILK)[0].path == (known["food"], known["dairy"])


def test_a_new_group_has_its_path(cast):
    load(groups=[GroupRow("tea", {"en": "Tea"}, "drinks")])

    assert shelf(TODAY).tree.paths[ids()["tea"]] == (ids()["drinks"], ids()["tea"])


def test_searching_keeps_swedish_letters_apart_and_joins_other_forms():
    assert folded("MJÖLK Å") == "mjölk å"
    assert folded("Mjo\u0308lk") == "mjölk"
    assert folded("ﬁl") == "fil"
    assert folded("mjölk") != folded("mjolk")


def test_too_many_products_are_forgotten_and_learned_anew(cast, monkeypatch):
    monkeypatch.setattr("kvitto.assortment.shelf.MAX_PRODUCTS", 1)
    products(MILK, BEER)

    assert list(shelf(TODAY).products({"grocer": {APPLES}})["grocer"]) == [APPLES]
