"""Writes: a load of groups, products and settings."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange

from kvitto.assortment import queries
from kvitto.assortment.models import Depth, Group, Sensitivity
from kvitto.assortment.rules import classify, refuse_classes, refuse_duplicates, top_down
from kvitto.assortment.types import CodeKind, GroupRow, Key, LoadResult, ProductRow, Settings
from kvitto.audit import actions as audit
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import require_transaction
from kvitto.kernel.errors import InvalidError
from kvitto.kernel.rows import Reject

_KEY = ("scope", "code")
_CONTENT = (
    "source_code",
    "names",
    "brand",
    "maker",
    "size",
    "unit",
    "labels",
    "group_id",
    "sensitivity",
    "bonus_class",
    "launch_day",
    "guarantee_months",
)


class SettingsError(InvalidError):
    """The settings of a load contradict themselves; nothing of the load was stored."""


def load(
    *,
    groups: Iterable[GroupRow] = (),
    products: Iterable[ProductRow | Reject] = (),
    settings: Settings | None = None,
    by: Actor,
    now: datetime,
) -> LoadResult:
    """Add and change groups, products and settings so that they are as given; nothing is ever deleted.

    A product that cannot be taken (unknown group or sensitivity class, no chain for a number that needs one, the same
    product twice) is in `rejects`, together with those that `products` brought along; all others go in. `products` is
    read while a COPY runs, so it must not use the database. A load that finds everything as it is already writes only
    its audit entry, and the version stays. Loads wait for each other.
    Raises GroupTreeError or SettingsError when the groups make no tree, a group's class is unknown, or the depths make no
    sequence: nothing goes in.
    """
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE assortment_version IN SHARE ROW EXCLUSIVE MODE")
    settings_changed = _store_settings(settings or Settings())
    groups_new, groups_changed, groups_same = _store_groups(list(groups))
    rejects: list[Reject] = []
    products_new, products_changed, products_same = _store_products(products, rejects)
    changes = groups_new + groups_changed + products_new + products_changed
    if changes or settings_changed:
        _grow_version()
    audit.record(by=by, action="assortment.load", now=now, count=changes)
    return LoadResult(
        groups_new=groups_new,
        groups_changed=groups_changed,
        groups_same=groups_same,
        products_new=products_new,
        products_changed=products_changed,
        products_same=products_same,
        settings_changed=settings_changed,
        rejects=tuple(sorted(rejects, key=lambda reject: reject.row)),
        version=queries.version(),
    )


def _grow_version() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO assortment_version (id, version) VALUES (1, 1) "
            "ON CONFLICT (id) DO UPDATE SET version = assortment_version.version + 1"
        )


def _store_settings(settings: Settings) -> bool:
    changed = False
    stored = dict(Sensitivity.objects.values_list("code", "names"))
    for code, names in settings.sensitivities.items():
        if stored.get(code) != names:
            Sensitivity.objects.update_or_create(code=code, defaults={"names": dict(names)})
            changed = True
    if settings.depths is None:
        return changed
    steps = sorted(settings.depths)
    starts = [start for start, _ in steps]
    if len(set(starts)) < len(starts) or any(depth < 1 for _, depth in steps):
        raise SettingsError("recording depths: one depth a day, and 1 is the coarsest; correct the depths")
    table = queries.recording_depths()
    if list(zip(table.starts, table.depths, strict=True)) == steps:
        return changed
    Depth.objects.all().delete()
    Depth.objects.bulk_create(
        Depth(valid=DateRange(start, end), depth=depth)
        for (start, depth), end in zip(steps, [*starts[1:], None], strict=True)
    )
    return True


def _store_groups(rows: list[GroupRow]) -> tuple[int, int, int]:
    """Counts of new, changed and same groups; a group that moves because its parent does counts as changed."""
    if not rows:
        return 0, 0, 0
    refuse_duplicates(rows)
    refuse_classes(rows, set(Sensitivity.objects.values_list("code", flat=True)))
    stored = {group.code: group for group in Group.objects.all()}
    codes = {group.pk: code for code, group in stored.items()}
    tree = {
        code: GroupRow(
            code, group.names, codes.get(group.parent_id or 0, ""), group.sensitivity_id or "", group.guarantee_months
        )
        for code, group in stored.items()
    }
    tree |= {row.code: row for row in rows}
    placed: dict[str, Group] = {}
    new: list[Group] = []
    changed: list[Group] = []
    for level in top_down(tree.values()):
        fresh: list[Group] = []
        for row in level:
            group = stored.get(row.code) or Group(code=row.code)
            differs = _place(group, row, placed.get(row.parent))
            placed[row.code] = group
            if group.pk is None:
                fresh.append(group)
            elif differs:
                changed.append(group)
        new += Group.objects.bulk_create(fresh)  # a level at a time: the next one needs these ids
    fields = ["parent", "depth", "ancestors", "names", "sensitivity", "guarantee_months"]
    Group.objects.bulk_update(changed, fields, batch_size=500)
    touched = {group.code for group in [*new, *changed]}
    return len(new), len(changed), sum(row.code not in touched for row in rows)


def _place(group: Group, row: GroupRow, parent: Group | None) -> bool:
    """Give a group its place, names and class; whether anything differs from before."""
    wanted = {
        "parent_id": parent.pk if parent else None,
        "ancestors": [*parent.ancestors, parent.pk] if parent else [],
        "depth": parent.depth + 1 if parent else 1,
        "names": dict(row.names),
        "sensitivity_id": row.sensitivity or None,
        "guarantee_months": row.guarantee_months,
    }
    differs = any(getattr(group, name) != value for name, value in wanted.items())
    for name, value in wanted.items():
        setattr(group, name, value)
    return differs


def _store_products(products: Iterable[ProductRow | Reject], rejects: list[Reject]) -> tuple[int, int, int]:
    """Counts of new, changed and same products."""
    groups = dict(Group.objects.values_list("code", "id"))
    classes = set(Sensitivity.objects.values_list("code", flat=True))
    every = ", ".join((*_KEY, *_CONTENT))
    stored, given = (", ".join(f"{alias}.{name}" for name in _CONTENT) for alias in ("p", "i"))
    same_key = "p.scope = i.scope AND p.code = i.code"
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE assortment_incoming ON COMMIT DROP AS "
            f"SELECT {every} FROM assortment_product WITH NO DATA"
        )
        with cursor.copy(f"COPY assortment_incoming ({every}) FROM STDIN") as copy:
            for values in _accepted(products, rejects, groups, classes):
                copy.write_row(values)
        cursor.execute("ANALYZE assortment_incoming")
        # Two statements instead of ON CONFLICT, which would lock each row that stays as it is and use up an id for it.
        cursor.execute(
            f"UPDATE assortment_product p SET ({', '.join(_CONTENT)}) = ROW ({given}) FROM assortment_incoming i "
            f"WHERE {same_key} AND ({stored}) IS DISTINCT FROM ({given})"
        )
        changed = cursor.rowcount
        cursor.execute(
            f"INSERT INTO assortment_product ({every}) SELECT {every} FROM assortment_incoming i "
            f"WHERE NOT EXISTS (SELECT FROM assortment_product p WHERE {same_key})"
        )
        new = cursor.rowcount
        cursor.execute("SELECT count(*) FROM assortment_incoming")
        total = cursor.fetchone()[0]
        cursor.execute("DROP TABLE assortment_incoming")
    return new, changed, total - new - changed


def _accepted(
    products: Iterable[ProductRow | Reject], rejects: list[Reject], groups: Mapping[str, int], classes: Collection[str]
) -> Iterator[tuple[Any, ...]]:
    """The column values of the products that can be taken; the others are added to `rejects`."""
    seen: dict[Key, int] = {}
    for product in products:
        if isinstance(product, Reject):
            rejects.append(product)
            continue
        kind, code = classify(product.code, country=product.country)
        key = ("" if kind is CodeKind.GTIN else product.chain, code)
        if kind is not CodeKind.GTIN and not product.chain:
            problem = ("chain", f"missing, and {product.code} is no GTIN: such a number belongs to a chain")
        elif product.group not in groups:
            problem = ("group", f"unknown group {product.group!r}")
        elif product.sensitivity and product.sensitivity not in classes:
            problem = ("sensitivity", f"unknown class {product.sensitivity!r}")
        elif key in seen:
            problem = ("code", f"the same product as row {seen[key]}")
        else:
            seen[key] = product.row
            yield (*key, *_content(product, groups[product.group]))
            continue
        rejects.append(Reject(product.row, *problem))


def _content(product: ProductRow, group_id: int) -> tuple[Any, ...]:
    """The values of `_CONTENT`."""
    return (
        product.code,
        json.dumps(dict(product.names), ensure_ascii=False),
        product.brand,
        product.maker,
        product.size,
        product.unit,
        sorted(map(str, product.labels)),
        group_id,
        product.sensitivity or None,
        str(product.bonus_class),
        product.launch_day,
        product.guarantee_months,
    )
