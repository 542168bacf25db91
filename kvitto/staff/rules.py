"""What may be done: one table, one function that reads it, and what is decided about names, times and texts.

The table is written out for people in docs/reference/access.md, which `python -m tools.access` makes.
"""

import hashlib
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from kvitto.kernel.actor import ActorKind
from kvitto.kernel.periods import months_after
from kvitto.staff.types import (
    Act,
    AgreementState,
    Denial,
    Duty,
    Question,
    Reason,
    ReasonRow,
    Relation,
    Row,
    Standing,
    Verdict,
)

VISITOR, MEMBER, STAFF = ActorKind.VISITOR, ActorKind.MEMBER, ActorKind.STAFF
TILL, OPERATOR, SYSTEM = ActorKind.TILL, ActorKind.OPERATOR, ActorKind.SYSTEM

CASE_LASTS = timedelta(minutes=60)
PROPOSAL_HOLDS = timedelta(days=7)
AGREEMENT_MONTHS = 12
BREAK_GLASS_PEOPLE = 50
REVIEW_WITHIN = timedelta(hours=72)
LONGEST_REFERENCE = LONGEST_NAME = 100
LANGUAGES = ("sv", "fi", "en")

ADMINISTRATOR, ANALYST, AUDITOR = Duty.ADMINISTRATOR, Duty.ANALYST, Duty.AUDITOR
HANDLER, MARKETER, OFFICER, POINT = Duty.DATA_HANDLER, Duty.MARKETER, Duty.PRIVACY_OFFICER, Duty.SERVICE_POINT

REASONS: dict[Reason, ReasonRow] = {
    Reason.MEMBER_ASKED: ReasonRow("the member asked for it", frozenset({POINT, HANDLER})),
    Reason.CLAIM: ReasonRow("a claim about something that was bought", frozenset({HANDLER})),
    Reason.MISUSE: ReasonRow("suspected misuse of a card or an account", frozenset({HANDLER})),
    Reason.PRODUCT_SAFETY: ReasonRow("a product that is dangerous", frozenset({HANDLER})),
    Reason.AUTHORITY: ReasonRow("an authority's order", frozenset({HANDLER})),
    Reason.FAULT: ReasonRow("a fault in the register", frozenset({HANDLER})),
}
ANY_REASON = frozenset(Reason)
ASKED = frozenset({Reason.MEMBER_ASKED})


def _open(words: str, *who: ActorKind) -> Row:
    return Row(words, frozenset(who))


def _own(words: str, *, archive: bool = False) -> Row:
    return Row(words, frozenset({MEMBER}), own_only=True, archive=archive)


def _staff(words: str, *duties: Duty, also: Collection[ActorKind] = (), **needs: bool) -> Row:
    """An act of a duty that is about no single person."""
    return Row(words, frozenset({STAFF, *also}), duties=frozenset(duties), agreement=True, **needs)  # type: ignore[arg-type]


def _look_up(words: str, *duties: Duty, also: Collection[ActorKind] = (), anybody_yet: bool = False) -> Row:
    """An act of a duty on one member's record: never one's own, one's household's or a namesake's."""
    reasons = ANY_REASON if HANDLER in duties else ASKED
    return Row(
        words,
        frozenset({STAFF, *also}),
        duties=frozenset(duties),
        agreement=True,
        strangers_only=True,
        anybody_yet=anybody_yet,
        reasons=reasons,
    )


def _two_people(words: str, proposer: Duty, *approvers: Duty) -> Row:
    """An act that waits as a proposal until another person approves it."""
    return Row(
        words,
        frozenset({STAFF}),
        duties=frozenset({proposer}),
        agreement=True,
        second_person=True,
        fresh_factor=True,
        approvers=frozenset(approvers),
    )


