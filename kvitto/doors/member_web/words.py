"""What codes are called on the members' pages. In templates: `{% load words %}`."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from babel import Locale
from django import template
from django.utils import translation
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kvitto.bonus.types import EntryKind
from kvitto.doors.member_web.converters import is_month
from kvitto.doors.member_web.formats import SPACE, clock, day, money
from kvitto.doors.member_web.formats import month as month_words
from kvitto.households.types import Role
from kvitto.kernel.actor import ActorKind
from kvitto.kernel.periods import Period
from kvitto.purchases.types import LevelReason
from kvitto.rights.rules import EEA
from kvitto.rights.types import Processor, Seen
from kvitto.spending.types import DEPOSITS, NOT_RECORDED, TOTALS_ONLY, UNGROUPED
from kvitto.staff.types import Duty
from kvitto.stores.types import Channel, Level

register = template.Library()
_catalogue = (
    translation.gettext
)  # under a name that gathers no text: what rooms say of themselves is gathered from them

LEVELS: dict[Level, Promise] = {
    Level.PRODUCT: _("every product"),
    Level.GROUP: _("product groups"),
    Level.TOTAL: _("the total only"),
}
REASONS: dict[LevelReason, Promise] = {
    LevelReason.CHAIN: _("the chain's level on that day"),
    LevelReason.MEMBER_THEN: _("your choice when you bought"),
    LevelReason.MEMBER_NOW: _("your choice when the receipt came in"),
    LevelReason.REMOVED: _("you had the rest removed"),
}
CHANNELS: dict[str, Promise] = {Channel.STORE: _("store"), Channel.WEB: _("web shop")}
OUTSIDE: dict[int, Promise] = {
    UNGROUPED: _("Other goods"),
    DEPOSITS: _("Deposits"),
    NOT_RECORDED: _("Not recorded"),
    TOTALS_ONLY: _("Recorded as totals only"),
}
ROWS: dict[str, Promise] = {  # what a row of the exported table is
    "item": _("goods"),
    "return": _("brought back"),
    "deposit": _("deposit"),
    "deposit_return": _("deposit given back"),
    "discount": _("discount"),
    "group": _("product group"),
    "deposits": _("deposits"),
    "not_recorded": _("not recorded"),
    "total": _("total only"),
}
TENDERS: dict[str, Promise] = {
    "card": pgettext_lazy("way of paying", "Card"),
    "cash": _("Cash"),
    "voucher": _("Voucher"),
    "gift_card": _("Gift card"),
    "coupon": _("Coupon"),
    "invoice": _("Invoice"),
    "mobile": _("Mobile payment"),
}
UNITS: dict[str, Promise] = {"": _("pcs"), "pcs": _("pcs"), "mgal": _("1/1000 gal")}
BOOKINGS: dict[str, Promise] = {
    EntryKind.ACCRUED: _("your purchases have brought"),
    EntryKind.SETTLED: _("brought together with the main member"),
    EntryKind.CORRECTED: _("corrected"),
    EntryKind.PAID: _("paid"),
}
LANGUAGES: dict[str, Promise] = {"sv": _("Swedish"), "fi": _("Finnish"), "en": _("English")}
WAYS: dict[str, Promise] = {
    "web": _("on the web"),
    "service_point": _("at a service point"),
    "phone": _("by phone"),
    "letter": _("by letter"),
    "migration": _("carried over from an earlier register"),
}
ACTORS: dict[str, Promise] = {
    "system": _("An automatic job of the co-op"),
    "operator": _("An operator of the service"),
    "till": _("A till"),
    "member": _("A member"),
    "staff": _("A member of staff"),
    "visitor": _("Somebody who was not signed in"),
}
ACTS: dict[str, Promise] = {
    "vault.open": _("opened what you have bought"),
    "members.issue_code": _("made you a code for setting up your sign-in"),
    "staff.open_case": _("opened a case about you"),
    "staff.approve_case": _("approved a colleague's case about you"),
    "staff.view_record": _("looked up who you are"),
    "staff.view_bonus": _("looked up what Bonus was booked for you and paid to you"),
    "staff.close_case": _("closed the case"),
    "intake.deliver": _("handed in receipts"),
    "intake.deliver_minute": _("handed in receipts"),
    "oversight.ask": _("asked about a look-up"),
    "choices.state": _("wrote down a choice of yours"),
    "rights.remove": _("removed what is no longer recorded about you"),
    "vault.destroy": _("destroyed keys of your purchases, and made new ones for what stays"),
    "choices.letter": _("made a letter to you about a choice of yours"),
    "choices.letter_missed": _("tried a wrong code for a letter to you"),
    "purchases.view": _("looked at your receipts, of which only totals are recorded"),
    "members.use_code": _("set up your sign-in with a code of yours"),
    "members.link_account": _("linked a user name to you"),
    "members.change_details": _("changed your details"),
    "members.set_contact": _("changed how you are reached"),
    "members.verify_contact": _("noted that an address or a number is yours"),
    "members.move_home": _("changed your home co-op"),
    "members.end_membership": _("ended your membership"),
    "members.change_cards": _("changed a card of yours"),
    "members.card_lost": _("closed a lost card of yours"),
    "members.replace_card": _("replaced a card of yours"),
    "bonus.household": _("saw what your purchases have brought the household, as its main member"),
    "spending.household": _("saw days, stores and Bonus purchases of your receipts, as your household's main member"),
    "households.invite": _("invited an adult to the household"),
    "households.withdraw": _("took back or declined an invitation"),
    "households.join": _("let you into a household"),
    "households.add_minor": _("added you to the household"),
    "households.name_guardian": _("named another guardian of yours"),
    "households.leave": _("ended your place in the household"),
    "households.offer_main": _("offered you to be the household's main member"),
    "households.change_main": _("changed the household's main member"),
    "households.note_death": _("noted a death"),
    "warranties.correct": _("corrected a warranty receipt"),
    "warranties.delete": _("deleted a warranty receipt"),
    "purchases.keep_back": _("kept a receipt back from the household"),
    "purchases.show_again": _("showed a receipt to the household again"),
}
ROLES: dict[Role, Promise] = {Role.MAIN: _("main member"), Role.ADULT: _("adult"), Role.MINOR: _("minor")}
WHY: dict[str, Promise] = {  # staff's reasons for look-up, as they are said to the member
    "member_asked": _("you asked for it"),
    "claim": _("a claim about something that was bought"),
    "misuse": _("suspected misuse of a card or an account"),
    "product_safety": _("a product that is dangerous"),
    "authority": _("an authority's order"),
    "fault": _("a fault in the register"),
}
DUTIES: dict[Duty, Promise] = {
    Duty.SERVICE_POINT: _("service point"),
    Duty.DATA_HANDLER: _("data handler"),
    Duty.ANALYST: _("analyst"),
    Duty.MARKETER: _("marketer"),
    Duty.PRIVACY_OFFICER: _("privacy officer"),
    Duty.ADMINISTRATOR: _("administrator"),
    Duty.AUDITOR: _("auditor"),
}
OTHERS: dict[ActorKind, Promise] = {ActorKind.OPERATOR: _("the operator")}
LOOKED_FOR: dict[str, Promise] = {  # the same reasons, where they are told to everybody
    "member_asked": _("The member asked for it"),
    "claim": _("A claim about something that was bought"),
    "misuse": _("Suspected misuse of a card or an account"),
    "product_safety": _("A product that is dangerous"),
    "authority": _("An authority's order"),
    "fault": _("A fault in the register"),
}
CONTACTS: dict[str, Promise] = {"email": _("E-mail"), "phone": _("Phone")}
BONUS_CLASSES: dict[str, Promise] = {"standard": _("purchases"), "fuel": _("fuel")}


def _named(names: dict[str, Promise], code: str) -> str:
    """The word for a code, or the code itself: a till may send more of them than there are words for."""
    return str(names.get(code, code))


@register.filter
def role(value: Role) -> Promise:
    """What somebody is in a household."""
    return ROLES[value]


@register.filter
def contact(kind: str) -> str:
    """A way to reach somebody."""
    return _named(CONTACTS, kind)


@register.filter
def level(value: Level) -> Promise:
    """How much is recorded."""
    return LEVELS[value]


@register.filter
def reason(value: LevelReason) -> Promise:
    """Why that much."""
    return REASONS[value]


def voided(at: datetime, zone: str) -> str:
    """What stands on a receipt that its till took back, at an instant told in the zone of its store."""
    local = at.astimezone(ZoneInfo(zone))
    return translation.gettext(
        "Voided: the till took this receipt back on %(day)s at %(clock)s. It counts for nothing."
    ) % {
        "day": day(local),
        "clock": clock(local),
    }


@register.filter
def outside(group_id: int) -> Promise:
    """What is bought outside of any product group."""
    return OUTSIDE[group_id]


@register.filter
def channel(code: str) -> str:
    """Store or web shop."""
    return _named(CHANNELS, code)


@register.filter
def tender(code: str) -> str:
    """A way of paying."""
    return _named(TENDERS, code)


@register.filter
def unit(code: str) -> str:
    """The unit of a quantity."""
    return _named(UNITS, code)


def tax_rate(percent: str) -> str:
    """A rate of tax: `13,5 %`."""
    return f"{percent.replace('.', ',')} %"


@register.filter
def per(code: str) -> str:
    """`/kg` after a price; nothing for pieces."""
    return "" if code in {"", "pcs"} else f"/{unit(code)}"


@register.filter
def bonus_class(code: str) -> str:
    """What a Bonus basis counts."""
    return _named(BONUS_CLASSES, code)


@register.filter
def booking(kind: str) -> str:
    """What a row of the Bonus ledger is."""
    return _named(BOOKINGS, kind)


@register.filter
def language_name(code: str) -> str:
    """The name of a language."""
    return _named(LANGUAGES, code)


@register.filter
def way(code: str) -> str:
    """In which way a choice was stated."""
    return _named(WAYS, code)


@register.filter
def actor(kind: str) -> str:
    """Who did something, never by name."""
    return _named(ACTORS, kind)


@register.filter
def act(action: str) -> str:
    """What was done."""
    return _named(ACTS, action)


@register.filter
def why_looked(purpose: str) -> str:
    """A reason for look-up; nothing for what is no look-up."""
    return str(WHY.get(purpose, ""))


@register.filter
def looked_for(reason: str) -> Promise:
    """A reason for look-up, as everybody reads it."""
    return LOOKED_FOR[reason]


@register.filter
def duty(code: Duty) -> Promise:
    """A duty of the staff."""
    return DUTIES[code]


@register.filter
def plain_money(cents: int) -> str:
    """Cents as receipts print them, without the currency: `1 234,50`."""
    return money(cents, "").rstrip(SPACE)


@register.filter
def period(value: Period) -> str:
    """`November 2026`, or `2026`; with a capital, as at the start of a heading."""
    return capfirst(month_words(value.start)) if is_month(value) else str(value.start.year)


@register.filter
def said(text: str) -> str:
    """What a room says of itself, in the language of the page."""
    return _catalogue(text)


@register.filter
def all_said(texts: Iterable[str]) -> list[str]:
    """As `said`, of several texts."""
    return [_catalogue(text) for text in texts]


@register.filter
def seen_by(seen: Seen) -> str:
    """Who can do an act that shows something: `Service point, data handler`."""
    names = [str(DUTIES[each]) for each in seen.duties] + [str(OTHERS[each]) for each in seen.others]
    return capfirst(", ".join(names))


@register.filter
def works_for(processor: Processor) -> str:
    """What a processor gets data for."""
    language = translation.get_language() or "en"
    return processor.purpose.get(language[:2]) or processor.purpose["en"]


@register.filter
def country(code: str) -> str:
    """The name of a country; with a remark where other law holds than in the European Economic Area."""
    name = Locale.parse((translation.get_language() or "en")[:2]).territories.get(code, code)
    return name if code in EEA else str(_("{country}, outside the European Economic Area")).format(country=name)
