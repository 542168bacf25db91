"""Product groups, products, the dated recording depth and the sensitivity classes."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models

from kvitto.assortment.types import LONGEST_GUARANTEE, BonusClass, Label
from kvitto.kernel.privacy import reference

_ID = reference("names the row to other tables")
_NAMES = reference("shown to people, by language")
_GUARANTEE = reference("how long the goods are guaranteed where a receipt does not say it")
_SOUND_GUARANTEE = models.Q(guarantee_months=None) | models.Q(guarantee_months__range=(1, LONGEST_GUARANTEE))


class Sensitivity(models.Model):
    """A class of products that say something about a person's health, faith or the like: what members can keep out."""

    code = models.TextField(primary_key=True)
    names = models.JSONField()

    class Meta:
        db_table = "assortment_sensitivity"

    class Privacy:
        code = reference("names the class to products and rules")
        names = _NAMES


class Group(models.Model):
    """A product group in the tree."""

    code = models.TextField()
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    depth = models.SmallIntegerField()  # 1 is the top
    ancestors = ArrayField(models.BigIntegerField())  # from the top to the parent; empty at the top
    names = models.JSONField()
    sensitivity = models.ForeignKey(
        Sensitivity, models.PROTECT, null=True, related_name="+", db_column="sensitivity", db_index=False
    )
    guarantee_months = models.SmallIntegerField(null=True)

    class Meta:
        db_table = "assortment_group"
        constraints = [
            models.UniqueConstraint(fields=["code"], name="assortment_group_code"),
            models.CheckConstraint(
                condition=models.Q(parent=None, depth=1) | models.Q(parent__isnull=False, depth__gt=1),
                name="assortment_group_top",
            ),
            models.CheckConstraint(
                condition=models.Q(ancestors__len=models.F("depth") - 1), name="assortment_group_depth"
            ),
            models.CheckConstraint(condition=_SOUND_GUARANTEE, name="assortment_group_guarantee"),
        ]

    class Privacy:
        id = _ID
        code = reference("the co-op's own name of the group")
        parent = reference("the next coarser group")
        depth = reference("how far from the top the group is")
        ancestors = reference("the way to the top, so that intake needs no recursion")
        names = _NAMES
        sensitivity = reference("which class everything in the group belongs to")
        guarantee_months = _GUARANTEE


class Depth(models.Model):
    """How deep in the tree purchases at group level are recorded, in a period."""

    valid = DateRangeField()
    depth = models.SmallIntegerField()

    class Meta:
        db_table = "assortment_depth"
        constraints = [
            models.CheckConstraint(condition=models.Q(depth__gte=1), name="assortment_depth_positive"),
            ExclusionConstraint(name="assortment_depth_overlap", expressions=[("valid", RangeOperators.OVERLAPS)]),
        ]

    class Privacy:
        id = _ID
        valid = reference("the business days it holds on")
        depth = reference("how coarse a recorded group is")


class Product(models.Model):
    """A product, named by (scope, code): see `rules.identify`."""

    scope = models.TextField()
    code = models.TextField()
    source_code = models.TextField()
    names = models.JSONField()
    brand = models.TextField()
    maker = models.TextField()
    size = models.DecimalField(max_digits=13, decimal_places=4, null=True)
    unit = models.TextField()
    labels = ArrayField(models.TextField())
    group = models.ForeignKey(Group, models.PROTECT, related_name="+", db_index=False)
    sensitivity = models.ForeignKey(
        Sensitivity, models.PROTECT, null=True, related_name="+", db_column="sensitivity", db_index=False
    )
    bonus_class = models.TextField()
    launch_day = models.DateField(null=True)
    guarantee_months = models.SmallIntegerField(null=True)

    class Meta:
        db_table = "assortment_product"
        constraints = [
            models.UniqueConstraint(fields=["scope", "code"], name="assortment_product_key"),
            models.CheckConstraint(
                condition=~models.Q(scope="") | models.Q(code__regex="^[0-9]{14}$"), name="assortment_product_gtin"
            ),
            models.CheckConstraint(
                condition=models.Q(bonus_class__in=[str(each) for each in BonusClass]),
                name="assortment_product_bonus_class",
            ),
            models.CheckConstraint(
                condition=models.Q(labels__contained_by=[str(each) for each in Label]), name="assortment_product_labels"
            ),
            models.CheckConstraint(
                condition=models.Q(size=None) | models.Q(size__gt=0), name="assortment_product_size"
            ),
            models.CheckConstraint(condition=_SOUND_GUARANTEE, name="assortment_product_guarantee"),
        ]

    class Privacy:
        id = _ID
        scope = reference("the chain whose number it is; empty for a GTIN")
        code = reference("the number, in the one form it is looked up by")
        source_code = reference("the number as the assortment file gave it")
        names = _NAMES
        brand = reference("shown to people")
        maker = reference("shown to people, and names who answers for a recall")
        size = reference("of the package, to compare")
        unit = reference("the size's unit")
        labels = reference("what the product is marked as")
        group = reference("the product's place in the tree")
        sensitivity = reference("which rules for sensitive products hold")
        bonus_class = reference("how the product counts for the Bonus")
        launch_day = reference("news of new products")
        guarantee_months = _GUARANTEE


class Version(models.Model):
    """One row: grows when a load changed something, so that a cache can see whether it is stale."""

    id = models.SmallIntegerField(primary_key=True)
    version = models.BigIntegerField()

    class Meta:
        db_table = "assortment_version"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="assortment_version_single")]

    class Privacy:
        id = reference("always 1")
        version = reference("tells caches apart")
