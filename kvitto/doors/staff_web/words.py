"""What codes, acts and refusals are called on the staff's pages. In templates: `{% load staff %}`."""

from collections.abc import Iterable, Mapping

from django import template
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kvitto.bonus.types import EntryKind
from kvitto.choices import actions as choices
from kvitto.doors.staff_web.access import StaffRequest
from kvitto.intake import gaps, leftovers
from kvitto.intake.types import GapState
from kvitto.kernel.actor import ActorKind
from kvitto.kernel.errors import KvittoError
from kvitto.members.actions import TooYoungError
from kvitto.oversight import watching as oversight
from kvitto.oversight.actions import QuestionTextError
from kvitto.oversight.types import AlertKind, Symptom
from kvitto.staff import actions, cases, records
from kvitto.staff.gate import DeniedError, NotStaffError
from kvitto.staff.rules import BREAK_GLASS_PEOPLE, LONGEST_REFERENCE, POLICY, REASONS, barred
from kvitto.staff.types import Act, AgreementState, Denial, Duty, Finding, Proof, Reason, Row
from kvitto.stores.types import ScopeKind, StorePlace
from kvitto.tills import actions as tills
from kvitto.tills.types import KeyState

register = template.Library()
_catalogue = translation.gettext  # under a name that gathers no text: those of the policy are gathered from the policy

