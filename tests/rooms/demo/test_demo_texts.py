"""The source's texts made readable."""

from decimal import Decimal

import pytest

from kvitto.demo.texts import package_size, product_name, receipt_text, spelled_out


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("FRZN MEAT/MEAT DINNERS", "Frozen meat/meat dinners"),
        ("SFT DRNK MLT-PK BTL CARB (EXCP", "Soft drink multi-pack bottle carbonated"),
        ("APPLES GALA (BULK&BAG)", "Apples gala (bulk & bag)"),
        ("CANDY BARS (SINGLES)(INCLUDING", "Candy bars (singles)"),
        ("SW GDS:SW ROLLS/DAN", "Sweet goods: sweet rolls/Danish pastry"),
        ("CANDY W/FLOUR", "Candy with flour"),
        ("BREAD:ITALIAN/FRENCH", "Bread: italian/french"),
        ("TV/MOVIE-MAGAZINE", "TV/movie-magazine"),
        ("", ""),
    ],
)
def test_a_type_is_spelled_out(source, expected):
    assert spelled_out(source) == expected


def test_a_product_without_a_type_has_its_number_for_a_name():
    assert product_name("", 909828) == "Product 909828"


def test_a_till_prints_at_most_forty_characters():
    assert receipt_text("Frozen multi serve entrees all of them, in a box") == "FROZEN MULTI SERVE ENTREES ALL OF THEM,"


@pytest.mark.parametrize(
    ("source", "ounces", "expected"),
    [
        ("16 OZ", "weight", (Decimal(454), "g")),
        ("16 OZ", "volume", (Decimal(473), "ml")),
        ("16 OZ", "", None),
        (".5 OZ", "weight", (Decimal(14), "g")),
        (".2 OZ", "weight", (Decimal("5.7"), "g")),
        ("750 ML", "", (Decimal(750), "ml")),
        ("1 LB", "", (Decimal(454), "g")),
        ("5 LB BAG", "", (Decimal("2.268"), "kg")),
        ("2 L", "", (Decimal(2), "l")),
        ("GAL", "volume", (Decimal("3.785"), "l")),
        ("HALF GAL", "volume", (Decimal("1.893"), "l")),
        ("PT", "weight", None),
        ("12 PK/12 OZ", "volume", (Decimal("4.259"), "l")),
        ("12 FL OZ", "", (Decimal(355), "ml")),
        ("24 CT", "", (Decimal(24), "pcs")),
        ("2 DZ", "", (Decimal(24), "pcs")),
        ("6/12 OZ", "volume", None),
        ("9 X9 IN", "", None),
        ("0 OZ", "weight", None),
        ("99999 LB", "", None),
        ("LARGE", "", None),
        ("", "weight", None),
    ],
)
def test_a_package_size_is_metric_or_unknown(source, ounces, expected):
    assert package_size(source, ounces=ounces) == expected
