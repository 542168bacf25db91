"""How long notices are kept, how often a mail is tried, and which mail server may be used."""

from collections.abc import Collection
from datetime import timedelta
from urllib.parse import unquote, urlsplit

from kvitto.accounts.rules import is_here
from kvitto.notices.types import Kind, MailServer

READ_KEPT = timedelta(days=90)  # from the reading
KEPT = timedelta(days=365)  # from the making, read or not

TRIES = 12  # with the waits between them, a day and a half: longer than a server is usually down
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=5), timedelta(hours=6)

STATED: Collection[Kind] = (Kind.CHOICE_HOLDS, Kind.CHOICE_WAITS, Kind.CHOICE_CONFIRMED)  # they name a statement
NUMBERED: Collection[Kind] = (*STATED, Kind.WARRANTY_ENDS)  # that names the days
WITH_WAY: Collection[Kind] = (Kind.CHOICE_HOLDS, Kind.CHOICE_WAITS, Kind.RECORDED_REMOVED, Kind.RECEIPT_CLAIMED)

_PORTS = {"smtps": 465, "smtp": 587}


def wait_after(tries: int) -> timedelta | None:
    """How long to wait after so many failed tries; None: it is not tried again."""
    return min(_FIRST_WAIT * 2 ** (tries - 1), _LONGEST_WAIT) if tries < TRIES else None


def mail_server(address: str) -> MailServer | None:
    """The server of `smtps://user@host:465` (TLS from the start) or `smtp://user@host:587` (STARTTLS); None for what is neither.

    Nothing goes to another machine unencrypted: plain SMTP is spoken to this machine only.
    """
    try:
        parts = urlsplit(address)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    if not parts.hostname or parts.password is not None or parts.path not in {"", "/"} or parts.query or parts.fragment:
        return None
    from_start = parts.scheme == "smtps"
    start_tls = not from_start and not is_here(parts.hostname)
    return MailServer(parts.hostname, port, unquote(parts.username or ""), from_start, start_tls)