DUTIES: dict[Duty, Promise] = {
    Duty.SERVICE_POINT: _("service point"),
    Duty.DATA_HANDLER: _("data handler"),
    Duty.ANALYST: _("analyst"),
    Duty.MARKETER: _("marketer"),
    Duty.PRIVACY_OFFICER: _("privacy officer"),
    Duty.ADMINISTRATOR: _("administrator"),
    Duty.AUDITOR: _("auditor"),
}
KINDS: dict[ActorKind, Promise] = {
    ActorKind.VISITOR: _("anybody"),
    ActorKind.MEMBER: _("a member"),
    ActorKind.STAFF: _("any staff person"),
    ActorKind.TILL: _("a till"),
    ActorKind.OPERATOR: _("the operator"),
    ActorKind.SYSTEM: _("a nightly job"),
}
GROUPS: tuple[tuple[Promise, tuple[str, ...]], ...] = (
    (_("One member's purchases"), ("case", "lines", "glass")),
    (_("The customer register"), ("member", "household")),
    (_("Who works here, and what two people agree on"), ("duty", "agreement", "access", "approvals", "change")),
    (
        _("The registers"),
        (
            "register",
            "network",
            "assortment",
            "processors",
            "bonus",
            "receipts",
            "retention",
            "categories",
            "keys",
            "export",
            "threshold",
        ),
    ),
    (_("Groups, and the record of acts"), ("audit", "oversight", "log", "insight", "audience", "publication")),
    (_("Staff, for themselves"), ("staff",)),
    (_("A member, for themselves"), ("own",)),
    (_("Open to everybody"), ("public",)),
    (_("The machine"), ("till_key", "db", "bench", "serve", "jobs", "notices", "demo")),
)
BOOKINGS: dict[EntryKind, Promise] = {
    EntryKind.ACCRUED: _("Bonus"),
    EntryKind.SETTLED: _("Bonus, with the household's main member"),
    EntryKind.CORRECTED: _("corrected"),
    EntryKind.PAID: _("paid"),
}
PROOFS: dict[Proof, Promise] = {
    Proof.ID_CARD: _("identity card"),
    Proof.PASSPORT: _("passport"),
    Proof.DRIVING_LICENCE: _("driving licence"),
    Proof.QUESTIONS: _("on the phone, by questions"),
}
FINDINGS: dict[Finding, Promise] = {
    Finding.JUSTIFIED: _("It was justified"),
    Finding.UNJUSTIFIED: _("It was not justified"),
}
AGREEMENTS: dict[AgreementState, Promise] = {
    AgreementState.VALID: _("signed"),
    AgreementState.MISSING: _("not signed"),
    AgreementState.EXPIRED: _("expired"),
    AgreementState.OUTDATED: _("signed an earlier text only"),
}
ERRORS: dict[type[KvittoError], Promise] = {
    actions.NotAStaffAccountError: _("This account is not for the staff's pages."),
    actions.TakenError: _("The account, or the person of this card, is a staff person's already."),
    actions.StaffNameError: _("A name has 1 to 100 characters, all of them visible."),
    actions.BootstrapOverError: _("The first two administrators have been made."),
    actions.DutyHeldError: _("This person has the duty in those days, or it waits for approval already."),
    actions.PastDutyError: _("A duty begins today or later."),
    actions.SelfApprovalError: _("Another person has to do this: it is your own, or about you."),
    actions.NothingWaitsError: _("This waits no longer: it was decided or ended, or its time is over."),
    actions.UnknownError: _("There is no such person, duty, case or change."),
    actions.AgreementTextError: _(
        "An agreement has a text in each of the three languages, and holds from now on or later."
    ),
    actions.SameTextError: _("These very texts are published already: nothing was changed."),
    actions.OldTextError: _("The agreement has a new text since this page was opened. Read that one, and sign it."),
    cases.CaseReferenceError: _("A reference has 1 to {longest} characters, all of them visible, and holds no name."),
    cases.NobodyLeftError: _("Nobody is left whom you may look up. Ask a colleague."),
    actions.OnePersonError: _("This does not wait for a second person."),
    records.CardNumberError: _("A card number has 8 to 19 digits. Look at the card again."),
    records.NoHolderError: _("Nobody holds a card of this number now. Look at the card again."),
    records.NoCaseError: _("This look-up is over. Look the member up again if it is still needed."),
    records.TooManyCardsError: _("Name 1 to {most} cards, one a line."),
    choices.UnknownChoiceError: _("This cannot be decided about that. Nothing was changed."),
    choices.ChannelError: _("This way does not fit who writes it down."),
    choices.MinorError: _("A minor can forbid and limit, and allows nothing more until they are 18."),
    choices.NotWaitingError: _("This waits no longer: it was confirmed, or decided anew since."),
    choices.NoStatementError: _("Nothing of this number was written down in this look-up."),
    TooYoungError: _("They are too young for a sign-in of their own."),
    QuestionTextError: _("An answer has 1 to 2,000 characters."),
    oversight.NothingOpenError: _("This was dealt with already."),
    oversight.OwnAlertError: _("Another person has to look into this: it is about you."),
    tills.LabelError: _("Say in 1 to 60 visible characters what the key is for."),
    tills.DaysError: _("A key holds for 1 to 730 days."),
    tills.NoSuchPlaceError: _("There is no store, chain or company with this code. The network page has them."),
    tills.NoSuchKeyError: _("There is no such key."),
    tills.KeyOverError: _("This key does not hold any more."),
    gaps.NoGapError: _("Nothing is missing there any more: it has come in."),
    leftovers.NoSuchConflictError: _("There is no such conflict."),
    leftovers.ConflictSettledError: _("This has been decided already."),
    NotStaffError: _("Your account is not yet linked to a person who works here. Ask an administrator."),
}
ALERTS: dict[AlertKind, Promise] = {
    AlertKind.VOLUME: _("Many more look-ups than usual"),
    AlertKind.HOURS: _("Look-ups when nobody is at work"),
    AlertKind.NEAR: _("A member of the same household or family name"),
    AlertKind.REFERENCE: _("One case reference for several members"),
    AlertKind.DENIED: _("Many attempts that were refused"),
    AlertKind.NEAR_DENIED: _("An attempt at their own record, or of somebody near"),
}
NEARNESS: dict[str, Promise] = {
    Denial.OWN_RECORD: _("their own record"),
    Denial.HOUSEHOLD_RECORD: _("a record of their household"),
    Denial.NAMESAKE_RECORD: _("a record with their family name"),
}
SYMPTOMS: dict[Symptom, Promise] = {
    Symptom.UNNUMBERED: _("Entries have waited for a number for more than five minutes: does kvitto worker run?"),
    Symptom.LATE_CHECKPOINT: _("The last checkpoint is more than five minutes old, and there are newer entries."),
    Symptom.NO_WITNESS: _(
        "No witness keeps the checkpoints yet: nobody outside could say that the record was changed."
    ),
    Symptom.SILENT_WITNESS: _("A witness has kept nothing new for more than a week."),
}
ACTS: dict[str, Promise] = {  # what staff do with one person's data, as it is told to staff
    "staff.open_case": _("opened a case"),
    "staff.approve_case": _("approved a colleague's case"),
    "staff.view_record": _("looked at the record"),
    "staff.view_bonus": _("looked at the Bonus"),
    "vault.open": _("opened purchases"),
    "purchases.view": _("looked at receipts"),
    "choices.state": _("wrote down a choice"),
    "choices.letter": _("made a letter"),
    "members.issue_code": _("made a code for the sign-in"),
}
KEY_STATES: dict[KeyState, Promise] = {
    KeyState.HOLDS: _("holds"),
    KeyState.EXPIRED: _("expired"),
    KeyState.REVOKED: _("taken away"),
}
KEY_KINDS: dict[ScopeKind, Promise] = {
    ScopeKind.STORE: _("Store"),
    ScopeKind.CHAIN: _("Chain"),
    ScopeKind.COMPANY: _("Company"),
}
GAP_STATES: dict[GapState, Promise] = {
    GapState.OPEN: _("missing"),
    GapState.FILLED: _("came in late"),
    GapState.VOID: _("was never used, as somebody has declared"),
    GapState.LOST: _("lost, as somebody has declared"),
}
# what each duty comes here for: the name of the page, what it is called, and the act it takes
MENU: tuple[tuple[str, Promise, Act], ...] = (
    ("front", _("Start"), Act.STAFF_HOME),
    ("look-up", _("Service point"), Act.MEMBER_VIEW_CHOICES),
    ("cases", _("Cases"), Act.CASE_OPEN),
    ("approvals", _("Approvals"), Act.APPROVALS_VIEW),
    ("glasses", _("Reviews"), Act.GLASS_REVIEW),
    ("matters", _("Matters"), Act.OVERSIGHT_ANSWER),
    ("watch", _("Look-ups"), Act.AUDIT_LOOK_UPS),
    ("people", _("People"), Act.ACCESS_VIEW_TABLE),
    ("agreements", _("Agreements"), Act.AGREEMENT_VIEW),
    ("access", _("Who may do what"), Act.ACCESS_VIEW_TABLE),
    ("processing", _("Processing"), Act.ACCESS_VIEW_TABLE),
    ("network", _("Network"), Act.NETWORK_VIEW),
    ("till-keys", _("Till keys"), Act.TILL_KEY_VIEW),
    ("gaps", _("Missing receipts"), Act.RECEIPTS_VIEW_GAPS),
    ("conflicts", _("Conflicts"), Act.RECEIPTS_VIEW_CONFLICTS),
    ("security", _("Signing in"), Act.STAFF_OWN_SESSIONS),
)
# in which entry of the menu a page without one of its own is found
UNDER = {
    "record": "look-up",
    "record-code": "look-up",
    "record-choices": "look-up",
    "record-choice": "look-up",
    "record-removal": "look-up",
    "record-letter": "look-up",
    "case": "cases",
    "case-open": "cases",
    "case-month": "cases",
    "glass": "cases",
    "question-answer": "matters",
    "alert-close": "matters",
    "watch-account": "watch",
    "agreement-publish": "agreements",
    "till-key-new": "till-keys",
    "till-key-rotate": "till-keys",
}


