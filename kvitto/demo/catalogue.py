"""The assortment: the source's products under their departments, categories and types, as rows to load.

Names of departments and categories in three languages and what follows from them ("traits") are in data/*.csv.
"""

import csv
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from io import StringIO

from kvitto.assortment.types import BonusClass, GroupRow, Label, Names, ProductRow
from kvitto.demo import source
from kvitto.demo.rules import gtin
from kvitto.demo.texts import package_size, product_name, spelled_out
from kvitto.demo.types import Named, SourceProduct

RECORDING_DEPTH = 2  # categories

SENSITIVITIES: dict[str, Names] = {
    "alcohol": {"sv": "Alkohol", "fi": "Alkoholi", "en": "Alcohol"},
    "tobacco": {"sv": "Tobak", "fi": "Tupakka", "en": "Tobacco"},
    "health": {"sv": "Hälsa", "fi": "Terveys", "en": "Health"},
    "intimate": {"sv": "Intimt", "fi": "Intiimi", "en": "Intimate"},
    "baby": {"sv": "Småbarn", "fi": "Vauvat", "en": "Babies"},
    "diet": {"sv": "Specialkost", "fi": "Erityisruokavalio", "en": "Special diets"},
}

# What a type says by itself, whatever its category
_ALCOHOL = re.compile(
    r"\bBEERALE|\bBASKETS BEER|\bVODKA|\bWHISKEY|\bTEQUILA|\bLIQUEUR|\bSCHNAPPS|\bRTD COCKTAILS|\bRUM \(|\bGIN \("
)
_NO_ALCOHOL = re.compile(r"NON.?ALCOH|COCKTAIL MIXES|DEPOSIT|MARGARITA SALT|OPENSTOCK")
_NO_BONUS = re.compile(r"GIFT CARD|LOTTERY|TICKETS|DONATION|POSTAGE|STAMPS")
_ORGANIC = re.compile(r"(?<!DIET/)\bORGANIC\b")
_VEGETARIAN = re.compile(r"\bVEGETARIAN\b|\bTOFU\b")
_NO_MEAT = re.compile(r"NON-MEATS|^CHEESE|FRUIT AND VEG")
_FUEL = "GASOLINE-REG UNLEADED"
_PLAIN = re.compile(r"[^a-z0-9]+")


def _table(name: str, key: str) -> dict[str, Named]:
    text = files("kvitto.demo").joinpath(f"data/{name}").read_text(encoding="utf-8")
    return {
        row[key]: Named(
            {language: row[f"name_{language}"] for language in ("sv", "fi", "en")}, frozenset(row["traits"].split())
        )
        for row in csv.DictReader(StringIO(text))
    }


@cache
def departments() -> dict[str, Named]:
    """Names and traits of the source's departments."""
    return _table("departments.csv", "department")


@cache
def categories() -> dict[str, Named]:
    """Names and traits of the source's categories; one that several departments have is named once."""
    return _table("categories.csv", "category")


@cache
def traits(department: str, category: str, type_: str) -> frozenset[str]:
    """What is known of the products at a place of the source's tree.

    Among `food`, `liquid`, `ounces`, `meat`, `vegetarian`, `organic`, `fuel`, `nobonus` and the sensitivity classes;
    the category's word goes before the department's, the type's before both.
    """
    own = categories()[category].traits if category else frozenset[str]()
    found = set(departments()[department].traits | own)
    if "nonfood" in own:
        found.discard("food")
    if _ALCOHOL.search(type_):
        found.add("alcohol")
    if _NO_ALCOHOL.search(type_):
        found.discard("alcohol")
    if _NO_BONUS.search(type_):
        found.add("nobonus")
    if _ORGANIC.search(type_):
        found.add("organic")
    if _VEGETARIAN.search(type_):
        found |= {"vegetarian", "nomeat"}
    if "nomeat" in found or _NO_MEAT.search(type_):
        found.discard("meat")
    if type_ == _FUEL:
        found = {"fuel"}
    return frozenset(found)


def traits_of(product: SourceProduct) -> frozenset[str]:
    """What is known of a product."""
    return traits(product.department, product.category, product.type)


def bonus_class(known: frozenset[str]) -> BonusClass:
    """How products with these traits count for the Bonus."""
    if known & {"alcohol", "tobacco", "nobonus"}:
        return BonusClass.NONE
    return BonusClass.FUEL if "fuel" in known else BonusClass.STANDARD


def sensitivity_class(known: frozenset[str]) -> str:
    """The class of products with these traits; empty for none."""
    return next((each for each in SENSITIVITIES if each in known), "")


def path(product: SourceProduct) -> list[str]:
    """The source's names from the top of the tree to the product's own group; it ends where the source says no more."""
    named = [product.department]
    if product.category:
        named.append(product.category)
        if product.type:
            named.append(product.type)
    return named


def group_code(named: list[str]) -> str:
    """A group's code, from its path: `grocery.soft-drinks.soft-drinks-can-non-carb`."""
    return ".".join(_PLAIN.sub("-", part.lower()).strip("-") for part in named)


def groups() -> Iterator[GroupRow]:
    """Every group once, parents first within each path; of a class when all its products are."""
    paths: dict[str, list[str]] = {}
    classes: dict[str, set[str]] = {}
    for product in source.products():
        named, sensitivity = path(product), sensitivity_class(traits_of(product))
        for depth in range(1, len(named) + 1):
            code = group_code(named[:depth])
            paths.setdefault(code, named[:depth])
            classes.setdefault(code, set()).add(sensitivity)
    for code, named in paths.items():
        own = classes[code].pop() if len(classes[code]) == 1 else ""
        yield GroupRow(code, _group_names(named), group_code(named[:-1]), own)


def _group_names(named: list[str]) -> Names:
    if len(named) == 1:
        return departments()[named[0]].names
    if len(named) == 2:
        return categories()[named[1]].names
    return {"en": spelled_out(named[2])}


def products() -> Iterator[ProductRow]:
    """Every product of the source."""
    for number, product in enumerate(source.products(), start=1):
        known = traits_of(product)
        size = package_size(product.size, ounces=_ounces(product.department, known))
        yield ProductRow(
            row=number,
            code=gtin(product.product_id),
            names={"en": product_name(product.type, product.product_id)},
            group=group_code(path(product)),
            brand=product.brand,
            maker=f"Maker {product.maker}",
            size=size[0] if size else None,
            unit=size[1] if size else "",
            labels=_labels(known),
            sensitivity=sensitivity_class(known),
            bonus_class=bonus_class(known),
        )


def _ounces(department: str, known: frozenset[str]) -> str:
    """What a plain ounce measures: of drinks a volume, of other food a weight, of soap it may be either."""
    if "liquid" in known:
        return "volume"
    return "weight" if "food" in known and "ounces" not in known and department != "PRODUCE" else ""


def _labels(known: frozenset[str]) -> frozenset[Label]:
    labels = {"organic": Label.ORGANIC, "meat": Label.CONTAINS_MEAT, "vegetarian": Label.VEGETARIAN}
    return frozenset(label for trait, label in labels.items() if trait in known)
