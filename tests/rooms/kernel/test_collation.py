"""The Swedish and Finnish order of names."""

import pytest

from kvitto.kernel.collation import sort_key


def test_the_swedish_letters_come_after_z_in_their_own_order():
    names = ["Öl", "Ärtor", "Zucchini", "Ål", "Apelsin", "Yoghurt"]

    assert sorted(names, key=sort_key) == ["Apelsin", "Yoghurt", "Zucchini", "Ål", "Ärtor", "Öl"]


@pytest.mark.parametrize(
    ("one", "same"),
    [("CAFÉ", "cafe"), ("Müsli", "mysli"), ("A\u030al", "ål"), ("Ö", "ö"), ("Šampoo", "sampoo")],
    ids=["accent and case", "ü as y", "combining ring", "case of ö", "caron"],
)
def test_case_and_other_accents_do_not_count(one, same):
    assert sort_key(one) == sort_key(same)


def test_other_scripts_come_last():
    assert sorted(["лимон", "öl", "a"], key=sort_key) == ["a", "öl", "лимон"]
