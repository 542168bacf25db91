"""Whether a decoded receipt makes sense. Pure: the clock and the store come from the caller."""

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from kvitto.assortment.types import LONGEST_GUARANTEE
from kvitto.intake.forms import Header, PostVoid, Totals
from kvitto.intake.types import OpenClaim, Reason, Refusal
from kvitto.kernel.money import cents, vat_in
from kvitto.kernel.periods import months_after
from kvitto.purchases.types import Key, Line, Receipt
from kvitto.stores.types import StoreInfo

CLOCK_SKEW = timedelta(minutes=5)
NO_SUCH_STORE = Refusal(
    Reason.UNKNOWN_STORE, "$.store", "no store has this code; add it to the network file and load it"
)
UNKNOWN_TILL = Refusal(
    Reason.UNKNOWN_TILL, "$.workstation", "the store has no such till; add it to the network file and load it"
)
NOT_YOUR_STORE = Refusal(Reason.NOT_YOUR_STORE, "$.store", "this key is not for this store")
TOTALS_ONLY = Refusal(Reason.TOTALS_ONLY, "$.lines", "a partner sends totals: the form without lines")
LATE = timedelta(hours=24)  # after the end of a transaction: a till that sends once a day is never late
LONGEST_GAP = 1_000  # numbers: where more are missing in a row, the till's counter was set anew
BOOKING_DAYS = 7  # a till may be closed late: its business day runs on for at most a week
_POSITIVE = frozenset({"item", "deposit"})


def check(
    receipt: Receipt,
    *,
    amounts: list[int],
    store: StoreInfo,
    now: datetime,
    is_order: bool = False,
) -> Refusal | None:
    """The first rule a receipt breaks, or None. `amounts` are the cents of its lines; a web order has no till."""
    if not is_order and receipt.workstation not in store.workstations:
        return UNKNOWN_TILL
    return check_time(receipt, now=now) or check_sums(receipt, amounts) or check_guarantees(receipt)


def check_header(header: Header | PostVoid, *, store: StoreInfo, now: datetime) -> Refusal | None:
    """The first rule the header of a transaction that is no sale breaks, or None."""
    if header.workstation not in store.workstations:
        return UNKNOWN_TILL
    return check_time(header, now=now)


def check_totals(totals: Totals, *, now: datetime) -> Refusal | None:
    """The first rule a partner's form breaks, or None."""
    if totals.day > (now + timedelta(days=1)).date():
        return Refusal(Reason.IN_THE_FUTURE, "$.day", "the day is in the future")
    return None


def claim_of(claim: OpenClaim, key: Key, code: str | None) -> bool:
    """Whether a claim names a receipt of its store: by its day and its code, or its till and number."""
    if claim.business_day != key.business_day:
        return False
    if claim.code is not None:
        return claim.code == code
    return (claim.workstation, claim.sequence) == (key.workstation, key.sequence)


def noon(day: date, zone: str) -> datetime:
    """The instant that stands for a day of which no time is known: noon by the store's clock."""
    return datetime.combine(day, time(12), tzinfo=ZoneInfo(zone))


def check_time(receipt: Receipt | Header | PostVoid, *, now: datetime) -> Refusal | None:
    """Times are sane: not in the future, begin before end, booked on the day of the purchase or up to a week before it.

    The day of the purchase is taken at the offset the till wrote it with.
    """
    if receipt.end_time > now + CLOCK_SKEW:
        return Refusal(Reason.IN_THE_FUTURE, "$.end_time", "the receipt ends in the future; check the till's clock")
    if receipt.begin_time is not None and receipt.begin_time > receipt.end_time:
        return Refusal(Reason.NOT_VALID, "$.begin_time", "the receipt begins after its end")
    late = receipt.end_time.toordinal() - receipt.business_day.toordinal()
    if not -1 <= late <= BOOKING_DAYS:
        return Refusal(
            Reason.BUSINESS_DAY,
            "$.business_day",
            f"the purchase ended {late} days after its business day; -1 to 7 are possible",
        )
    return None


