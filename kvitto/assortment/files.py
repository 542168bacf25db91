"""Assortment files: groups and products as CSV or Parquet, settings as TOML.

The formats are in docs/reference/assortment-files.md.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from kvitto.assortment.types import (
    LANGUAGES,
    LONGEST_GUARANTEE,
    BonusClass,
    GroupRow,
    Label,
    Names,
    ProductRow,
    Settings,
)
from kvitto.kernel.rows import BadValueError, Reject, Row, clean, day, needed, one_of
from kvitto.kernel.tables import FileRefusedError, Form, Layout, read

NAME_COLUMNS = tuple(f"name_{language}" for language in LANGUAGES)
GROUPS = Layout(required=("code",), one_of=NAME_COLUMNS, optional=("parent", "sensitivity", "guarantee_months"))
PRODUCTS = Layout(
    required=("code", "group"),
    one_of=NAME_COLUMNS,
    optional=(
        "chain",
        "country",
        "brand",
        "maker",
        "size",
        "unit",
        "labels",
        "sensitivity",
        "bonus_class",
        "launch_day",
        "guarantee_months",
    ),
    forms={"labels": Form.WORDS, "size": Form.NUMBER, "launch_day": Form.DAY},
)
_LANGUAGE_COLUMNS = tuple(zip(LANGUAGES, NAME_COLUMNS, strict=True))
_SIZE = re.compile(r"[0-9]{1,9}([.,][0-9]{1,4})?")
_COUNTRY = re.compile(r"[A-Z]{2}")


def read_groups(path: Path) -> list[GroupRow]:
    """The groups of a file. Raises FileRefusedError when it or any of its rows cannot be used: a tree goes in whole."""
    groups: list[GroupRow] = []
    problems: list[Reject] = []
    for number, row in read(path, GROUPS):
        try:
            groups.append(_group(row))
        except BadValueError as bad:
            problems.append(Reject(number, bad.column, bad.told))
    if problems:
        shown = "; ".join(map(str, problems[:10]))
        raise FileRefusedError(f"{path}: {len(problems)} rows cannot be used: {shown}")
    return groups


def read_products(path: Path) -> Iterator[ProductRow | Reject]:
    """The products of a file one by one, a Reject for each row that cannot be used.

    Raises FileRefusedError, also when half read, for a file that cannot be used at all.
    """
    for number, row in read(path, PRODUCTS):
        try:
            yield _product(number, row)
        except BadValueError as bad:
            yield Reject(number, bad.column, bad.told)


def read_settings(path: Path) -> Settings:
    """Recording depths and sensitivity classes of a TOML file. Raises FileRefusedError that names the faulty key."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FileRefusedError(f"{path}: not TOML in UTF-8: {error}") from error
    if unknown := content.keys() - {"depth", "sensitivity"}:
        raise FileRefusedError(f"{path}: unknown key {min(unknown)!r}; known are depth and sensitivity")
    depths = content.get("depth")
    classes = content.get("sensitivity", {})
    if not isinstance(classes, dict):
        raise FileRefusedError(f"{path}: sensitivity must be tables, as in [sensitivity.alcohol]")
    return Settings(
        depths=None if depths is None else tuple(_depth(path, entry) for entry in _tables(path, depths)),
        sensitivities={code: _class_names(path, code, names) for code, names in classes.items()},
    )


def _tables(path: Path, depths: Any) -> list[Any]:
    if not isinstance(depths, list):
        raise FileRefusedError(f"{path}: depth must be a list of tables, as in [[depth]]")
    return depths


def _depth(path: Path, entry: Any) -> tuple[date, int]:
    match entry:
        case {"from": date() as start, "depth": int() as depth, **rest} if (
            not rest and not isinstance(start, datetime) and not isinstance(depth, bool) and depth >= 1
        ):
            return start, depth
    raise FileRefusedError(
        f"{path}: each [[depth]] needs `from`, a day like 2026-01-01, and `depth`, 1 or more: {entry}"
    )


def _class_names(path: Path, code: str, names: Any) -> Names:
    if (
        not isinstance(names, dict)
        or not names
        or names.keys() - set(LANGUAGES)
        or not all(isinstance(text, str) and text.strip() for text in names.values())
    ):
        raise FileRefusedError(f"{path}: sensitivity.{code} needs a name in one or more of {', '.join(LANGUAGES)}")
    return names


def _group(row: Row) -> GroupRow:
    values = clean(row)
    return GroupRow(
        code=needed(values, "code"),
        names=_names(values),
        parent=values.get("parent", ""),
        sensitivity=values.get("sensitivity", ""),
        guarantee_months=_guarantee(values),
    )


def _product(number: int, row: Row) -> ProductRow:
    values = clean(row)
    size = _size(values)
    return ProductRow(
        row=number,
        code=needed(values, "code"),
        names=_names(values),
        group=needed(values, "group"),
        chain=values.get("chain", ""),
        country=_country(values),
        brand=values.get("brand", ""),
        maker=values.get("maker", ""),
        size=size,
        unit=values.get("unit", ""),
        labels=_labels(values),
        sensitivity=values.get("sensitivity", ""),
        bonus_class=_bonus_class(values),
        launch_day=day(values, "launch_day"),
        guarantee_months=_guarantee(values),
    )


def _names(values: Mapping[str, str]) -> Names:
    names = {language: values[column] for language, column in _LANGUAGE_COLUMNS if values.get(column)}
    if not names:
        raise BadValueError(next(column for column in NAME_COLUMNS if column in values), "missing: a name is needed")
    return names


def _country(values: Mapping[str, str]) -> str:
    country = values.get("country") or "FI"
    if not _COUNTRY.fullmatch(country):
        raise BadValueError("country", "not two capital letters", country)
    return country


def _size(values: Mapping[str, str]) -> Decimal | None:
    text = values.get("size", "")
    if not text:
        return None
    if not _SIZE.fullmatch(text) or not (size := Decimal(text.replace(",", "."))):
        raise BadValueError("size", "not a number above 0 with at most 9 digits and 4 decimals", text)
    if not values.get("unit"):
        raise BadValueError("unit", "missing beside a size")
    return size


def _guarantee(values: Mapping[str, str]) -> int | None:
    text = values.get("guarantee_months")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= LONGEST_GUARANTEE):
        raise BadValueError("guarantee_months", f"not a whole number from 1 to {LONGEST_GUARANTEE}", text)
    return int(text)


def _labels(values: Mapping[str, str]) -> frozenset[Label]:
    text = values.get("labels")
    return frozenset(one_of(Label, "labels", label) for label in text.split()) if text else frozenset()


def _bonus_class(values: Mapping[str, str]) -> BonusClass:
    text = values.get("bonus_class")
    return one_of(BonusClass, "bonus_class", text) if text else BonusClass.NONE
