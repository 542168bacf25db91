"""The operations of the API: what is where, what it takes and what it answers. The application and the document follow this."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kvitto.doors.till_api.wire import CardAnswer, CardQuestion, Known, Resend, Taken
from kvitto.intake.forms import Header, Order, PostVoid, Totals
from kvitto.intake.types import Form
from kvitto.purchases.types import Receipt

PREFIX = "/api/v1"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `form`: it takes receipts in this form, one or many, which are of the types in `takes`."""

    name: str
    method: str
    path: str  # below the prefix; may end in a parameter
    summary: str
    answers: Any
    takes: tuple[Any, ...] = ()
    form: Form | None = None
    open: bool = False  # without a key
    statuses: tuple[int, ...] = ()  # of errors that are its own


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "hand-in",
        "POST",
        "/receipts",
        "Hand in receipts, one or up to 1,000, and what was no sale or took a receipt back",
        Taken,
        takes=(Receipt, Header, PostVoid),
        form=Form.RECEIPT,
    ),
    Operation(
        "hand-in-orders",
        "POST",
        "/orders",
        "Hand in parts of web orders, delivered or refunded",
        Taken,
        takes=(Order,),
        form=Form.ORDER,
    ),
    Operation(
        "hand-in-totals",
        "POST",
        "/totals",
        "Hand in a partner's purchases: a card, a day, a sum, a reference",
        Taken,
        takes=(Totals,),
        form=Form.TOTALS,
    ),
    Operation(
        "became",
        "GET",
        "/receipts/{key}",
        "Ask what became of one receipt: did you get this one?",
        Known,
        statuses=(404, 422),
    ),
    Operation("resend", "GET", "/resend", "Ask which receipts the co-op wants again", Resend),
    Operation(
        "check-card",
        "POST",
        "/cards/check",
        "Ask whether a card earns Bonus now",
        CardAnswer,
        takes=(CardQuestion,),
        statuses=(429,),
    ),
    Operation("document", "GET", "/openapi.json", "Read this document", Mapping[str, Any], open=True),
)


def found(path: str) -> tuple[list[Operation], str]:
    """The operations at a path, and the parameter at its end; no operation at a path that is none of the API's."""
    if not path.startswith(f"{PREFIX}/"):
        return [], ""
    rest = path[len(PREFIX) :]
    exact = [each for each in OPERATIONS if each.path == rest]
    if exact:
        return exact, ""
    head, _, last = rest.rpartition("/")
    return [each for each in OPERATIONS if last and each.path == f"{head}/{{key}}"], last