POLICY: dict[Act, Row] = {
    # open to everybody, or the way in
    Act.PUBLIC_FRONT: _open("read the front page", VISITOR, MEMBER),
    Act.PUBLIC_LEVELS: _open("read what is recorded, chain by chain", VISITOR, MEMBER),
    Act.PUBLIC_WHAT_WE_RECORD: _open("read what is recorded about members, why and how long", VISITOR, MEMBER),
    Act.PUBLIC_LOOK_UPS: _open("read how many look-ups of single members there were, and why", VISITOR, MEMBER),
    Act.PUBLIC_CHECK_PROOF: _open("check a proof from the record of acts in their own browser", VISITOR, MEMBER),
    Act.PUBLIC_LANGUAGE: _open("choose the language and the look of the pages", VISITOR, MEMBER, STAFF),
    Act.PUBLIC_APP: _open("put the pages on a phone", VISITOR, MEMBER),
    Act.PUBLIC_API: _open("read how programs hand in receipts, and ask for a member's own", VISITOR, MEMBER),
    Act.PUBLIC_SIGN_IN: _open("sign in as a member", VISITOR, MEMBER),
    Act.PUBLIC_SIGN_OUT: _open("sign out", VISITOR, MEMBER, STAFF),
    Act.PUBLIC_ACTIVATE: _open("set up a sign-in, or a new password, with a code", VISITOR, MEMBER),
    Act.PUBLIC_CONFIRM: _open("confirm a choice with the code from a letter", VISITOR, MEMBER),
    Act.PUBLIC_DESIGN: _open("look at the parts the pages are made of, while developing", VISITOR, MEMBER),
    Act.DEMO_BECOME: _open("become an invented person, in the demo only", VISITOR, MEMBER, STAFF),
    Act.DEMO_LOAD: _open("load the invented co-op", OPERATOR),
    # a member, for themselves
    Act.OWN_VIEW_PURCHASES: _own("see their purchases by month, group and product"),
    Act.OWN_SEARCH: _own("search their purchases"),
    Act.OWN_RECEIPTS: _own("see their receipts"),
    Act.OWN_CLAIM: _own("say that a receipt of a purchase without the card is theirs"),
    Act.OWN_ARCHIVE: _own("see the receipts in their archive", archive=True),
    Act.OWN_WARRANTIES: _own("see, correct, keep and delete their warranty receipts"),
    Act.OWN_EXPORT: _own("take their receipts with them, as files or by a token for tools of their own"),
    Act.OWN_CARD: _own("show their member card"),
    Act.OWN_ACCOUNT: _own("see what the register knows of them"),
    Act.OWN_TRACES: _own("see who has looked at their data, when and why"),
    Act.OWN_ASK: _own("ask the privacy officer about a look-up"),
    Act.OWN_CHOICES: _own("decide what their data may be used for, and see what they decided"),
    Act.OWN_EVERYTHING: _own("have everything that is held about them as a file"),
    Act.OWN_REMOVE: _own("remove what is recorded of them: of one receipt, or all beyond what they chose"),
    Act.OWN_NOTICES: _own("read what was done for them"),
    Act.OWN_SECURITY: _own("change their password, and end their sign-ins"),
    Act.OWN_BONUS: _own("see their Bonus, and as a main member what each of the household has brought"),
    Act.OWN_HOUSEHOLD: _own("decide who is in their household, and as its main member see the others' Bonus purchases"),
    Act.OWN_KEEP_BACK: _own("keep a receipt's day and store from their household"),
    # staff, for themselves; the first three without an agreement, since this is how one comes to sign it
    Act.STAFF_SIGN_IN: _open("sign in as staff", VISITOR, STAFF),
    Act.STAFF_SECOND_FACTOR: _open("set up, show and replace their own second factor", STAFF),
    Act.STAFF_SIGN_AGREEMENT: Row("read and sign the confidentiality agreement", frozenset({STAFF}), fresh_factor=True),
    Act.STAFF_HOME: _staff("see the staff's first page"),
    Act.STAFF_OWN_SESSIONS: _staff("see and end their own sign-ins"),
    # the customer register
    Act.MEMBER_FIND: _look_up("find a member by card number", POINT, HANDLER, anybody_yet=True),
    Act.MEMBER_VIEW_IDENTITY: _look_up("see a member's name and language", POINT, HANDLER),
    Act.MEMBER_VIEW_MEMBERSHIP: _look_up("see a member's membership and cards", POINT, HANDLER),
    Act.MEMBER_VIEW_CHOICES: _look_up("see what a member chose", POINT),
    Act.MEMBER_REGISTER_CHOICE: _look_up("write down a choice for a member", POINT),
    Act.MEMBER_REMOVE: _look_up("have what a member no longer wants recorded removed, unseen", POINT),
    Act.MEMBER_VIEW_HOUSEHOLD: _look_up("see who belongs to a member's household", POINT),
    Act.MEMBER_VIEW_BONUS: _look_up("see what Bonus was booked for a member and paid to them, month by month", POINT),
    Act.MEMBER_ISSUE_CODE: _look_up("make a member a code for the sign-in", POINT, also={OPERATOR}),
    Act.MEMBERS_IMPORT: _open(
        "take people, cards, households and earlier choices in from the co-op's own register", OPERATOR
    ),
    Act.HOUSEHOLD_CHANGE: _open("note a death, and name a household's main member after one", OPERATOR),
    # one member's purchases
    Act.CASE_OPEN: _look_up("open a case about a member", HANDLER),
    Act.STAFF_OWN_CASES: _staff("see and close their own cases", POINT, HANDLER),
    Act.CASE_APPROVE: Row(
        "approve a colleague's case",
        frozenset({STAFF}),
        duties=frozenset({HANDLER, OFFICER}),
        agreement=True,
        strangers_only=True,
        second_person=True,
        fresh_factor=True,
    ),
    Act.LINES_OPEN: Row(
        "open the purchases of the member of their case, for 60 minutes",
        frozenset({STAFF}),
        duties=frozenset({HANDLER}),
        agreement=True,
        strangers_only=True,
        reasons=ANY_REASON,
        case=True,
        second_person_unless_member_asked=True,
    ),
    Act.LINES_BREAK_GLASS: Row(
        "find out at once who bought a dangerous product, without waiting for a colleague",
        frozenset({STAFF}),
        duties=frozenset({HANDLER}),
        agreement=True,
        strangers_only=True,
        reasons=frozenset({Reason.PRODUCT_SAFETY}),
        at_most=BREAK_GLASS_PEOPLE,
        fresh_factor=True,
        tells_privacy_officer=True,
    ),
    Act.GLASS_REVIEW: _staff(
        "review what was opened without waiting for a colleague, within 72 hours", OFFICER, fresh_factor=True
    ),
    # who may do what
    Act.DUTY_ADD_PERSON: _open("add a staff person, and make the first two administrators", OPERATOR),
    Act.DUTY_RESET_SIGN_IN: _open("give a staff person who lost everything a new way to sign in", OPERATOR),
    Act.DUTY_PROPOSE: _staff("propose a duty for a staff person", ADMINISTRATOR, OFFICER),
    Act.DUTY_APPROVE: _staff(
        "approve a duty that a colleague proposed for somebody else",
        ADMINISTRATOR,
        OFFICER,
        second_person=True,
        fresh_factor=True,
    ),
    Act.DUTY_END: _staff("end a staff person's duty at once", ADMINISTRATOR, OFFICER),
    Act.AGREEMENT_PUBLISH: _staff(
        "publish a new text of the confidentiality agreement", OFFICER, also={OPERATOR}, fresh_factor=True
    ),
    Act.AGREEMENT_VIEW: _staff("see who has signed the agreement, and until when", ADMINISTRATOR, OFFICER),
    Act.ACCESS_VIEW_TABLE: _staff("see who has which duty, and this table", ADMINISTRATOR, OFFICER, also={OPERATOR}),
    Act.APPROVALS_VIEW: _staff("see what waits for a second person", ADMINISTRATOR, OFFICER, HANDLER),
    Act.CHANGE_APPROVE: _staff(
        "approve a change that a colleague proposed", ADMINISTRATOR, OFFICER, second_person=True, fresh_factor=True
    ),
    # the registers
    Act.NETWORK_VIEW: _staff("see the stores, chains and recording levels", ADMINISTRATOR, OFFICER),
    Act.NETWORK_LOAD: _open("load stores, chains and recording levels", OPERATOR),
    Act.ASSORTMENT_LOAD: _open("load products and product groups", OPERATOR),
    Act.PROCESSORS_LOAD: _open("load the public list of those who work on personal data for the co-op", OPERATOR),
    Act.BONUS_LOAD: _open("load Bonus plans and campaigns", OPERATOR),
    Act.BONUS_SETTLE: _open("close a month's Bonus, and note where it is paid to", OPERATOR, SYSTEM),
    Act.BONUS_PAY: _open("make the payment file of a closed month", OPERATOR),
    Act.RECEIPTS_IMPORT: _open("hand in receipts", OPERATOR, TILL),
    Act.RECEIPTS_ASK: _open("ask what became of a receipt, and which to send again", TILL),
    Act.RECEIPTS_WANT: _open("ask tills again for receipts whose card is known only since", SYSTEM),
    Act.RECEIPTS_CHECK_CARD: _open("ask whether a card earns Bonus", TILL),
    Act.RECEIPTS_VIEW_CONFLICTS: _staff(
        "see which receipts came again with other content: both totals and times, no lines", HANDLER, also={OPERATOR}
    ),
    Act.RECEIPTS_DECIDE_CONFLICT: _staff(
        "decide which of two versions of a receipt holds", HANDLER, also={OPERATOR}, fresh_factor=True
    ),
    Act.RECEIPTS_VIEW_QUARANTINE: _open("see which receipts were refused", OPERATOR),
    Act.RECEIPTS_VIEW_GAPS: _staff(
        "see which running numbers of tills are missing, and how late others came", ADMINISTRATOR, also={OPERATOR}
    ),
    Act.RECEIPTS_SETTLE_GAP: _staff("declare missing numbers of a till void or lost", ADMINISTRATOR),
    Act.RECEIPTS_SHOW_FORMAT: _open("print the format of receipts", OPERATOR),
    Act.RECEIPTS_INSPECT: _open("look into a file of receipts", OPERATOR),
    Act.RETENTION_RUN: _open("delete what is over its time", OPERATOR, SYSTEM),
    Act.CATEGORIES_SWEEP: _open("take out what has come into a category that its buyer keeps out", SYSTEM),
    Act.RETENTION_CHANGE: _two_people("change how long something is kept", ADMINISTRATOR, OFFICER),
    Act.KEYS_DESTROY: _two_people("destroy keys before their time", ADMINISTRATOR, OFFICER),
    Act.EXPORT_BULK: _two_people("take data of many members out of the register", HANDLER, OFFICER),
    Act.THRESHOLD_CHANGE: _two_people(
        "change how many households a published figure needs", OFFICER, ADMINISTRATOR, OFFICER
    ),
    # groups, never a person
    Act.AUDIT_VIEW: _staff("read the record of acts, which names no person", AUDITOR, OFFICER),
    Act.LOG_PROVE: _open("number, sign, check and prove the log of acts", OPERATOR),
    Act.AUDIT_LOOK_UPS: _staff("see how many look-ups of single members there were", AUDITOR, OFFICER),
    Act.OVERSIGHT_ANSWER: _staff("answer members' questions about look-ups, and close what stood out", OFFICER),
    Act.OVERSIGHT_WATCH: _open("count look-ups for everybody to read, and find those that stand out", SYSTEM),
    Act.INSIGHT_QUERY: _staff("ask how groups of customers buy", ANALYST),
    Act.AUDIENCE_BUILD: _staff("describe whom a message is for, seeing only how many they are", MARKETER),
    Act.PUBLICATION_SEND: _staff("send a message to such a group", MARKETER),
    # the machine
    Act.TILL_KEY_ISSUE: _staff(
        "give a till its key, or another in its place", ADMINISTRATOR, also={OPERATOR}, fresh_factor=True
    ),
    Act.TILL_KEY_REVOKE: _staff("take a till's key away", ADMINISTRATOR, also={OPERATOR}),
    Act.TILL_KEY_VIEW: _staff("see which keys tills have, never a key itself", ADMINISTRATOR, OFFICER, also={OPERATOR}),
    Act.DB_OPERATE: _open("start, stop and update the database", OPERATOR),
    Act.BENCH_RUN: _open("measure, in databases made for that", OPERATOR),
    Act.SERVE_RUN: _open("start the web pages", OPERATOR),
    Act.JOBS_WORK: _open("start the process that runs the jobs", OPERATOR),
    Act.NOTICES_MAIL: _open("send members their notices as e-mails", SYSTEM),
    Act.WARRANTIES_REMIND: _open("remind members before a guarantee ends", SYSTEM),
    Act.NOTICES_VIEW_UNSENT: _open("see which notices could not be sent as e-mails", OPERATOR),
}

