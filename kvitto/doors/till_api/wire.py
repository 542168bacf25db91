"""What the API takes and answers, beside the forms of receipts. The OpenAPI document is made from these types."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from kvitto.purchases.types import CardNumber

ItemState = Literal["recorded", "same", "conflict", "no_member", "too_old", "quarantined"]


class Item(Struct, omit_defaults=True, frozen=True):
    """What became of one receipt. `reason`, `field` and `message` come with `quarantined`."""

    state: ItemState
    reason: Annotated[str | None, Meta(description="A code; see the wire format")] = None
    field: Annotated[str | None, Meta(description='Where: "$.lines[3].amount"')] = None
    message: Annotated[str | None, Meta(description="What is wrong there, for people")] = None


class Taken(Struct, frozen=True):
    """What became of what was sent: one item for each receipt, in the order they were sent in."""

    sandbox: Annotated[bool, Meta(description="Whether it was only checked: nothing of it is stored then")]
    items: list[Item]


class Known(Struct, frozen=True):
    """What is known of one receipt."""

    state: Literal["recorded", "conflict", "quarantined"]


class CardQuestion(Struct, forbid_unknown_fields=True, frozen=True):
    """A card at the till."""

    card: CardNumber


class CardAnswer(Struct, frozen=True):
    """Whether the card earns Bonus now. There is no more to it."""

    answer: Literal["earns", "unknown"]


class Wanted(Struct, omit_defaults=True, frozen=True):
    """A receipt to send again as it is. Its buyer may have read it off the paper: then there is no time, or a code only."""

    store: str
    business_day: date
    workstation: str | None = None
    sequence: int | None = None
    begin_time: Annotated[datetime | None, Meta(description="The end time of a receipt that has no begin time")] = None
    key: Annotated[str | None, Meta(description="As in `GET /receipts/{key}`; with the time only")] = None
    code: Annotated[str | None, Meta(description="The receipt's `code`, in the place of till and number")] = None


class Resend(Struct, frozen=True):
    """The receipts the co-op wants again, the longest waiting first."""

    receipts: list[Wanted]
    more: Annotated[bool, Meta(description="Whether there are more: ask again when these have been sent")]


class Problem(Struct, frozen=True):
    """An error, as RFC 9457 has it."""

    title: str
    status: int
    detail: Annotated[str, Meta(description="What is wrong and what to do")]
    type: str = "about:blank"
