"""Decisions about codes, groups and Bonus classes."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache

from biip import ParseConfig, ParseError
from biip.gtin import Gtin
from biip.rcn import Rcn, RcnRegion, RcnUsage

from kvitto.assortment.types import BonusClass, ClassTable, CodeKind, GroupRow, ProductKey
from kvitto.kernel.errors import InvalidError

# Prefixes that GS1 has set aside for something else than a product of one company: US coupons (05), general manager
# numbers (951), refund receipts (980), coupons (981 to 983, 99), numbers kept free so as not to look like a GTIN-8.
_NO_PRODUCT = re.compile(r"Restricted|[Rr]eserved|[Cc]oupon|Refund|Unused|General Manager")


class GroupTreeError(InvalidError):
    """The groups of a load do not make a tree; nothing of the load was stored."""


@cache
def _config(country: str) -> ParseConfig:
    region = next((region for region in RcnRegion if region.value == country.lower()), None)
    # A wrong check digit over the weight or price alone says nothing about which product it is.
    return ParseConfig(rcn_region=region, rcn_verify_variable_measure=False)


def classify(code: str, *, country: str) -> tuple[CodeKind, str]:
    """What sort of number a code is, and the form it is held in; see `identify`."""
    code = code.strip()
    if not (code.isascii() and code.isdigit()):
        return CodeKind.UNKNOWN, code
    try:
        number = Gtin.parse(code, config=_config(country))
    except ParseError:  # another length, or a wrong check digit
        return (CodeKind.IN_STORE_PLU if len(code) <= 14 else CodeKind.UNKNOWN), code
    if isinstance(number, Rcn):
        kind = CodeKind.RCN_COMPANY if number.usage == RcnUsage.COMPANY else CodeKind.RCN_GEO
        return kind, (number.without_variable_measure() if number.region else number).as_gtin_14()
    assigned = number.prefix is not None and not _NO_PRODUCT.search(number.prefix.usage)
    return (CodeKind.GTIN if assigned else CodeKind.UNKNOWN), number.as_gtin_14()


def identify(code: str, *, chain: str, country: str) -> ProductKey:
    """Which product a till's code names, after the GS1 General Specifications; never raises for what a till may send.

    A number with a valid check digit is held in 14 digits, so that its padded forms are one product; everything else
    as it came. Only a GTIN is the same product in every chain (scope ""). Any other code belongs to the chain, also
    digits whose check digit is wrong: those are the chain's own. Numbers of goods by weight or price (Finland 23 to 25,
    Sweden 20 to 25) are held with the measure zeroed and the check digit computed anew; those of a `country` without
    known rules with their measure.

    Takes about 15 µs: compute it once per distinct (code, chain, country) and keep the answer.
    Raises ValueError when `chain` is empty.
    """
    if not chain:
        raise ValueError("a chain's code is needed: a code that is no GTIN belongs to its chain")
    kind, held = classify(code, country=country)
    return ProductKey("" if kind is CodeKind.GTIN else chain, held, kind)


def bonus_class(*, till_flag: bool | None, product_class: BonusClass | None) -> BonusClass:
    """How a line counts for the Bonus: the till's word goes before the assortment's; without either it does not.

    `till_flag` is None when the till says nothing, `product_class` is None when the product is unknown.
    """
    known = product_class or BonusClass.NONE
    if till_flag is None:
        return known
    if not till_flag:
        return BonusClass.NONE
    return BonusClass.STANDARD if known is BonusClass.NONE else known


def group_at(path: Sequence[int], depth: int) -> int:
    """The group to record at a depth (1 is the top): the product's own group when the tree is not that deep there."""
    return path[min(depth, len(path)) - 1]


def class_table(
    paths: Mapping[int, Sequence[int]], marked: Mapping[int, str], products: Iterable[tuple[int, str]]
) -> ClassTable:
    """Where each class of sensitive products is.

    `paths` lead from the top to each group, itself included; `marked` are the groups with a class; `products` are
    the groups of products that have a class of their own, with it.
    """
    wholly: dict[str, set[int]] = {}
    partly: dict[str, set[int]] = {}
    for group, path in paths.items():
        for above in path:
            if above in marked:
                wholly.setdefault(marked[above], set()).add(group)
                partly.setdefault(marked[above], set()).update(path)
    for group, sensitivity in products:
        partly.setdefault(sensitivity, set()).update(paths[group])
    return ClassTable(
        {each: frozenset(groups) for each, groups in wholly.items()},
        {each: frozenset(groups) for each, groups in partly.items()},
    )


def top_down(groups: Iterable[GroupRow]) -> list[list[GroupRow]]:
    """The groups of a whole tree, level by level from the top.

    Raises GroupTreeError that names the groups whose parent is unknown or that are their own ancestors.
    """
    by_code = {group.code: group for group in groups}
    orphans = sorted(code for code, group in by_code.items() if group.parent and group.parent not in by_code)
    if orphans:
        shown = ", ".join(f"{code} (parent {by_code[code].parent})" for code in orphans[:10])
        raise GroupTreeError(f"{len(orphans)} groups have a parent that is no group: {shown}; add it or correct them")
    children: dict[str, list[GroupRow]] = {}
    for group in by_code.values():
        children.setdefault(group.parent, []).append(group)
    levels = []
    level = children.pop("", [])
    while level:
        levels.append(level)
        level = [child for group in level for child in children.pop(group.code, [])]
    if children:  # what no top leads to
        circle = _circle(min(children), by_code)
        raise GroupTreeError(f"groups that are their own ancestors: {' -> '.join(circle)}; correct a parent among them")
    return levels


def _circle(start: str, by_code: dict[str, GroupRow]) -> list[str]:
    """The codes of the circle that the ancestors of `start` run into, the first one again at the end."""
    walked = [start]
    while (parent := by_code[walked[-1]].parent) not in walked:
        walked.append(parent)
    return [*walked[walked.index(parent) :], parent]


def refuse_duplicates(groups: Iterable[GroupRow]) -> None:
    """Raise GroupTreeError that names the codes given more than once."""
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for group in groups:
        if group.code in seen:
            twice[group.code] = None
        seen.add(group.code)
    if twice:
        raise GroupTreeError(
            f"{len(twice)} group codes are there more than once: {', '.join(list(twice)[:10])}; keep one each"
        )


def refuse_classes(groups: Iterable[GroupRow], known: Collection[str]) -> None:
    """Raise GroupTreeError that names the groups whose class is not among the known ones."""
    wrong = [f"{group.code} ({group.sensitivity})" for group in groups if group.sensitivity not in {"", *known}]
    if wrong:
        raise GroupTreeError(
            f"{len(wrong)} groups are of an unknown sensitivity class: {', '.join(wrong[:10])}; add it to the settings"
        )