def look_up(text: str) -> str:
    """A text of the policy in the language of the page; the catalogues have them all."""
    return _catalogue(text)


def sentence(error: KvittoError) -> str:
    """What somebody is told of a refusal; an error of another room says it itself."""
    if isinstance(error, DeniedError):
        return look_up(error.why.words)
    known = ERRORS.get(type(error))
    if known is None:
        return str(error)
    place = str(error).partition("line ")[2].partition(":")[0]
    text = str(known).format(longest=LONGEST_REFERENCE, most=BREAK_GLASS_PEOPLE)
    return f"{place}: {text}" if place.isdecimal() else text


@register.simple_tag(takes_context=True)
def staff_menu(context: template.Context) -> list[tuple[str, Promise, bool]]:
    """The pages that somebody's duties open: address, name, whether it is this one."""
    request: StaffRequest = context["request"]
    standing = getattr(request, "standing", None)
    match = request.resolver_match
    here = UNDER.get(match.url_name or "", match.url_name) if match else None
    return [(page, name, page == here) for page, name, act in MENU if standing and barred(standing, act) is None]


@register.filter
def duty(code: Duty) -> Promise:
    """A duty."""
    return DUTIES[code]


@register.filter
def why(code: Reason) -> str:
    """A reason for look-up."""
    return look_up(REASONS[code].words)


