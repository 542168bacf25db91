"""Profiles as TOML: a text in, sound rules or every problem with its place out. docs/reference/dialect-profiles.md.

A profile may name another as its `base` and say only what differs: tables are merged, other values replaced.
"""

import logging
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path as File
from typing import Any
from zoneinfo import available_timezones

from kvitto.intake.dialects.paths import Paths, paths
from kvitto.intake.dialects.types import (
    DepositRule,
    DiscountRules,
    KeyRules,
    LineRules,
    LinkRules,
    Profile,
    Recognised,
    Syntax,
    TaxRules,
    TenderRules,
    TotalRules,
    VoidRule,
)
from kvitto.kernel.errors import InvalidError, NotFoundError
from kvitto.kernel.home import home
from kvitto.kernel.money import parse_amount
from kvitto.kernel.toml import Choice, NotTomlError, Table, read, shown
from kvitto.stores.types import Channel

log = logging.getLogger(__name__)
_NAME = re.compile(r"[a-z0-9-]{1,40}")
_FOLDER = files("kvitto.intake.dialects") / "profiles"


class NoSuchProfileError(NotFoundError):
    """No profile has this name."""


class ProfileRefusedError(InvalidError):
    """A profile is not sound; one line a problem."""


@cache
def names() -> tuple[str, ...]:
    """The names of the profiles that there are: first those of this installation, then those that come with the program."""
    return (*_own(), *_shipped())


@cache
def named(name: str) -> Profile:
    """A profile by its name. NoSuchProfileError."""
    return _own().get(name) or parse(_content(name), name)


def load(name: str) -> Profile:
    """A profile by its name, or by the path of a file. NoSuchProfileError, ProfileRefusedError."""
    if name in names():
        return named(name)
    file = File(name)
    if not file.is_file():
        raise NoSuchProfileError(f"there is no profile {name} and no such file; these there are: {', '.join(names())}")
    return parse(file.read_bytes(), file.stem)


@cache
def _shipped() -> tuple[str, ...]:
    return tuple(sorted(each.name.removesuffix(".toml") for each in _FOLDER.iterdir() if each.name.endswith(".toml")))


@cache
def _own() -> dict[str, Profile]:
    """The profiles of this installation, from the folder `profiles` of its home, as they are when a process first asks.

    One that is not sound, or not named in small letters, digits and hyphens, is left out and logged: the others go on.
    """
    found = {}
    for file in sorted((home() / "profiles").glob("*.toml")):
        if not _NAME.fullmatch(file.stem) or file.stem in _shipped():
            log.warning(
                "%s: a profile of one's own has a name of small letters, digits and hyphens that none has yet", file
            )
            continue
        try:
            found[file.stem] = parse(file.read_bytes(), file.stem)
        except (ProfileRefusedError, NoSuchProfileError) as error:
            log.warning("%s: %s", file, error)
    return found


def parse(content: bytes, name: str) -> Profile:
    """The profile that a text describes. ProfileRefusedError with one line a problem, NoSuchProfileError for its base."""
    try:
        values = _with_base(content)
    except NotTomlError as error:
        raise ProfileRefusedError(f"the profile {name} is refused: {error}") from None
    problems: list[str] = []
    profile = _profile(name, Table("the profile", values, problems))
    if problems:
        raise ProfileRefusedError("\n".join([f"the profile {name} is refused:", *problems]))
    return profile


def _with_base(content: bytes) -> dict[str, Any]:
    values = read(content)
    base = values.pop("base", None)
    return _merged(_with_base(_content(base)), values) if isinstance(base, str) else values


def _content(name: str) -> bytes:
    if name not in _shipped():
        raise NoSuchProfileError(f"there is no profile {name}; these come with Kvitto: {', '.join(_shipped())}")
    return (_FOLDER / f"{name}.toml").read_bytes()


