"""A data handler's case: one member's purchases, a month at a time, under the case and with its entry, and for nothing else.

The policy is asked here, so that no page can forget to. The entry names the case and the reason, and the member sees it.
"""

from dataclasses import dataclass
from datetime import date, datetime

from kvitto.audit import actions as audit
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import opened
from kvitto.kernel.periods import Period
from kvitto.members import queries as members
from kvitto.purchases import queries as purchases
from kvitto.spending import queries as spending
from kvitto.spending.types import ReceiptPage
from kvitto.staff import queries as staff
from kvitto.staff import records
from kvitto.staff.gate import colleague, permit_lines
from kvitto.staff.types import OpenCase


@dataclass(frozen=True, slots=True)
class CaseMonth:
    """The receipts of a month, newest first, with what was bought, and the months before and after that can be opened."""

    case: OpenCase
    period: Period
    receipts: list[ReceiptPage]


def month(
    *, case_id: int, period: Period, language: str, fresh_factor: bool, by: Actor, today: date, now: datetime
) -> CaseMonth:
    """The receipts of a month of the member of one's own case. One opening; where nothing is sealed, an entry of its own.

    Raises NoCaseError and DeniedError.
    """
    own = staff.own_case(case_id, colleague(by).staff_id, now=now)
    if own is None:
        raise records.NoCaseError("there is no such case of yours, or it is over")
    person_id = own.person_id
    case = permit_lines(by=by, person_id=person_id, now=now, fresh_factor=fresh_factor)
    with opened():
        records.tell_opened(case, by=by, now=now)
    found = purchases.opened_details(
        person_id=person_id, period=period, by=by, purpose=case.reason, now=now, case=case.number
    )
    if all(content is None for _, content in found):
        audit.record(
            by=by,
            action="purchases.view",
            now=now,
            purpose=case.reason,
            subject=members.audit_id(person_id),
            period=period,
            count=len(found),
            case=case.number,
            alone=True,
        )
    return CaseMonth(case, period, spending.receipt_pages(found, language=language, today=today))