@register.filter
def proof(code: str) -> str:
    """How a member has shown who they are."""
    return str(PROOFS[Proof(code)])


@register.filter
def finding(code: Finding) -> Promise:
    """What a review found."""
    return FINDINGS[code]


@register.filter
def alert(kind: AlertKind) -> Promise:
    """Why something stands out."""
    return ALERTS[kind]


@register.filter
def symptom(code: Symptom) -> Promise:
    """What is wrong with the log."""
    return SYMPTOMS[code]


@register.filter
def nearness(about: str) -> str:
    """Whose record was tried, by the code of the refusal; a case's number stays as it is."""
    return str(NEARNESS.get(about, about))


@register.filter
def staff_act(action: str) -> str:
    """What was done with one person's data."""
    return str(ACTS.get(action, action))


@register.filter
def why_of(code: str) -> str:
    """A reason for look-up by its code; nothing for what is none."""
    return look_up(REASONS[Reason(code)].words) if code in set(Reason) else ""


@register.filter
def key_state(state: KeyState) -> Promise:
    """Whether a till key holds."""
    return KEY_STATES[state]


@register.filter
def key_kind(kind: ScopeKind) -> Promise:
    """What a till key is for."""
    return KEY_KINDS[kind]


@register.filter
def gap_state(state: GapState) -> Promise:
    """What is known of missing numbers."""
    return GAP_STATES[state]


@register.filter
def at(places: Mapping[int, StorePlace], store_id: int) -> str:
    """A store's name."""
    return places[store_id].name


@register.filter
def agreed(state: AgreementState) -> Promise:
    """Whether an agreement holds."""
    return AGREEMENTS[state]


@register.filter
def act(code: Act) -> str:
    """What somebody can do."""
    return look_up(POLICY[code].words)


def who(row: Row) -> list[str]:
    """Who can do the act of a row: duties, and others than staff."""
    duties = [str(DUTIES[each]) for each in Duty if each in row.duties]
    kinds = [
        str(words) for kind, words in KINDS.items() if kind in row.who and not (kind is ActorKind.STAFF and duties)
    ]
    return duties + kinds


def needs(row: Row) -> list[str]:
    """What an act takes besides."""
    texts: Iterable[tuple[object, object]] = (
        (row.own_only, _("only their own")),
        (row.archive, _("the archive turned on")),
        (row.agreement, _("a signed agreement that holds")),
        (row.strangers_only, _("not oneself, one's household or a namesake")),
        (row.case, _("an open case about this member, 60 minutes long")),
        (row.reasons, _("a reason for the look-up")),
        (row.second_person, _("a second person")),
        (row.second_person_unless_member_asked, _("a second person, unless the member asked")),
        (row.at_most > 1, _("at most 50 people")),
        (row.fresh_factor, _("the second factor, shown again")),
        (row.tells_privacy_officer, _("the privacy officer is told at once")),
    )
    return [str(words) for asked, words in texts if asked]