def is_late(end_time: datetime, now: datetime) -> bool:
    """Whether what ended then comes in late now."""
    return now - end_time > LATE


def check_sums(receipt: Receipt, amounts: list[int]) -> Refusal | None:
    """Signs fit the line types, lines add up to the tax summary (to a cent a rate), to the total and to the tenders."""
    by_rate: dict[str, list[int]] = {}
    for line, amount in zip(receipt.lines, amounts, strict=True):
        if line.void:
            continue
        ordinary = line.type == "item" and amount >= 0 and line.quantity[0] != "-"
        if not ordinary and (wrong := _wrong_sign(line, amount)):
            place = f"$.lines[{receipt.lines.index(line)}].{wrong}"
            return Refusal(Reason.SIGN, place, f"the sign does not fit a line of type {line.type}")
        entry = by_rate.get(line.vat)
        if entry is None:
            by_rate[line.vat] = [amount, 1]
        else:
            entry[0] += amount
            entry[1] += 1
    if refusal := _check_vat(receipt, by_rate):
        return refusal
    total = cents(receipt.total)
    off = sum(amount for amount, _ in by_rate.values()) - total
    if abs(off) > max(1, len(by_rate)):
        return Refusal(Reason.SUMS, "$.total", f"the lines differ from the total by {off} cents")
    rounding = cents(receipt.rounding) if receipt.rounding else 0
    off = sum([cents(tender.amount) for tender in receipt.tenders]) - total - rounding
    if off:
        return Refusal(Reason.SUMS, "$.tenders", f"the tenders differ from total and rounding by {off} cents")
    return None


def check_guarantees(receipt: Receipt) -> Refusal | None:
    """Each guarantee says either for how many months or until when, and ends neither before it begins nor after the longest."""
    day = receipt.business_day
    for number, line in enumerate(receipt.lines):
        for place, each in enumerate(line.guarantees or ()):
            where = f"$.lines[{number}].guarantees[{place}]"
            if (each.months is None) is (each.until is None):
                return Refusal(Reason.NOT_VALID, where, "either months or a last day is expected")
            if each.until and not day <= each.until <= months_after(day, LONGEST_GUARANTEE):
                return Refusal(
                    Reason.NOT_VALID,
                    f"{where}.until",
                    f"a day within {LONGEST_GUARANTEE} months of the business day is expected",
                )
    return None


def _wrong_sign(line: Line, amount: int) -> str:
    """The field of a line whose sign does not fit its type, or nothing."""
    if line.type == "discount":
        return "amount" if amount > 0 else ""
    if line.type in _POSITIVE:
        if line.quantity[0] == "-":
            return "quantity"
        return "amount" if amount < 0 else ""
    if line.quantity[0] != "-" and line.quantity.strip("0."):
        return "quantity"
    return "amount" if amount > 0 else ""


def _check_vat(receipt: Receipt, by_rate: dict[str, list[int]]) -> Refusal | None:
    seen = set()
    for index, row in enumerate(receipt.vat):
        if row.rate in seen:
            return Refusal(Reason.SUMS, f"$.vat[{index}].rate", "the rate stands twice in the tax summary")
        seen.add(row.rate)
        amount, count = by_rate.get(row.rate, (0, 0))
        gross = cents(row.gross)
        if abs(amount - gross) > 1:
            return Refusal(
                Reason.SUMS, f"$.vat[{index}].gross", f"the lines of this rate differ from it by {amount - gross} cents"
            )
        off = cents(row.tax) - vat_in(gross, _hundredths(row.rate))
        if abs(off) > 1 + count // 2:  # tills may round the tax of each line: half a cent a line
            return Refusal(Reason.SUMS, f"$.vat[{index}].tax", f"the tax is {off} cents off its rate")
    for rate in by_rate:
        if rate not in seen:
            return Refusal(Reason.SUMS, "$.vat", f"lines are taxed at {rate} %, which the tax summary lacks")
    return None


@cache
def _hundredths(rate: str) -> int:
    """Hundredths of a percent; the forms a rate can have are few."""
    whole, _, part = rate.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0"))