_AGREEMENT = {
    AgreementState.MISSING: Denial.AGREEMENT_MISSING,
    AgreementState.EXPIRED: Denial.AGREEMENT_EXPIRED,
    AgreementState.OUTDATED: Denial.AGREEMENT_OUTDATED,
}
_RELATION = {
    Relation.SELF: Denial.OWN_RECORD,
    Relation.HOUSEHOLD: Denial.HOUSEHOLD_RECORD,
    Relation.NAMESAKE: Denial.NAMESAKE_RECORD,
}


def decide(question: Question) -> Verdict:
    """Whether it may be done; if not, the first requirement that is missing, in the order of `Denial`."""
    row = POLICY[question.act]
    why = next(_missing(row, question), None)
    return Verdict(why is None, why, tell_privacy_officer=why is None and row.tells_privacy_officer)


def barred(standing: Standing, act: Act) -> Denial | None:
    """What keeps somebody from a page that does the act, whosever record it is: kind, duty, agreement."""
    row = POLICY[act]
    if standing.kind not in row.who:
        return Denial.SIGN_IN if standing.kind is VISITOR else Denial.NOT_FOR_YOU
    return next(_missing_in_general(row, standing), None) if standing.kind is STAFF else None


def _missing(row: Row, question: Question) -> Iterator[Denial]:
    standing = question.standing
    if standing.kind not in row.who:
        yield Denial.SIGN_IN if standing.kind is VISITOR else Denial.NOT_FOR_YOU
    if row.own_only and question.relation is not Relation.SELF:
        yield Denial.NOT_YOURS
    if row.archive and not question.choices.archive:
        yield Denial.ARCHIVE_OFF
    if standing.kind is STAFF:
        yield from _missing_of_staff(row, question)


