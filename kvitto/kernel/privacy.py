"""How every stored field is classified: what class of data, why it is held, until when, and whether its subject gets it.

Each model carries an inner class `Privacy` with one `Held` per field; a test fails when one is missing or too many.
"""

from dataclasses import dataclass
from enum import StrEnum


class FieldClass(StrEnum):
    """What a field says about a person."""

    NONE = "none"  # says nothing about anybody
    IDENTIFIER = "identifier"  # points at a person: ids, card numbers, user names
    IDENTITY = "identity"  # says who a person is: name, birth date, language
    PURCHASE = "purchase"  # says what, where or when somebody bought
    CHOICE = "choice"  # what somebody decided
    CREDENTIAL = "credential"  # lets somebody in
    KEY = "key"  # makes sealed data readable
    TRACE = "trace"  # says who did what


class Rule(StrEnum):
    """Until when a field is held."""

    REFERENCE = "while it is in use: reference data about no person"
    PURCHASE_WINDOW = "24 months from the business day"
    ARCHIVE = "24 months from the business day, and no longer than the member keeps the archive turned on"
    WARRANTY = "until the guarantee ends, and no longer than the member keeps the service turned on"
    RETURNED = "with the warranty receipt that it is of; without one 30 days"
    KEY = "as long as what it opens"
    ACCOUNTS = "until the end of the seventh year after it was booked, for the accounts; what is owed, until it is paid"
    MEMBERSHIP = "until the person is erased"
    ACCOUNT = "until the account is closed"
    AUDIT = "as long as the register stands, to show who could do what"
    TRACE = "five years; then nothing is left of it but a hash, of which nothing can be read"
    LOOK_UPS = "91 days"
    QUESTION = "two years after it was answered"
    UNKNOWN_CARD = "14 days"
    CLAIM = "30 days, or until the receipt comes in"
    REFUSAL = "90 days, or until the receipt comes in well"
    SESSION = "until the session ends"
    FAILURE = "24 hours after the last try"
    CODE = "until the code's time is over"
    NOTICE = "90 days after it was read, and in any case no longer than a year"
    TILL_KEY = "as long as deliveries name the key"
    INVITATION = "90 days after the invitation's time is over"


@dataclass(frozen=True, slots=True)
class Held:
    """One field's classification."""

    field_class: FieldClass
    why: str
    until: Rule
    exported: bool


def reference(why: str) -> Held:
    """A field of reference data about no person."""
    return Held(FieldClass.NONE, why, Rule.REFERENCE, exported=False)
