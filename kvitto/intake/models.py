"""What the pipeline leaves behind besides receipts. No lines, no card numbers."""

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q

from kvitto.kernel.privacy import FieldClass, Held, Rule
from kvitto.members.models import Person
from kvitto.stores.models import Store


def _purchase(why: str, until: Rule = Rule.PURCHASE_WINDOW) -> Held:
    return Held(FieldClass.PURCHASE, why, until, exported=False)


def _refusal(why: str) -> Held:
    return _purchase(why, Rule.REFUSAL)


def _of_till(why: str) -> Held:
    return Held(FieldClass.NONE, why, Rule.PURCHASE_WINDOW, exported=False)


_PART = _purchase("part of the receipt's key")
_PART_OF_UNKNOWN = _purchase("part of the receipt's key", Rule.UNKNOWN_CARD)


def _claimed(why: str) -> Held:
    return Held(FieldClass.PURCHASE, why, Rule.CLAIM, exported=True)


def _trace(why: str) -> Held:
    return Held(FieldClass.TRACE, why, Rule.AUDIT, exported=False)


class Delivery(models.Model):
    """One batch that was taken in, in one transaction: what a receipt's `delivery_id` points at."""

    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    actor_id = models.CharField(max_length=64)
    entry_id = models.BigIntegerField()
    received = models.IntegerField()
    recorded = models.IntegerField()

    class Meta:
        db_table = "intake_delivery"

    class Privacy:
        id = _trace("receipts point at it")
        at = _trace("when the batch was taken in")
        actor_kind = _trace("who delivered: a till key, the command line")
        actor_id = _trace("which of them")
        entry_id = _trace("the entry about the delivery in the record of acts")
        received = _trace("how many receipts it held")
        recorded = _trace("how many of them were recorded")


class ReceiptKey(models.Model):
    """The key of a receipt that is not, or not yet, in the register."""

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    business_day = models.DateField()
    workstation = models.TextField()
    sequence = models.BigIntegerField()
    begin_time = models.DateTimeField()

    class Meta:
        abstract = True


class Quarantine(models.Model):
    """A receipt that was refused: which, why and where, without lines. The till keeps it and can send it again."""

    at = models.DateTimeField()
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="+")
    store_code = models.TextField()
    business_day = models.TextField()
    workstation = models.TextField()
    sequence = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=20)
    field = models.TextField()
    message = models.TextField()

    class Meta:
        db_table = "intake_quarantine"
        indexes = [models.Index(fields=["store_code", "workstation", "sequence"], name="intake_quarantine_key")]

    class Privacy:
        id = _refusal("names the row")
        at = _refusal("when it arrived")
        delivery = _refusal("the delivery it came with")
        store_code = _refusal("the store as the receipt named it")
        business_day = _refusal("the business day as the receipt named it")
        workstation = _refusal("the till as the receipt named it")
        sequence = _refusal("the receipt's number as it was named")
        reason = _refusal("why it was refused")
        field = _refusal("where in the receipt")
        message = _refusal("what is wrong there; never a value of the receipt's")


class Conflict(ReceiptKey):
    """A receipt came again with other content. The stored one stands until somebody accepts the new one's digest."""

    seen_at = models.DateTimeField()
    stored_digest = models.BinaryField()
    stored_total_cents = models.BigIntegerField()
    stored_end_time = models.DateTimeField()
    new_digest = models.BinaryField()
    new_total_cents = models.BigIntegerField()
    new_end_time = models.DateTimeField()
    outcome = models.CharField(max_length=10, default="open")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "intake_conflict"
        constraints = [
            models.UniqueConstraint(
                fields=["business_day", "store", "workstation", "sequence", "begin_time", "new_digest"],
                name="intake_conflict_once",
            ),
            models.CheckConstraint(
                condition=models.Q(outcome__in=["open", "kept", "accepted", "superseded"]),
                name="intake_conflict_outcome",
            ),
        ]

    class Privacy:
        id = _purchase("names the conflict")
        store = _PART
        business_day = _PART
        workstation = _PART
        sequence = _PART
        begin_time = _PART
        seen_at = _purchase("when the other content arrived")
        stored_digest = _purchase("digest of what is stored")
        stored_total_cents = _purchase("total of what is stored, to decide by")
        stored_end_time = _purchase("time of what is stored, to decide by")
        new_digest = _purchase("digest of what came; accepting it lets one redelivery in")
        new_total_cents = _purchase("total of what came, to decide by")
        new_end_time = _purchase("time of what came, to decide by")
        outcome = _purchase("open, kept, accepted or superseded")
        decided_at = _purchase("when it was decided")