def _merged(base: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in values.items():
        below = result.get(key)
        result[key] = _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result


def _profile(name: str, table: Table) -> Profile:
    zone = table.text("zone", default="store")
    if zone != "store" and zone not in available_timezones():
        table.refuse(f'"store" or a time zone such as "Europe/Helsinki" is expected, not {shown(zone)}', "zone")
    decimal = table.text("decimal", default=".")
    if decimal not in (".", ","):
        table.refuse("a point or a comma is expected", "decimal")
    card = _table(table, "card")
    others = _table(table, "no_sale")
    profile = Profile(
        name=name,
        about=table.text("about", limit=200),
        syntax=table.choice("syntax", Syntax),
        recognised=_recognised(table),
        receipt=table.text("receipt", default="."),
        sale=_paths(table, "sale"),
        others={kind: _paths(others, kind) for kind in others.values},
        key=_key(_table(table, "key")),
        links=_links(_table(table, "links")),
        version=_paths(table, "version"),
        zone=zone,
        channel=_choice(table, "channel", Channel.STORE),
        currency=_paths(table, "currency", needed=True),
        decimal=decimal,
        card=_paths(card, "number"),
        card_digits=_whole(card, "digits"),
        lines=_lines(_table(table, "lines", needed=True)),
        discounts=_discounts(table),
        totals=_totals(_table(table, "total")),
        tax=_tax(_table(table, "tax")),
        tenders=_tenders(_table(table, "tenders", needed=True)),
    )
    card.close()
    table.close()
    return profile


def _recognised(table: Table) -> Recognised | None:
    rules = _table(table, "recognised")
    keys = rules.take("keys") or []
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        rules.refuse(f'a list of keys such as ["receipt_number"] is expected, not {shown(keys)}', "keys")
        keys = []
    found = Recognised(rules.text("root", default=""), rules.text("namespace", default=""), tuple(keys))
    rules.close()
    return found if found.root or found.keys else None


def _key(table: Table) -> KeyRules:
    rules = KeyRules(
        store=_paths(table, "store", needed=True),
        workstation=_paths(table, "workstation", needed=True),
        sequence=_paths(table, "sequence", needed=True),
        business_day=_paths(table, "business_day", needed=True),
        begin_time=_paths(table, "begin_time"),
        end_time=_paths(table, "end_time", needed=True),
        store_codes=_texts(table, "store_codes"),
        workstation_codes=_texts(table, "workstation_codes"),
    )
    table.close()
    return rules


def _links(table: Table) -> LinkRules:
    named = "returns" in table.values or "voids" in table.values
    rules = LinkRules(
        code=_paths(table, "own_code"),
        codes=_paths(table, "codes"),
        returns=_paths(table, "returns"),
        voids=_paths(table, "voids"),
        store=_paths(table, "store"),
        workstation=_paths(table, "workstation", needed=named),
        sequence=_paths(table, "sequence", needed=named),
        business_day=_paths(table, "business_day", needed=named),
        begin_time=_paths(table, "begin_time"),
    )
    table.close()
    return rules


def _lines(table: Table) -> LineRules:
    guarantees = _paths(table, "guarantees")
    rules = LineRules(
        each=_paths(table, "each", needed=True),
        goods=_paths(table, "goods", needed=True),
        returns=_paths(table, "returns"),
        number=_paths(table, "number"),
        left_out=_paths(table, "left_out"),
        void=_paths(table, "void"),
        void_rule=_choice(table, "void_rule", VoidRule.ITSELF),
        subtracted=_paths(table, "subtracted"),
        deposit=_paths(table, "deposit"),
        deposit_rule=_choice(table, "deposit_rule", DepositRule.ADDED),
        link=_paths(table, "link"),
        code=_paths(table, "code"),
        in_store_digits=_whole(table, "in_store_digits"),
        text=_paths(table, "text"),
        measure=_paths(table, "measure"),
        quantity=_paths(table, "quantity") or paths(["."]),
        units=_paths(table, "units"),
        unit=_paths(table, "unit"),
        unit_names=_texts(table, "unit_names"),
        amount=_paths(table, "amount", needed=True),
        discount=_paths(table, "discount"),
        rate=_paths(table, "rate"),
        bonus=_paths(table, "bonus"),
        serial=_paths(table, "serial"),
        guarantees=guarantees,
        guarantee_until=_paths(table, "guarantee_until", needed=bool(guarantees)),
        guarantee_terms=_paths(table, "guarantee_terms"),
    )
    table.close()
    return rules


def _discounts(profile: Table) -> DiscountRules | None:
    table = _table(profile, "discounts")
    if not table.values:
        return None
    rules = DiscountRules(
        each=_paths(table, "each", needed=True),
        amount=_paths(table, "amount", needed=True),
        links=_paths(table, "links"),
    )
    table.close()
    return rules


def _totals(table: Table) -> TotalRules:
    rounding = table.text("rounding", default="0.00")
    try:
        most = parse_amount(rounding)
    except ValueError:
        table.refuse(f'an amount such as "0.02" is expected, not {shown(rounding)}', "rounding")
        most = 0
    rules = TotalRules(_paths(table, "stated"), most, table.text("thin", default=""))
    table.close()
    return rules


def _tax(table: Table) -> TaxRules:
    each = _paths(table, "each")
    rules = TaxRules(
        rate=table.text("rate", default=""),
        each=each,
        each_rate=_paths(table, "each_rate", needed=bool(each)),
        each_amount=_paths(table, "each_amount", needed=bool(each)),
    )
    table.close()
    return rules


def _tenders(table: Table) -> TenderRules:
    rules = TenderRules(
        each=_paths(table, "each", needed=True),
        void=_paths(table, "void"),
        paid=_paths(table, "paid", needed=True),
        returned=_paths(table, "returned"),
        amount=_paths(table, "amount", needed=True),
        type=_paths(table, "type"),
        names=_texts(table, "names"),
    )
    table.close()
    return rules


def _choice(table: Table, key: str, default: Choice) -> Choice:
    table.take(key)  # known, also when it is not there
    return table.choice(key, type(default)) if key in table.values else default


def _table(table: Table, key: str, *, needed: bool = False) -> Table:
    values = table.take(key)
    if values is None and needed:
        table.refuse("a table is expected", key)
    return table.below(key, {} if values is None else values) or Table(key, {}, [])


def _paths(table: Table, key: str, *, needed: bool = False) -> Paths:
    """One path, or a list of them in the order in which they are tried."""
    value = table.take(key)
    written = [value] if isinstance(value, str) else value
    if written is None and not needed:
        return paths(())
    if not isinstance(written, list) or not written or not all(isinstance(each, str) for each in written):
        table.refuse(f"a path or a list of paths is expected, not {shown(value)}", key)
        return paths(())
    try:
        return paths(written)
    except ValueError as error:
        table.refuse(str(error), key)
        return paths(())


def _texts(table: Table, key: str) -> Mapping[str, str]:
    value = table.take(key)
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        table.refuse(f"a table of texts is expected, not {shown(value)}", key)
        return {}
    return value


def _whole(table: Table, key: str) -> int:
    value = table.take(key)
    if value is None:
        return 0
    if type(value) is not int or not 0 < value < 100:
        table.refuse(f"a whole number from 1 to 99 is expected, not {shown(value)}", key)
        return 0
    return value
