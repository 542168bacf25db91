"""What a member is told when a room refuses: one sentence for each of its errors, in the language of the page."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kvitto.accounts import actions as accounts
from kvitto.accounts import web
from kvitto.accounts.tries import TooManyTriesError
from kvitto.archive import actions as archive
from kvitto.choices import actions as choices
from kvitto.doors.member_web.claims import REFUSED as CLAIM_REFUSED
from kvitto.households import actions as households
from kvitto.intake import claims
from kvitto.kernel.errors import KvittoError
from kvitto.members import actions as members
from kvitto.purchases.actions import NotOwnReceiptError
from kvitto.spending.queries import NotYoursError
from kvitto.vault.actions import KeyDestroyedError
from kvitto.warranties import actions as warranties

_NO_RECEIPT = _("This is not among your purchases. Perhaps its two years are over, and it is deleted.")
_NO_CODE = _("This code or offer is not known, or was used or taken back, or its time is over. Ask for a new one.")

SENTENCES: dict[type[KvittoError], Promise] = {
    NotYoursError: _NO_RECEIPT,
    NotOwnReceiptError: _NO_RECEIPT,
    KeyDestroyedError: _NO_RECEIPT,
    claims.NoClaimError: _("This receipt is not waited for: it has come, or its time is over."),
    claims.ClaimDayError: CLAIM_REFUSED[claims.ClaimDayError],
    claims.AlreadyYoursError: CLAIM_REFUSED[claims.AlreadyYoursError],
    claims.TooManyClaimsError: CLAIM_REFUSED[claims.TooManyClaimsError],
    choices.UnknownChoiceError: _("This cannot be decided about that. Nothing was changed."),
    choices.FutureStatementError: _("A choice holds from now on, and from no later day. Nothing was changed."),
    choices.ChannelError: _("This cannot be decided in this way. Nothing was changed."),
    choices.MinorError: _("Until you are 18 you can forbid and limit, and allow nothing more."),
    choices.NotWaitingError: _("This waits no longer: you have confirmed it, or decided anew since."),
    choices.NoStatementError: _("There is no such statement of yours."),
    households.NotMainError: _("Only the household's main member can do this."),
    households.InvitationOverError: _NO_CODE,
    households.NotFreeError: _(
        "You are the main member of others, or in this household already. Hand your household over first."
    ),
    households.AgeError: _("This is for adults, or for a child under 18: the age does not fit."),
    households.NobodyError: _("There is nobody like that in your household any more."),
    members.CodeOverError: _NO_CODE,
    members.LinkedError: _("This user name, or this person, has another already. Nothing was changed."),
    members.TooYoungError: _("You are too young for a sign-in of your own. A guardian decides for you."),
    archive.NotArchivedError: _("This is not in your archive: it was taken out, or its two years are over."),
    warranties.NoWarrantyError: _(
        "This is not among your warranty receipts: it was deleted, or the guarantee has ended."
    ),
    warranties.UnsoundCorrectionError: _(
        "A guarantee that holds can be corrected: it ends today or later, and no later than 30 years after the purchase."
    ),
    accounts.NoSessionError: _("That sign-in has ended."),
    accounts.UsernameError: _("This user name is taken. Choose another."),
    accounts.PasswordError: _("This password is too short, or too common. Choose another."),
}


def sentence(error: KvittoError) -> str:
    """What a member reads. Nothing for an error that only other doors know: the page's heading says what kind it is."""
    if isinstance(error, TooManyTriesError):
        return web.wait_words(error.seconds)
    return str(SENTENCES.get(type(error), ""))
