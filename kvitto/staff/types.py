"""Duties, acts, reasons, and the question whether somebody may do something."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Self

from kvitto.kernel.actor import ActorKind


class Duty(StrEnum):
    """What a staff person is there for. Somebody can have several, or none."""

    SERVICE_POINT = "service_point"
    DATA_HANDLER = "data_handler"
    ANALYST = "analyst"
    MARKETER = "marketer"
    PRIVACY_OFFICER = "privacy_officer"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Act(StrEnum):
    """Everything that anybody can do at any door; the part before the point is the group it belongs to."""

    PUBLIC_FRONT = "public.front"
    PUBLIC_LEVELS = "public.levels"
    PUBLIC_WHAT_WE_RECORD = "public.what_we_record"
    PUBLIC_LOOK_UPS = "public.look_ups"
    PUBLIC_CHECK_PROOF = "public.check_proof"
    PUBLIC_LANGUAGE = "public.language"
    PUBLIC_API = "public.api"
    PUBLIC_APP = "public.app"
    PUBLIC_SIGN_IN = "public.sign_in"
    PUBLIC_SIGN_OUT = "public.sign_out"
    PUBLIC_ACTIVATE = "public.activate"
    PUBLIC_CONFIRM = "public.confirm"
    PUBLIC_DESIGN = "public.design"
    DEMO_BECOME = "demo.become"

    OWN_VIEW_PURCHASES = "own.view_purchases"
    OWN_SEARCH = "own.search"
    OWN_RECEIPTS = "own.receipts"
    OWN_CLAIM = "own.claim"
    OWN_ARCHIVE = "own.archive"
    OWN_WARRANTIES = "own.warranties"
    OWN_EXPORT = "own.export"
    OWN_CARD = "own.card"
    OWN_ACCOUNT = "own.account"
    OWN_TRACES = "own.traces"
    OWN_ASK = "own.ask"
    OWN_CHOICES = "own.choices"
    OWN_EVERYTHING = "own.everything"
    OWN_REMOVE = "own.remove"
    OWN_NOTICES = "own.notices"
    OWN_SECURITY = "own.security"
    OWN_BONUS = "own.bonus"
    OWN_HOUSEHOLD = "own.household"
    OWN_KEEP_BACK = "own.keep_back"

    STAFF_SIGN_IN = "staff.sign_in"
    STAFF_HOME = "staff.home"
    STAFF_SECOND_FACTOR = "staff.second_factor"
    STAFF_OWN_SESSIONS = "staff.own_sessions"
    STAFF_SIGN_AGREEMENT = "staff.sign_agreement"

    MEMBER_FIND = "member.find"
    MEMBER_VIEW_IDENTITY = "member.view_identity"
    MEMBER_VIEW_MEMBERSHIP = "member.view_membership"
    MEMBER_VIEW_CHOICES = "member.view_choices"
    MEMBER_REGISTER_CHOICE = "member.register_choice"
    MEMBER_REMOVE = "member.remove"
    MEMBER_VIEW_HOUSEHOLD = "member.view_household"
    MEMBER_VIEW_BONUS = "member.view_bonus"
    MEMBER_ISSUE_CODE = "member.issue_code"
    HOUSEHOLD_CHANGE = "household.change"
    MEMBERS_IMPORT = "register.import"

    CASE_OPEN = "case.open"
    STAFF_OWN_CASES = "staff.own_cases"
    CASE_APPROVE = "case.approve"
    LINES_OPEN = "lines.open"
    LINES_BREAK_GLASS = "lines.break_glass"
    GLASS_REVIEW = "glass.review"

    DUTY_ADD_PERSON = "duty.add_person"
    DUTY_RESET_SIGN_IN = "duty.reset_sign_in"
    DUTY_PROPOSE = "duty.propose"
    DUTY_APPROVE = "duty.approve"
    DUTY_END = "duty.end"
    AGREEMENT_PUBLISH = "agreement.publish"
    AGREEMENT_VIEW = "agreement.view"
    ACCESS_VIEW_TABLE = "access.view_table"
    APPROVALS_VIEW = "approvals.view"
    CHANGE_APPROVE = "change.approve"

    NETWORK_VIEW = "network.view"
    NETWORK_LOAD = "network.load"
    ASSORTMENT_LOAD = "assortment.load"
    PROCESSORS_LOAD = "processors.load"
    BONUS_LOAD = "bonus.load"
    BONUS_SETTLE = "bonus.settle"
    BONUS_PAY = "bonus.pay"
    RECEIPTS_IMPORT = "receipts.import"
    RECEIPTS_ASK = "receipts.ask"
    RECEIPTS_WANT = "receipts.want"
    RECEIPTS_CHECK_CARD = "receipts.check_card"
    RECEIPTS_VIEW_CONFLICTS = "receipts.view_conflicts"
    RECEIPTS_DECIDE_CONFLICT = "receipts.decide_conflict"
    RECEIPTS_VIEW_GAPS = "receipts.view_gaps"
    RECEIPTS_SETTLE_GAP = "receipts.settle_gap"
    RECEIPTS_VIEW_QUARANTINE = "receipts.view_quarantine"
    RECEIPTS_SHOW_FORMAT = "receipts.show_format"
    RECEIPTS_INSPECT = "receipts.inspect"
    RETENTION_RUN = "retention.run"
    CATEGORIES_SWEEP = "categories.sweep"
    RETENTION_CHANGE = "retention.change"
    KEYS_DESTROY = "keys.destroy"
    EXPORT_BULK = "export.bulk"
    THRESHOLD_CHANGE = "threshold.change"

    AUDIT_VIEW = "audit.view"
    AUDIT_LOOK_UPS = "audit.look_ups"
    OVERSIGHT_ANSWER = "oversight.answer"
    OVERSIGHT_WATCH = "oversight.watch"
    LOG_PROVE = "log.prove"
    INSIGHT_QUERY = "insight.query"
    AUDIENCE_BUILD = "audience.build"
    PUBLICATION_SEND = "publication.send"

    TILL_KEY_ISSUE = "till_key.issue"
    TILL_KEY_REVOKE = "till_key.revoke"
    TILL_KEY_VIEW = "till_key.view"
    DB_OPERATE = "db.operate"
    BENCH_RUN = "bench.run"
    DEMO_LOAD = "demo.load"
    SERVE_RUN = "serve.run"
    JOBS_WORK = "jobs.work"
    NOTICES_MAIL = "notices.mail"
    WARRANTIES_REMIND = "warranties.remind"
    NOTICES_VIEW_UNSENT = "notices.view_unsent"

    @property
    def group(self) -> str:
        """What the act is about: own, member, lines, duty..."""
        return self.value.partition(".")[0]


class Reason(StrEnum):
    """Why staff look a person up; it stands in the trace, and the person sees it."""

    MEMBER_ASKED = "member_asked"
    CLAIM = "claim"
    MISUSE = "misuse"
    PRODUCT_SAFETY = "product_safety"
    AUTHORITY = "authority"
    FAULT = "fault"


class Proof(StrEnum):
    """How a member has shown at a service point, or on the phone, who they are. It is the reference of that look-up."""

    ID_CARD = "id_card"
    PASSPORT = "passport"
    DRIVING_LICENCE = "driving_licence"
    QUESTIONS = "questions"


class Finding(StrEnum):
    """What the privacy officer found about cases that were opened without a colleague."""

    JUSTIFIED = "justified"
    UNJUSTIFIED = "unjustified"


class Relation(StrEnum):
    """What the person whose record it is, is to the one who asks."""

    STRANGER = "stranger"
    SELF = "self"
    HOUSEHOLD = "household"
    NAMESAKE = "namesake"


class AgreementState(StrEnum):
    """Whether a staff person's confidentiality agreement holds."""

    VALID = "valid"
    MISSING = "missing"  # never signed one
    EXPIRED = "expired"  # signed the text that holds, too long ago
    OUTDATED = "outdated"  # signed an earlier text only


