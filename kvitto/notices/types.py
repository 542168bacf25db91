"""Notices, as they are made, read and mailed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a notice tells."""

    CHOICE_HOLDS = "choice_holds"  # staff wrote a choice down, and it holds
    CHOICE_WAITS = "choice_waits"  # staff wrote a choice down, and it waits for the person's yes
    CHOICE_CONFIRMED = "choice_confirmed"  # what waited was confirmed with the code from a letter
    RECORDED_REMOVED = "recorded_removed"  # staff had what was recorded removed, as the person asked
    RECEIPT_CLAIMED = "receipt_claimed"  # staff wrote down that a receipt without the card is the person's
    HOUSEHOLD_JOINED = "household_joined"  # to the main member: an adult has come in
    HOUSEHOLD_LEFT = "household_left"  # to the main member: an adult has gone
    HOUSEHOLD_TAKEN_OUT = "household_taken_out"  # to the one whose place was ended
    HOUSEHOLD_MAIN_OFFERED = "household_main_offered"  # to the one who may become the main member
    HOUSEHOLD_MAIN_HANDED_OVER = "household_main_handed_over"  # to the one who was the main member
    HOUSEHOLD_MAIN_NAMED = "household_main_named"  # to the one who was named the main member
    HOUSEHOLD_GUARDIAN_NAMED = "household_guardian_named"  # to the new guardian
    RECORD_OPENED = "record_opened"  # staff have looked at something of the person's
    QUESTION_ANSWERED = "question_answered"  # the privacy officer has answered a question about a look-up
    WARRANTY_ENDS = "warranty_ends"  # the guarantee of something bought ends within so many days


class Way(StrEnum):
    """The way in which a person had told what staff wrote down."""

    SERVICE_POINT = "service_point"
    PHONE = "phone"
    LETTER = "letter"


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice to the person who reads it. `number` is a statement's, or days."""

    notice_id: int
    kind: Kind
    number: int | None
    way: Way | None
    made_at: datetime
    unread: bool


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in. `port` and `user` as in the address; `user` is empty where none is asked for."""

    host: str
    port: int
    user: str
    tls_from_start: bool
    start_tls: bool


class Outcome(StrEnum):
    """What became of one notice in a run of the mail queue."""

    SENT = "sent"
    INBOX_ONLY = "inbox only"  # there is no address that is known to be the person's
    FAILED = "failed"  # this one was refused
    DOWN = "down"  # the server cannot be used
    TAKEN = "taken"  # another run has it


@dataclass(frozen=True, slots=True)
class MailRun:
    """What one run did: mails handed in, tries that failed, notices that stay in the inbox alone."""

    sent: int
    failed: int
    inbox_only: int


@dataclass(frozen=True, slots=True)
class Unsent:
    """A mail that has failed so far: the error without any value, and when it is tried again; None: never."""

    notice_id: int
    kind: Kind
    made_at: datetime
    tries: int
    error: str
    next_try: datetime | None