def _missing_of_staff(row: Row, question: Question) -> Iterator[Denial]:
    standing = question.standing
    yield from _missing_in_general(row, standing)
    if row.strangers_only:
        yield from _missing_of_record(row, question)
    two = row.second_person or (row.second_person_unless_member_asked and not question.member_asked)
    if two and not question.approved:
        yield Denial.SECOND_PERSON
    if row.fresh_factor and not standing.fresh_factor:
        yield Denial.FRESH_FACTOR


def _missing_in_general(row: Row, standing: Standing) -> Iterator[Denial]:
    if row.duties and not row.duties & standing.duties:
        yield Denial.DUTY
    if row.agreement and standing.agreement is not AgreementState.VALID:
        yield _AGREEMENT[standing.agreement]


def _missing_of_record(row: Row, question: Question) -> Iterator[Denial]:
    """What it takes to touch a member's record, besides who one is."""
    if question.relation is None and not row.anybody_yet:
        yield Denial.PERSON
    if question.relation in _RELATION:
        yield _RELATION[question.relation]
    if row.case and not question.has_case:
        yield Denial.CASE
    if row.reasons and question.reason is None:
        yield Denial.REASON
    elif row.reasons and not _may_give(row, question):
        yield Denial.WRONG_REASON
    if question.people > row.at_most:
        yield Denial.TOO_MANY


