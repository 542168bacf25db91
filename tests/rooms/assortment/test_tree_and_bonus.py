"""The tree of groups, the recording depth and the Bonus class."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvitto.assortment.rules import GroupTreeError, bonus_class, group_at, refuse_duplicates, top_down
from kvitto.assortment.types import BonusClass, DepthTable, GroupRow, GroupView


def group(code, parent=""):
    return GroupRow(code=code, names={"en": code}, parent=parent)


def test_the_group_to_record_is_the_one_at_the_depth_or_the_deepest_there_is():
    path = (7, 8, 9)
    assert [group_at(path, depth) for depth in (1, 2, 3, 4)] == [7, 8, 9, 9]


@given(path=st.lists(st.integers(1, 10**9), min_size=1, max_size=6).map(tuple), depth=st.integers(1, 9))
def test_a_coarser_depth_never_tells_more(path, depth):
    assert path.index(group_at(path, depth)) <= depth - 1


def test_the_depth_is_the_coarsest_until_one_is_set_and_changes_by_day():
    table = DepthTable((date(2026, 1, 1), date(2026, 7, 1)), (2, 3))
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1), date(2036, 1, 1))
    assert [table.depth(day) for day in days] == [1, 2, 2, 3, 3]
    assert DepthTable().depth(date(2026, 1, 1)) == 1


@pytest.mark.parametrize(
    ("till_flag", "product_class", "outcome"),
    [
        (None, None, BonusClass.NONE),
        (None, BonusClass.NONE, BonusClass.NONE),
        (None, BonusClass.STANDARD, BonusClass.STANDARD),
        (None, BonusClass.FUEL, BonusClass.FUEL),
        (True, None, BonusClass.STANDARD),
        (True, BonusClass.NONE, BonusClass.STANDARD),
        (True, BonusClass.STANDARD, BonusClass.STANDARD),
        (True, BonusClass.FUEL, BonusClass.FUEL),
        (False, None, BonusClass.NONE),
        (False, BonusClass.STANDARD, BonusClass.NONE),
        (False, BonusClass.FUEL, BonusClass.NONE),
    ],
)
def test_the_tills_word_goes_before_the_assortments(till_flag, product_class, outcome):
    assert bonus_class(till_flag=till_flag, product_class=product_class) is outcome


def test_only_fuel_counts_by_quantity():
    assert [each for each in BonusClass if each.by_quantity] == [BonusClass.FUEL]


def test_groups_come_level_by_level_whatever_their_order():
    levels = top_down([group("c", "b"), group("b", "a"), group("x"), group("a")])
    assert [sorted(each.code for each in level) for level in levels] == [["a", "x"], ["b"], ["c"]]


@given(
    parents=st.lists(st.integers(0, 30), max_size=30),
    order=st.randoms(use_true_random=False),
)
def test_any_tree_is_ordered_parents_first(parents, order):
    rows = [group("0"), *(group(str(n), str(parent % n)) for n, parent in enumerate(parents, start=1))]
    order.shuffle(rows)
    placed = set()
    for level in top_down(rows):
        assert all(not row.parent or row.parent in placed for row in level)
        placed |= {row.code for row in level}
    assert placed == {row.code for row in rows}


def test_a_circle_is_refused_with_its_groups():
    rows = [group("top"), group("a", "c"), group("b", "a"), group("c", "b"), group("under", "a")]
    with pytest.raises(GroupTreeError, match="a -> c -> b -> a"):
        top_down(rows)


def test_a_group_under_itself_is_refused():
    with pytest.raises(GroupTreeError, match="a -> a"):
        top_down([group("a", "a")])


def test_an_unknown_parent_is_refused_with_its_code():
    with pytest.raises(GroupTreeError, match=r"1 groups .* milk \(parent dairy\)"):
        top_down([group("milk", "dairy")])


def test_a_code_given_twice_is_refused():
    with pytest.raises(GroupTreeError, match="milk"):
        refuse_duplicates([group("milk"), group("bread"), group("milk")])


def test_a_name_falls_back_to_another_language():
    view = GroupView(1, "milk", None, 1, {"fi": "Maito", "en": "Milk"})
    assert [view.name(language) for language in ("fi", "en", "sv")] == ["Maito", "Milk", "Maito"]
