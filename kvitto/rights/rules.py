"""What each column about a person is in plain words, which acts show it to whom, and when a list of processors is sound.

The words are translated where they are shown; `tools.messages` gathers them from here and from the models.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import TypeVar

from kvitto.kernel.actor import ActorKind
from kvitto.kernel.errors import InvalidError, KvittoError
from kvitto.kernel.privacy import FieldClass, Held
from kvitto.rights.types import Chapter, Difference, Handed, Handing, Kind, Processor, Recorded, Seen, Thing, Topic
from kvitto.staff.rules import POLICY
from kvitto.staff.types import Act, Duty

T = TypeVar("T")

THINGS: tuple[Thing, ...] = (
    Thing(Topic.PERSON, "Name", ("members_person.given_name", "members_person.family_name")),
    Thing(Topic.PERSON, "Language", ("members_person.language",)),
    Thing(Topic.PERSON, "Date of birth", ("members_person.birth_date",)),
    Thing(
        Topic.PERSON,
        "Postal address",
        ("members_person.street", "members_person.postal_code", "members_person.town", "members_person.country"),
    ),
    Thing(Topic.PERSON, "E-mail address and phone number", ("members_contact.*",)),
    Thing(Topic.PERSON, "Home co-op, from when until when", ("members_membership.*",)),
    Thing(Topic.PERSON, "Membership number", ("members_person.number",)),
    Thing(Topic.PERSON, "The household, its people and guardians, and invitations to it", ("households.*",)),
    Thing(Topic.PERSON, "Since when the person is in the register", ("members_person.registered_at",)),
    Thing(Topic.PERSON, "Numbers inside the register", ("members_person.*",)),
    Thing(Topic.CARDS, "Card number", ("members_card.number",)),
    Thing(Topic.CARDS, "Whose it is, from when until when", ("members_card.*",)),
    Thing(Topic.CHOICES, "Each decision, its day and the way it was told", ("choices_statement.*",)),
    Thing(Topic.CHOICES, "Codes in letters that ask for a yes", ("choices_letter.*",)),
    Thing(Topic.CHOICES, "Notices of what was done for the member, and their mail", ("notices_notice.*",)),
    Thing(
        Topic.PURCHASES,
        "Store, day and time",
        (
            "purchases_receipt.store_id",
            "purchases_receipt.business_day",
            "purchases_receipt.begin_time",
            "purchases_receipt.end_time",
        ),
    ),
    Thing(
        Topic.PURCHASES,
        "The till and the receipt's number",
        ("purchases_receipt.workstation", "purchases_receipt.sequence", "purchases_receipt.code"),
    ),
    Thing(Topic.PURCHASES, "The total", ("purchases_receipt.total_cents", "purchases_receipt.currency")),
    Thing(Topic.PURCHASES, "What was bought, the tax and how it was paid", ("purchases_receipt.sealed",)),
    Thing(
        Topic.PURCHASES,
        "How much is recorded, and why",
        (
            "purchases_receipt.level",
            "purchases_receipt.level_reason",
            "purchases_receipt.channel",
            "purchases_receipt.kind",
        ),
    ),
    Thing(Topic.PURCHASES, "What the Bonus counts", ("purchases_receipt.bonus_basis",)),
    Thing(
        Topic.PURCHASES, "The Bonus: what each month brought, corrections, payments", ("bonus_entry.*", "bonus_cause.*")
    ),
    Thing(Topic.PURCHASES, "Months whose Bonus waits to be computed again", ("bonus_late.*",)),
    Thing(Topic.PERSON, "The account that the Bonus is paid to", ("bonus_account.*",)),
    Thing(Topic.PURCHASES, "Receipts that are kept back from the household", ("purchases_kept_back.*",)),
    Thing(Topic.PURCHASES, "Which receipts returned goods were on", ("purchases_link.*",)),
    Thing(Topic.PURCHASES, "What a receipt was before its till corrected it", ("purchases_superseded.*",)),
    Thing(Topic.PURCHASES, "That a till took a receipt back", ("purchases_receipt.voided_at", "purchases_voiding.*")),
    Thing(Topic.PURCHASES, "Whose receipt it is, and checks that it is stored once", ("purchases_receipt.*",)),
    Thing(Topic.PURCHASES, "The receipt archive, where it is turned on", ("archive_receipt.*",)),
    Thing(Topic.PURCHASES, "Warranty receipts, where they are turned on", ("warranties_warranty.*",)),
    Thing(Topic.PURCHASES, "Goods that came back, where warranty receipts are turned on", ("warranties_returned.*",)),
    Thing(Topic.PURCHASES, "The keys that open what was bought", ("vault.*",)),
    Thing(Topic.PURCHASES, "A receipt that came twice with other content", ("intake_conflict.*",)),
    Thing(Topic.PURCHASES, "A receipt that was refused", ("intake_quarantine.*",)),
    Thing(Topic.PURCHASES, "A receipt that the member says is theirs, until it comes", ("intake_claim.*",)),
    Thing(Topic.PURCHASES, "A receipt with a card that nobody holds", ("intake_unknown_card.*",)),
    Thing(Topic.SIGN_IN, "User name", ("accounts_account.username",)),
    Thing(Topic.SIGN_IN, "Password", ("accounts_account.password",)),
    Thing(Topic.SIGN_IN, "The account and its last use", ("accounts_account.*",)),
    Thing(Topic.SIGN_IN, "Devices that are signed in", ("accounts_session.*",)),
    Thing(Topic.SIGN_IN, "The token for the member's own tools", ("accounts_token.*",)),
    Thing(Topic.SIGN_IN, "Codes for setting up the sign-in", ("members_code.*",)),
    Thing(Topic.SIGN_IN, "Tries that failed", ("accounts_failure.*",)),
    Thing(Topic.TRACES, "The record of acts", ("audit_entry.*",)),
    Thing(Topic.TRACES, "Cases in which staff looked a member up", ("staff_case.*",)),
    Thing(Topic.TRACES, "Questions about look-ups, and their answers", ("oversight_question.*",)),
    Thing(Topic.TRACES, "Deliveries of receipts", ("intake_delivery.*",)),
    Thing(Topic.STAFF, "The staff person", ("staff_person.*",)),
    Thing(
        Topic.STAFF, "The second factor and codes for a lost device", ("accounts_factor.*", "accounts_recovery_code.*")
    ),
    Thing(Topic.STAFF, "Keys of tills", ("tills.*",)),
    Thing(Topic.STAFF, "Duties", ("staff_duty.*",)),
    Thing(Topic.STAFF, "Signatures of the confidentiality agreement", ("staff_signature.*",)),
    Thing(Topic.STAFF, "What was opened without a colleague, and its review", ("staff_glass.*",)),
    Thing(Topic.STAFF, "What stood out in look-ups, and what was found", ("oversight_alert.*",)),
    Thing(Topic.STAFF, "How many look-ups there were on a day", ("oversight_day.*",)),
    Thing(Topic.STAFF, "Changes that two people agreed on", ("staff_change.*",)),
)
_THING_OF: dict[str, Thing] = {name: thing for thing in THINGS for name in thing.names}

SHOWN_BY: dict[Topic, tuple[Act, ...]] = {  # to others than the person; a test counts the acts on people's data
    Topic.PERSON: (Act.MEMBER_FIND, Act.MEMBER_VIEW_IDENTITY, Act.MEMBER_VIEW_HOUSEHOLD),
    Topic.CARDS: (Act.MEMBER_VIEW_MEMBERSHIP,),
    Topic.CHOICES: (Act.MEMBER_VIEW_CHOICES, Act.MEMBER_REGISTER_CHOICE, Act.MEMBER_REMOVE),
    Topic.PURCHASES: (
        Act.MEMBER_VIEW_BONUS,
        Act.MEMBER_CLAIM,
        Act.CASE_OPEN,
        Act.CASE_APPROVE,
        Act.LINES_OPEN,
        Act.LINES_BREAK_GLASS,
        Act.EXPORT_BULK,
        Act.RECEIPTS_VIEW_QUARANTINE,
        Act.RECEIPTS_VIEW_CONFLICTS,
    ),
    Topic.SIGN_IN: (Act.MEMBER_ISSUE_CODE,),
    Topic.TRACES: (Act.STAFF_OWN_CASES, Act.GLASS_REVIEW, Act.AUDIT_VIEW, Act.AUDIT_LOOK_UPS, Act.OVERSIGHT_ANSWER),
    Topic.STAFF: (Act.ACCESS_VIEW_TABLE, Act.AGREEMENT_VIEW, Act.APPROVALS_VIEW, Act.DUTY_ADD_PERSON),
}
OF_MEMBERS = tuple(topic for topic in Topic if topic is not Topic.STAFF)
NEVER_HANDED = {FieldClass.CREDENTIAL, FieldClass.KEY}
EEA = {  # the European Economic Area
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
    "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
}  # fmt: skip
LANGUAGES = ("sv", "fi", "en")


class UnnamedColumnError(KvittoError):
    """A column about a person has no words in `THINGS`: nobody would read of it."""


class ProcessorsRefusedError(InvalidError):
    """The list of processors is not sound; `problems` names every place."""

    def __init__(self, problems: Collection[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("the list of processors is refused:\n" + "\n".join(self.problems))


# What is held


def thing_of(name: str) -> Thing | None:
    """The thing that `table.column` belongs to."""
    table = name.partition(".")[0]
    room = table.partition("_")[0]
    return _THING_OF.get(name) or _THING_OF.get(f"{table}.*") or _THING_OF.get(f"{room}.*")


def chapters(held: Mapping[str, Held], topics: Collection[Topic]) -> list[Chapter]:
    """Everything that is held on some topics, in the order of `THINGS`. `held` goes from `table.column` to what is said of it.

    Raises UnnamedColumnError when a column of `held` is about a person and has no words.
    """
    of_thing: dict[Thing, list[str]] = {thing: [] for thing in THINGS}
    for name in held:
        thing = thing_of(name)
        if thing is None:
            raise UnnamedColumnError(f"{name} is about a person and has no words: add it to kvitto/rights/rules.py")
        of_thing[thing].append(name)
    found = []
    for topic in topics:
        recorded = tuple(
            _recorded(thing, names, held) for thing, names in of_thing.items() if thing.topic is topic and names
        )
        until = _unique(rule for each in recorded for rule in each.until)
        found.append(Chapter(topic, until, recorded, tuple(map(_seen, SHOWN_BY[topic]))))
    return found


def _recorded(thing: Thing, names: list[str], held: Mapping[str, Held]) -> Recorded:
    reasons = _unique(held[name].why for name in names)
    return Recorded(thing.words, reasons, _unique(held[name].until for name in names), tuple(names))


def _seen(act: Act) -> Seen:
    row = POLICY[act]
    duties = tuple(duty for duty in Duty if duty in row.duties)
    return Seen(act, row.words, duties, tuple(kind for kind in (ActorKind.OPERATOR,) if kind in row.who))


def _unique(values: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))


# Who gets it


def handing(processors: Iterable[Processor], *, today: date) -> Handing:
    """Processors of today, of coming days and of past ones, each with what it gets in words."""
    shown = [Handed(each, _unique(_words(name) for name in each.names)) for each in processors]
    return Handing(
        now=tuple(each for each in shown if _holds(each.processor, today)),
        ahead=tuple(each for each in shown if each.processor.start > today),
        past=tuple(each for each in shown if each.processor.end and each.processor.end <= today),
    )


def _words(name: str) -> str:
    """A column that is no more keeps its name: what was once handed out stays on the list."""
    thing = thing_of(name)
    return thing.words if thing else name


def _holds(processor: Processor, today: date) -> bool:
    return processor.start <= today and (processor.end is None or today < processor.end)


def recipients(chapter: Chapter, handed: Iterable[Handed]) -> list[str]:
    """The names of those who get anything of a chapter."""
    names = {name for each in chapter.recorded for name in each.names}
    return [each.processor.name for each in handed if names & set(each.processor.names)]


def place(number: int, name: str) -> str:
    """Where in the file: `processor 2 (Print and post)`."""
    return f"processor {number} ({name})" if name else f"processor {number}"


def placed(processors: Iterable[Processor]) -> dict[str, Processor]:
    """Each by its place in the list."""
    return {place(number, each.name): each for number, each in enumerate(processors, start=1)}


def processor_problems(processors: Mapping[str, Processor], held: Mapping[str, Held]) -> list[str]:
    """Unknown or refused fields, backward periods, and periods of one processor that overlap, each with its place.

    `processors` go by their places; `held` from `table.column` to what is said of it, of columns about people only.
    """
    problems = []
    by_name: dict[str, list[tuple[Processor, str]]] = {}
    for where, each in processors.items():
        if each.end is not None and each.end <= each.start:
            problems.append(f"{where}: the period from {each.start} until {each.end} ends before it begins")
        else:
            by_name.setdefault(each.name, []).append((each, where))
        problems += [f"{where}, fields: {problem}" for problem in _field_problems(each.names, held)]
    for listed in by_name.values():
        listed.sort(key=lambda pair: pair[0].start)
        for (one, _), (other, where) in pairwise(listed):
            if one.end is None or one.end > other.start:
                problems.append(f"{where}: from {other.start} overlaps the period of the same name from {one.start}")
    return problems


def _field_problems(names: tuple[str, ...], held: Mapping[str, Held]) -> Iterator[str]:
    if not names:
        yield "at least one field is expected: who gets nothing is no processor"
    for name in _unique(name for name in names if names.count(name) > 1):
        yield f'"{name}" is there twice'
    for name in _unique(names):
        known = held.get(name)
        if known is None:
            yield f'"{name}" is no field about a person; a field is named like members_person.given_name'
        elif known.field_class in NEVER_HANDED:
            yield f'"{name}" lets somebody in or opens what is sealed: nobody ever gets it'


def differences(
    current: Collection[Processor], wanted: Collection[Processor], *, today: date
) -> tuple[list[Difference], list[str]]:
    """What loading `wanted` does, in its order; and what forbids it: a period that has begun stays as it was told.

    Of such a period only the end, the purpose and the country can change: its fields, its name and its first day are what the
    public was told. Other fields are a new period.
    """
    known = {(each.name, each.start): each for each in current}
    asked = {(each.name, each.start): each for each in wanted}
    found, problems = [], []
    for (name, start), new in asked.items():
        old = known.get((name, start))
        if old is None:
            found.append(Difference(Kind.NEW, name, start))
            continue
        changes = tuple(_changes(old, new))
        found.append(Difference(Kind.CHANGED if changes else Kind.UNCHANGED, name, start, changes))
        if "fields" in changes and start <= today:
            problems.append(
                f"{name} from {start}: has begun, so its fields stay: end it, and begin a period with the others"
            )
    for name, start in sorted(known.keys() - asked.keys()):
        if start <= today:
            problems.append(f"{name} from {start}: has begun, so it stays on the list: give it an end instead")
        else:
            found.append(Difference(Kind.WITHDRAWN, name, start))
    return found, problems


def _changes(old: Processor, new: Processor) -> Iterator[str]:
    if old.end != new.end:
        yield f"until {old.end or 'further notice'} -> {new.end or 'further notice'}"
    if old.country != new.country:
        yield f"country {old.country} -> {new.country}"
    if dict(old.purpose) != dict(new.purpose):
        yield "what_for"
    if set(old.names) != set(new.names):
        yield "fields"


def line(difference: Difference) -> str:
    """A difference as one line of text."""
    changes = f": {'; '.join(difference.changes)}" if difference.changes else ""
    return f"{difference.kind:<10}{difference.name} from {difference.start}{changes}"
