"""Six tables of reference data; nothing here is about a person."""

from django.db import models
from django.db.models import F, Q

from kvitto.kernel.privacy import reference
from kvitto.stores import types


class Company(models.Model):
    """A regional co-op or a partner."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=100)
    business_id = models.CharField(max_length=32)
    kind = models.CharField(max_length=8)

    class Meta:
        db_table = "stores_company"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[str(kind) for kind in types.CompanyKind]), name="stores_company_kind"
            )
        ]

    class Privacy:
        id = reference("names the company to other tables")
        code = reference("names the company in the network file")
        name = reference("shown on receipts and pages")
        business_id = reference("a receipt must show who sold")
        kind = reference("a partner's purchases are recorded as totals")


class Chain(models.Model):
    """Stores of one concept, in any number of companies."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=100)

    class Meta:
        db_table = "stores_chain"

    class Privacy:
        id = reference("names the chain to other tables")
        code = reference("names the chain in the network file")
        name = reference("shown on pages")


class Store(models.Model):
    """One store; closed stores stay, because receipts refer to them."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=100)
    town = models.CharField(max_length=100)
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    chain = models.ForeignKey(Chain, models.PROTECT, related_name="+")
    zone = models.CharField(max_length=64)
    opened_on = models.DateField(null=True)
    closed_on = models.DateField(null=True)
    service_point = models.BooleanField(default=False)

    class Meta:
        db_table = "stores_store"
        constraints = [
            models.CheckConstraint(condition=Q(closed_on__gt=F("opened_on")), name="stores_store_open_before_closed")
        ]

    class Privacy:
        id = reference("names the store to other tables")
        code = reference("names the store on receipts and in the network file")
        name = reference("shown on receipts and pages")
        town = reference("shown on receipts and pages")
        company = reference("who sold")
        chain = reference("decides the recording level")
        zone = reference("turns a receipt's time into its business day")
        opened_on = reference("first day open")
        closed_on = reference("first day closed")
        service_point = reference("members are told where they are served")


class Till(models.Model):
    """A workstation of a store, by the code its receipts carry."""

    store = models.ForeignKey(Store, models.PROTECT, related_name="+")
    code = models.CharField(max_length=32)

    class Meta:
        db_table = "stores_till"
        constraints = [models.UniqueConstraint(fields=["store", "code"], name="stores_till_once")]

    class Privacy:
        id = reference("names the row")
        store = reference("the store it stands in")
        code = reference("names the till on receipts")


class ChainLevel(models.Model):
    """How finely a chain's receipts of one channel are recorded, from a day up to, not including, another.

    That periods of one chain and channel never overlap is an exclusion constraint in the migration.
    """

    chain = models.ForeignKey(Chain, models.PROTECT, related_name="+", db_index=False)  # a few hundred rows
    channel = models.CharField(max_length=8)
    level = models.SmallIntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    note = models.CharField(max_length=200)

    class Meta:
        db_table = "stores_level"
        constraints = [
            models.CheckConstraint(
                condition=Q(channel__in=[str(channel) for channel in types.Channel]), name="stores_level_channel"
            ),
            models.CheckConstraint(
                condition=Q(level__in=[int(level) for level in types.Level]), name="stores_level_known"
            ),
            models.CheckConstraint(condition=Q(valid_to__gt=F("valid_from")), name="stores_level_forward"),
        ]

    class Privacy:
        id = reference("names the row")
        chain = reference("whose level it is")
        channel = reference("store or web shop")
        level = reference("1 totals, 2 product groups, 3 products")
        valid_from = reference("the first day it holds")
        valid_to = reference("the first day it no longer holds")
        note = reference("where the decision is written")


class NetworkProfile(models.Model):
    """One row: what members start from, and a number that every load raises."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    profile = models.CharField(max_length=8)
    version = models.IntegerField()
    account_age = models.SmallIntegerField(default=types.ACCOUNT_AGE)
    phone = models.CharField(max_length=40, default="")
    phone_hours = models.JSONField(default=dict)
    phone_price = models.JSONField(default=dict)

    class Meta:
        db_table = "stores_profile"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="stores_profile_single"),
            models.CheckConstraint(condition=Q(account_age__range=(7, 18)), name="stores_profile_account_age"),
            models.CheckConstraint(
                condition=Q(profile__in=[str(profile) for profile in types.Profile]), name="stores_profile_known"
            ),
        ]

    class Privacy:
        id = reference("always 1")
        profile = reference("what a member who decided nothing starts from")
        version = reference("tells a process that its copy of stores and levels is old")
        account_age = reference("from this age on a minor has a sign-in of their own")
        phone = reference("members call it")
        phone_hours = reference("when somebody answers, by language")
        phone_price = reference("what a call costs, by language")
