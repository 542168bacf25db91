"""Product groups, products, the dated recording depth and the sensitivity classes."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [
        migrations.CreateModel(
            name="Group",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.TextField()),
                ("depth", models.SmallIntegerField()),
                ("ancestors", ArrayField(base_field=models.BigIntegerField(), size=None)),
                ("names", models.JSONField()),
                (
                    "parent",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=models.PROTECT, related_name="+", to="assortment.group"
                    ),
                ),
            ],
            options={
                "db_table": "assortment_group",
                "constraints": [
                    models.UniqueConstraint(fields=("code",), name="assortment_group_code"),
                    models.CheckConstraint(
                        condition=Q(Q(("depth", 1), ("parent", None)), Q(("depth__gt", 1), ("parent__isnull", False)), _connector="OR"),
                        name="assortment_group_top",
                    ),
                    models.CheckConstraint(condition=Q(("ancestors__len", F("depth") - 1)), name="assortment_group_depth"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Depth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid", DateRangeField()),
                ("depth", models.SmallIntegerField()),
            ],
            options={
                "db_table": "assortment_depth",
                "constraints": [
                    models.CheckConstraint(condition=Q(("depth__gte", 1)), name="assortment_depth_positive"),
                    # a single range needs no btree_gist
                    ExclusionConstraint(expressions=[("valid", "&&")], name="assortment_depth_overlap"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Sensitivity",
            fields=[
                ("code", models.TextField(primary_key=True, serialize=False)),
                ("names", models.JSONField()),
            ],
            options={"db_table": "assortment_sensitivity"},
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("scope", models.TextField()),
                ("code", models.TextField()),
                ("source_code", models.TextField()),
                ("names", models.JSONField()),
                ("brand", models.TextField()),
                ("maker", models.TextField()),
                ("size", models.DecimalField(decimal_places=4, max_digits=13, null=True)),
                ("unit", models.TextField()),
                ("labels", ArrayField(base_field=models.TextField(), size=None)),
                ("bonus_class", models.TextField()),
                ("launch_day", models.DateField(null=True)),
                (
                    "group",
                    models.ForeignKey(db_index=False, on_delete=models.PROTECT, related_name="+", to="assortment.group"),
                ),
                (
                    "sensitivity",
                    models.ForeignKey(
                        db_column="sensitivity",
                        db_index=False,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to="assortment.sensitivity",
                    ),
                ),
            ],
            options={
                "db_table": "assortment_product",
                "constraints": [
                    models.UniqueConstraint(fields=("scope", "code"), name="assortment_product_key"),
                    models.CheckConstraint(
                        condition=Q(Q(("scope", ""), _negated=True), ("code__regex", "^[0-9]{14}$"), _connector="OR"),
                        name="assortment_product_gtin",
                    ),
                    models.CheckConstraint(
                        condition=Q(("bonus_class__in", ["none", "standard", "fuel"])), name="assortment_product_bonus_class"
                    ),
                    models.CheckConstraint(
                        condition=Q(("labels__contained_by", ["organic", "vegetarian", "contains_meat"])),
                        name="assortment_product_labels",
                    ),
                    models.CheckConstraint(
                        condition=Q(("size", None), ("size__gt", 0), _connector="OR"), name="assortment_product_size"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Version",
            fields=[
                ("id", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("version", models.BigIntegerField()),
            ],
            options={
                "db_table": "assortment_version",
                "constraints": [models.CheckConstraint(condition=Q(("id", 1)), name="assortment_version_single")],
            },
        ),
    ]