class Denial(StrEnum):
    """Why something is refused: a code, and in `words` a plain sentence. In the order in which they are asked."""

    words: str

    def __new__(cls, code: str, words: str) -> Self:
        """The code is the value; the sentence goes along."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.words = words
        return member

    SIGN_IN = "sign_in", "Sign in first."
    NOT_FOR_YOU = "not_for_you", "This is not for accounts of your kind."
    NOT_YOURS = "not_yours", "Only the person whose data these are can do this."
    ARCHIVE_OFF = "archive_off", "The member has not turned the receipt archive on."
    DUTY = "duty", "None of your duties includes this."
    AGREEMENT_MISSING = "agreement_missing", "Sign the confidentiality agreement first."
    AGREEMENT_EXPIRED = "agreement_expired", "Your confidentiality agreement has expired. Sign it again."
    AGREEMENT_OUTDATED = "agreement_outdated", "The confidentiality agreement has a new text. Read and sign it."
    PERSON = "person", "Say first whose record it is."
    OWN_RECORD = "own_record", "This is your own record. A colleague has to help you, as any other member."
    HOUSEHOLD_RECORD = "household_record", "This is the record of your own household. A colleague has to do this."
    NAMESAKE_RECORD = "namesake_record", "This person has your family name. A colleague has to do this."
    CASE = "case", "Open a case for this person first."
    REASON = "reason", "Say for what reason."
    WRONG_REASON = "wrong_reason", "Your duty does not allow this for that reason."
    TOO_MANY = "too_many", "This is more people than may be looked at in one go."
    SECOND_PERSON = "second_person", "Another person has to approve this first."
    FRESH_FACTOR = "fresh_factor", "Confirm with your second factor again."


@dataclass(frozen=True, slots=True)
class Standing:
    """Who asks: at which door they came in, what they may do there, and how sure it is that it is them."""

    kind: ActorKind
    duties: frozenset[Duty] = frozenset()
    agreement: AgreementState = AgreementState.MISSING
    fresh_factor: bool = False  # a second factor was shown a moment ago


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person whose record it is allows, as far as the policy asks."""

    archive: bool = False


