"""Reads: facts for intake, views for pages."""

from collections.abc import Collection
from typing import Any

from kvitto.assortment.models import Depth, Group, Product, Sensitivity
from kvitto.assortment.rules import class_table
from kvitto.assortment.types import (
    BonusClass,
    ClassTable,
    DepthTable,
    GroupView,
    Key,
    Label,
    Names,
    ProductFacts,
    ProductView,
)
from kvitto.kernel.db import batch_cursor


def version() -> int:
    """A number that grows when a load changed something; 0 before the first. Ask it before trusting a cache."""
    with batch_cursor() as cursor:
        cursor.execute("SELECT version FROM assortment_version", binary=True)
        row = cursor.fetchone()
    return row[0] if row else 0


def stamp() -> tuple[int, str]:
    """The version and the transaction that wrote it; ask it before trusting a copy that outlives many transactions.

    The transaction tells apart two loads that were given the same number: one of them was rolled back, or came from a backup.
    """
    with batch_cursor() as cursor:
        cursor.execute("SELECT version, xmin::text FROM assortment_version")
        return cursor.fetchone() or (0, "")


def facts(keys: Collection[Key]) -> dict[Key, ProductFacts]:
    """What intake needs to know of the products with these keys (`ProductKey.key`), in one query.

    Unknown ones are left out.
    """
    rows = _by_key(
        "p.id, g.ancestors || g.id, p.bonus_class, coalesce(p.sensitivity, ''), coalesce(p.guarantee_months,"
        # few groups have a guarantee: which, is asked once, and only below them the nearest is looked for
        " CASE WHEN g.ancestors || g.id && ARRAY(SELECT id FROM assortment_group WHERE guarantee_months IS NOT NULL)"
        " THEN (SELECT a.guarantee_months FROM assortment_group a WHERE a.id = ANY(g.ancestors || g.id)"
        " AND a.guarantee_months IS NOT NULL ORDER BY a.depth DESC LIMIT 1) END, 0)",
        "JOIN assortment_group g ON g.id = p.group_id",
        keys,
    )
    return {
        (scope, code): ProductFacts(id_, tuple(path), BonusClass(bonus), sensitivity, months)
        for scope, code, id_, path, bonus, sensitivity, months in rows
    }


def products_by_key(keys: Collection[Key]) -> dict[Key, ProductView]:
    """The products with these keys, to show, in a query a scope; unknown ones are left out."""
    columns = (
        "p.id, p.names, p.brand, p.maker, trim_scale(p.size), p.unit, p.group_id, coalesce(p.sensitivity, ''), "
        "p.launch_day, p.labels, p.bonus_class"
    )
    return {
        (scope, code): ProductView(*(id_, names, *same, frozenset(map(Label, labels)), BonusClass(bonus)))
        for scope, code, id_, names, *same, labels, bonus in _by_key(columns, "", keys)
    }


def shown(keys: Collection[Key]) -> dict[Key, tuple[int, Names, str, int]]:
    """(id, names, brand, group id) of the products with these keys, in one query; unknown ones are left out.

    The lateral join keeps PostgreSQL at one index look-up a key, whatever the scopes; LIMIT keeps it from joining otherwise.
    """
    with batch_cursor() as cursor:
        cursor.execute(
            "SELECT w.scope, w.code, p.* FROM unnest(%s::text[], %s::text[]) AS w (scope, code) CROSS JOIN LATERAL"
            " (SELECT id, names, brand, group_id FROM assortment_product a"
            " WHERE a.scope = w.scope AND a.code = w.code LIMIT 1) p",
            [[scope for scope, _ in keys], [code for _, code in keys]],
            binary=True,
        )
        return {(scope, code): (id_, names, brand, group) for scope, code, id_, names, brand, group in cursor}


def recording_depths() -> DepthTable:
    """The depths of the tree at which purchases are recorded, by day."""
    rows = Depth.objects.order_by("valid").values_list("valid", "depth")
    return DepthTable(tuple(valid.lower for valid, _ in rows), tuple(depth for _, depth in rows))


def groups() -> dict[int, GroupView]:
    """All product groups by id."""
    rows = Group.objects.values_list("id", "code", "parent_id", "depth", "names")
    return {row[0]: GroupView(*row) for row in rows}


def classes() -> dict[str, Names]:
    """The names of the classes of sensitive products, by their codes: the categories that members can keep out."""
    return dict(Sensitivity.objects.order_by("code").values_list("code", "names"))


def class_groups() -> ClassTable:
    """Where in the tree each class is. Reads the groups, and the products that have a class: hold it for a version."""
    with batch_cursor() as cursor:
        cursor.execute("SELECT id, ancestors || id, sensitivity FROM assortment_group", binary=True)
        groups = cursor.fetchall()
        cursor.execute(
            "SELECT DISTINCT group_id, sensitivity FROM assortment_product WHERE sensitivity IS NOT NULL", binary=True
        )
        products = cursor.fetchall()
    paths = {group: path for group, path, _ in groups}
    return class_table(paths, {group: marked for group, _, marked in groups if marked is not None}, products)


def count_products() -> int:
    """How many products are known."""
    return Product.objects.count()


def _by_key(columns: str, join: str, keys: Collection[Key]) -> list[tuple[Any, ...]]:
    """One query a scope: with pairs of scope and code in one query PostgreSQL reads the whole table."""
    by_scope: dict[str, list[str]] = {}
    for scope, code in keys:
        by_scope.setdefault(scope, []).append(code)
    rows: list[tuple[Any, ...]] = []
    with batch_cursor() as cursor:
        for scope, codes in by_scope.items():
            cursor.execute(
                f"SELECT p.scope, p.code, {columns} FROM assortment_product p {join}"
                " WHERE p.scope = %s AND p.code = ANY(%s)",
                [scope, codes],
                binary=True,
            )
            rows += cursor.fetchall()
    return rows
