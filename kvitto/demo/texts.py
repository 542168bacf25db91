"""The source's texts made readable: product types spelled out, package sizes in metric units."""

import re
import tomllib
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib.resources import files

RECEIPT_WIDTH = 40  # characters a till prints of a product's name

_UNFINISHED = re.compile(r"\s*\([^()]*$")  # the source cuts texts at 30 characters
_WITH = re.compile(r"\bW/")
_NOT = re.compile(r"\bN/")
_WORD = re.compile(r"[A-Z']+")
_SPACES = re.compile(r"\s+")
_SIZE = re.compile(
    r"(?:(?P<count>[0-9]+) *PK */ *)?(?P<number>[0-9]*\.?[0-9]+|HALF)? *(?P<unit>[A-Z ]+?)(?: (?:BAG|BTL|CAN))?"
)

# grams and millilitres, by US customary measure
_GRAMS = {"LB": Decimal("453.59237"), "G": Decimal(1), "GM": Decimal(1), "KG": Decimal(1000)}
_MILLILITRES = {"FL OZ": Decimal("29.5735295625"), "ML": Decimal(1), "L": Decimal(1000)}
_GALLON = Decimal("3785.411784")
_US_LIQUID = {"PT": _GALLON / 8, "QT": _GALLON / 4, "GAL": _GALLON, "GA": _GALLON}
_PIECES = {"CT": Decimal(1), "DZ": Decimal(12), "PC": Decimal(1)}
_GRAMS_AN_OUNCE = Decimal("28.349523125")
_MOST = Decimal(50_000)  # grams, millilitres or pieces: more is a mistake of the source


@cache
def _words() -> tuple[dict[str, str], frozenset[str]]:
    content = tomllib.loads(files("kvitto.demo").joinpath("data/words.toml").read_text(encoding="utf-8"))
    return content["words"], frozenset(content["capitals"])


@cache
def spelled_out(text: str) -> str:
    """A product type of the source as a sentence: abbreviations spelled out, capitals only at the start."""
    words, capitals = _words()

    def word(found: re.Match[str]) -> str:
        if found[0] in capitals:
            return found[0]
        return words.get(found[0], found[0].lower())

    text = _NOT.sub("NON-", _WITH.sub("WITH ", _UNFINISHED.sub("", text.upper())))
    text = _WORD.sub(word, text.replace("&", " & ").replace(":", ": ").replace(" - ", ": "))
    text = _SPACES.sub(" ", text).strip(" :-/")
    return text[:1].upper() + text[1:]


def product_name(type_: str, product_id: int) -> str:
    """A product's name: its type's, or its number when the source has no type."""
    return spelled_out(type_) or f"Product {product_id}"


def receipt_text(name: str) -> str:
    """A name as a till prints it."""
    return name.upper()[:RECEIPT_WIDTH].rstrip()


def package_size(text: str, *, ounces: str) -> tuple[Decimal, str] | None:
    """The size of a package and its unit (g, kg, ml, l, pcs); None where the source's text is not clear.

    `ounces` says what a plain ounce, pint, quart or gallon measures: `weight`, `volume`, or nothing when either may be
    meant. Of several packages in one ("12 PK/12 OZ") it is the whole.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        return None
    number = Decimal("0.5") if found["number"] == "HALF" else Decimal(found["number"] or 1)
    number *= int(found["count"] or 1)
    unit = found["unit"]
    if unit == "OZ":
        unit = {"weight": "OZ", "volume": "FL OZ"}.get(ounces, "")
    grams = _GRAMS | {"OZ": _GRAMS_AN_OUNCE}
    millilitres = _MILLILITRES | (_US_LIQUID if ounces == "volume" else {})
    for small, large, factors in (("g", "kg", grams), ("ml", "l", millilitres), ("pcs", "", _PIECES)):
        size = number * factors.get(unit, 0)
        if 0 < size <= _MOST:
            return _rounded(size, small, large)
    return None


def _rounded(size: Decimal, small: str, large: str) -> tuple[Decimal, str]:
    """To whole grams or millilitres, to a tenth below ten; from a thousand on in kilograms or litres."""
    if small == "pcs":
        return size, small
    step = Decimal(1) if size >= 10 else Decimal("0.1")
    size = size.quantize(step, ROUND_HALF_UP)
    return (size / 1000, large) if size >= 1000 else (size, small)
