"""The sentence of each kind of notice, on the page and in the mail."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kvitto.notices.types import Kind, Way

_SENTENCES: dict[Kind, Promise] = {
    Kind.CHOICE_HOLDS: _("A choice of yours was written down for you, {way}, and holds. It is statement {number}."),
    Kind.CHOICE_WAITS: _(
        "A choice of yours was written down for you, {way}. It allows more than before, so it waits for your yes and holds only "
        "when you confirm it. It is statement {number}."
    ),
    Kind.CHOICE_CONFIRMED: _(
        "A choice of yours was confirmed with the code from a letter, and holds. It is statement {number}. If that was not you, "
        "decide anew: what you decide holds at once."
    ),
    Kind.RECORDED_REMOVED: _(
        "What was recorded of your purchases beyond your choices was removed, as was asked {way}. If that was not you, tell us."
    ),
    Kind.RECEIPT_CLAIMED: _(
        "A purchase without the card was written down as yours, as was asked {way}, and its receipt is asked for. If that was not "
        "you, tell us."
    ),
    Kind.HOUSEHOLD_JOINED: _("An adult has come into your household with an invitation of yours."),
    Kind.HOUSEHOLD_LEFT: _("An adult has left your household."),
    Kind.HOUSEHOLD_TAKEN_OUT: _("Your main member has ended your place in the household. Your receipts stay yours."),
    Kind.HOUSEHOLD_MAIN_OFFERED: _("You are offered to be your household's main member. It is done if you accept."),
    Kind.HOUSEHOLD_MAIN_HANDED_OVER: _("Your offer was accepted: your household has another main member now."),
    Kind.HOUSEHOLD_MAIN_NAMED: _("You were named your household's main member."),
    Kind.HOUSEHOLD_GUARDIAN_NAMED: _("You were named a guardian of a child in your household."),
    Kind.RECORD_OPENED: _(
        "Staff have opened your record. See when, why and what was shown, and ask about it if you like."
    ),
    Kind.QUESTION_ANSWERED: _("The privacy officer has answered your question about a look-up."),
    Kind.WARRANTY_ENDS: _("The guarantee of something that you have bought ends within {number} days."),
}
_WAYS: dict[Way, Promise] = {
    Way.SERVICE_POINT: _("at a service point"),
    Way.PHONE: _("by phone"),
    Way.LETTER: _("by letter"),
}
SUBJECT = _("A notice from {service}")
MAIL = _(
    "{sentence}\n\nRead it here, after signing in: {page}\n\nThis e-mail is about your membership and is no advertisement. It came "
    "to the address that you have shown to be yours, and cannot be answered."
)


def sentence(kind: Kind, number: int | None, way: Way | None) -> str:
    """What has happened, in the language that is active."""
    return str(_SENTENCES[kind]).format(number=number, way=_WAYS[way] if way else "")