NO_CHOICES = Choices()


@dataclass(frozen=True, slots=True)
class Question:
    """May this standing do this act, in these circumstances? Whatever is left out counts as missing.

    `relation`: None where it is not known whose record it is, or where the act is about nobody's.
    `approved`: two different people stand behind it, one who proposed it and one who agreed.
    `member_asked`: the person whose record it is asked for this.
    """

    standing: Standing
    act: Act
    reason: Reason | None = None
    has_case: bool = False
    relation: Relation | None = None
    member_asked: bool = False
    approved: bool = False
    people: int = 1
    choices: Choices = NO_CHOICES


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer; `why` is the first requirement that is missing. `tell_privacy_officer`: at once, in the same act."""

    allowed: bool
    why: Denial | None = None
    tell_privacy_officer: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the policy. Requirements from `duties` on hold for staff; the others have none of them.

    An empty set of duties means every staff person; an empty set of reasons, that no reason is asked for.
    `anybody_yet`: it may be asked before it is known whose record it is.
    `approvers`: whose approval it takes when an act waits as a proposal; empty where it does not.
    """

    words: str  # completes "This person can ..."
    who: frozenset[ActorKind]
    own_only: bool = False
    archive: bool = False
    duties: frozenset[Duty] = frozenset()
    agreement: bool = False
    strangers_only: bool = False
    anybody_yet: bool = False
    reasons: frozenset[Reason] = frozenset()
    case: bool = False
    at_most: int = 1
    second_person: bool = False
    second_person_unless_member_asked: bool = False
    fresh_factor: bool = False
    tells_privacy_officer: bool = False
    approvers: frozenset[Duty] = frozenset()


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """A reason in words, and the duties that may give it."""

    words: str
    duties: frozenset[Duty]


@dataclass(frozen=True, slots=True)
class StaffMember:
    """Somebody who works here. `person_id`: the same human in the customer register, where known."""

    staff_id: int
    account_id: int
    name: str
    person_id: int | None


@dataclass(frozen=True, slots=True)
class HeldDuty:
    """A duty that holds now, to show to staff. `approved_by` is empty for the first two administrators."""

    duty_id: int
    staff_id: int
    name: str
    duty: Duty
    since: date
    until: date | None
    proposed_by: str
    approved_by: str

    @property
    def last_day(self) -> date | None:
        """The last day of it; None without end."""
        return self.until - timedelta(days=1) if self.until else None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A duty that waits for a second person. Whoever proposed it cannot approve it, and nobody their own."""

    duty_id: int
    staff_id: int
    name: str
    duty: Duty
    since: date
    until: date | None
    proposer_id: int
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime

    @property
    def last_day(self) -> date | None:
        """The last day of it; None without end."""
        return self.until - timedelta(days=1) if self.until else None


@dataclass(frozen=True, slots=True)
class WaitingChange:
    """Another act that waits for a second person; the payload names ids and figures, never a personal value."""

    change_id: int
    act: Act
    payload: dict[str, object] = field(hash=False)
    proposer_id: int
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class WaitingCase:
    """A case that waits for a second person, without saying whose record it is about."""

    case_id: int
    reference: str
    reason: Reason
    opener_id: int
    opened_by: str
    opened_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case of one staff person's about one member, until `ends_at`. `number` names it in traces."""

    case_id: int
    number: str
    duty: Duty  # under which it was opened: what it lets its opener see
    reference: str
    reason: Reason
    person_id: int
    member_asked: bool
    approved: bool
    break_glass: bool
    opened_at: datetime
    ends_at: datetime
    store_id: int | None = None  # at whose service point the member asks

    @property
    def usable(self) -> bool:
        """Whether somebody else stands behind it: the member, a colleague, or afterwards the privacy officer."""
        return self.member_asked or self.approved or self.break_glass


@dataclass(frozen=True, slots=True)
class Glass:
    """Cases about several members that one person opened at once, without a colleague, since a product is dangerous."""

    glass_id: int
    reference: str
    opener_id: int
    opened_by: str
    opened_at: datetime
    ends_at: datetime
    people: int
    review_due: datetime
    reviewed_by: str
    reviewed_at: datetime | None
    finding: Finding | None


@dataclass(frozen=True, slots=True)
class Signatory:
    """Somebody who works here: their duties of today, and whether their agreement holds, and until when."""

    staff_id: int
    name: str
    duties: tuple[HeldDuty, ...] = field(hash=False)
    agreement: AgreementState
    until: datetime | None


@dataclass(frozen=True, slots=True)
class AgreementText:
    """A version of the confidentiality agreement, its text by language."""

    version: int
    texts: dict[str, str] = field(hash=False)
    digest: str
    valid_from: datetime