class NonSale(ReceiptKey):
    """A transaction of a till that was no sale: training, a till opened. It says that its number is no gap, and nothing else."""

    kind = models.CharField(max_length=10)
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "intake_non_sale"
        constraints = [
            models.UniqueConstraint(
                fields=["business_day", "store", "workstation", "sequence", "begin_time"], name="intake_non_sale_once"
            )
        ]

    class Privacy:
        id = _of_till("names the row")
        store = _of_till("part of the transaction's key")
        business_day = _of_till("part of the transaction's key")
        workstation = _of_till("part of the transaction's key")
        sequence = _of_till("part of the transaction's key")
        begin_time = _of_till("part of the transaction's key")
        kind = _of_till("what it was instead of a sale")
        seen_at = _of_till("when it arrived")


class NumberRanges(models.Field):
    """A set of whole numbers, as ranges. Statements of our own read and write it."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:  # noqa: ARG002  Django's signature
        """PostgreSQL's type."""
        return "int8multirange"


class TillDay(models.Model):
    """Which running numbers a till has used on a business day: by sales with and without a member, and by what was no sale."""

    pk = models.CompositePrimaryKey("business_day", "store", "workstation")
    business_day = models.DateField()
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+", db_index=False)
    workstation = models.TextField()
    seen = NumberRanges()
    late = NumberRanges()
    filled = NumberRanges()
    void = NumberRanges()
    lost = NumberRanges()
    last_at = models.DateTimeField()

    class Meta:
        db_table = "intake_till_day"

    class Privacy:
        business_day = _of_till("on which day")
        store = _of_till("in which store")
        workstation = _of_till("at which till")
        seen = _of_till("the numbers that are known")
        late = _of_till("those of them that came in late")
        filled = _of_till("those of the late ones that were missing before")
        void = _of_till("missing numbers that nothing ever had, as somebody has declared")
        lost = _of_till("missing numbers that will not come, as somebody has declared")
        last_at = _of_till("when the last number came in")


class Claim(models.Model):
    """A member says that a purchase without a card is theirs: which one, as the paper names it, and what it came to."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    business_day = models.DateField()
    workstation = models.TextField(null=True)  # noqa: DJ001  by its code
    sequence = models.BigIntegerField(null=True)
    code = models.TextField(null=True)  # noqa: DJ001  by its till and number
    total_cents = models.BigIntegerField()
    made_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "intake_claim"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "store", "business_day", "workstation", "sequence", "code", "total_cents"],
                nulls_distinct=False,
                name="intake_claim_once",
            ),
            models.CheckConstraint(
                condition=Q(workstation__isnull=False, sequence__isnull=False, code=None)
                | Q(workstation=None, sequence=None, code__isnull=False),
                name="intake_claim_names",
            ),
        ]

    class Privacy:
        id = Held(FieldClass.PURCHASE, "names the claim", Rule.CLAIM, exported=True)
        person = Held(FieldClass.IDENTIFIER, "who says that it is theirs", Rule.CLAIM, exported=True)
        store = _claimed("where it was bought")
        business_day = _claimed("on which day")
        workstation = _claimed("at which till")
        sequence = _claimed("under which number")
        code = _claimed("by which code, in the place of till and number")
        total_cents = _claimed("what it came to: who does not know that has not had the paper in hand")
        made_at = _claimed("since when it is waited for")
        answered_at = _claimed("when the till sent it, so that it is asked no more")


class UnknownCard(ReceiptKey):
    """A receipt came with a card nobody holds: its digest, so that registering the card can ask for the receipt again."""

    digest = models.BinaryField()
    seen_at = models.DateTimeField()
    wanted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "intake_unknown_card"
        indexes = [models.Index(fields=["digest"], name="intake_unknown_card_digest")]
        constraints = [
            models.UniqueConstraint(
                fields=["business_day", "store", "workstation", "sequence", "begin_time", "digest"],
                name="intake_unknown_card_once",
            )
        ]

    class Privacy:
        id = _purchase("names the row", Rule.UNKNOWN_CARD)
        store = _PART_OF_UNKNOWN
        business_day = _PART_OF_UNKNOWN
        workstation = _PART_OF_UNKNOWN
        sequence = _PART_OF_UNKNOWN
        begin_time = _PART_OF_UNKNOWN
        digest = Held(FieldClass.IDENTIFIER, "keyed digest of the card number", Rule.UNKNOWN_CARD, exported=False)
        seen_at = _purchase("when it arrived; forgotten two weeks later", Rule.UNKNOWN_CARD)
        wanted_at = _purchase(
            "when the card was found to be somebody's then; the till is asked for it", Rule.UNKNOWN_CARD
        )