def _may_give(row: Row, question: Question) -> bool:
    """A duty that the act is for has to be one that may give the reason."""
    if question.reason is None or question.reason not in row.reasons:
        return False
    return bool(REASONS[question.reason].duties & row.duties & question.standing.duties)


def waits(act: Act) -> bool:
    """Whether an act is written down as a proposal and done when another person approved it."""
    return bool(POLICY[act].approvers)


def case_end(opened_at: datetime, approved_at: datetime | None) -> datetime:
    """Until when a case holds; one that waits for approval, until when it can be approved."""
    return (approved_at or opened_at) + CASE_LASTS


def signature_end(signed_at: datetime) -> datetime:
    """Twelve months after the signature, at the same time of day."""
    moment = signed_at.astimezone(UTC)
    return datetime.combine(months_after(moment.date(), AGREEMENT_MONTHS), moment.timetz())


def agreement_digest(texts: Mapping[str, str]) -> str:
    """SHA-256 over the texts in the order of their languages; the same texts always have the same."""
    parts = (f"{language}\0{texts[language]}\0" for language in sorted(texts))
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def is_sound_text(text: str, longest: int) -> bool:
    """Not empty, not too long, without control or direction marks, line breaks, or spaces at its ends."""
    return bool(text) and len(text) <= longest and text.isprintable() and text == text.strip()


_PARTICLES = frozenset({"af", "da", "de", "del", "den", "der", "di", "du", "la", "le", "ten", "van", "von", "zu"})


def family_words(family_name: str) -> frozenset[str]:
    """What a family name is compared by: its parts in lower case without accents, without words such as "von"."""
    plain = unicodedata.normalize("NFKD", family_name.casefold())
    letters = "".join(each for each in plain if not unicodedata.combining(each))
    words = frozenset(letters.replace("-", " ").split())
    return words - _PARTICLES or words


def are_namesakes(one: str, other: str) -> bool:
    """Whether two family names have a part in common: Ahonen and Ahonen-Ek, Åberg and Aberg."""
    return bool(family_words(one) & family_words(other))


def family_name_of(name: str) -> str:
    """The family name in a full one: all but the first word, or the only word."""
    first, _, rest = name.strip().partition(" ")
    return rest or first
