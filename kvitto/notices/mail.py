"""Notices as e-mails: one run of the queue, which is the table.

A mail is noted as sent after the mail server has taken it. Who is stopped between the two sends it once more at the next run, with
the same Message-ID, by which mailboxes can tell that it is the same. Nothing is sent where no server is set up.
"""

import logging
from collections import Counter
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPResponseException
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from django.urls import reverse
from django.utils.translation import override

from kvitto.kernel.db import opened
from kvitto.members import queries as members
from kvitto.notices import queries
from kvitto.notices.models import Notice
from kvitto.notices.rules import wait_after
from kvitto.notices.texts import MAIL, SUBJECT, sentence
from kvitto.notices.types import Kind, MailRun, MailServer, Outcome, Way

log = logging.getLogger(__name__)

TIMEOUT = 20  # seconds that a mail server may take for one answer
OF_ONE_MAIL = (SMTPRecipientsRefused, SMTPDataError)  # the next one may well be taken


def send_due(*, now: datetime) -> MailRun:
    """Send what is due, each in a transaction of its own: this is the whole act of the job.

    Who has no verified address, or no longer, keeps the notice in the inbox alone. A server that cannot be used at all ends the
    run: it has cost one mail a try, and the others wait for the next run.
    """
    counts: Counter[Outcome] = Counter()
    server: MailServer | None = settings.MAIL_SERVER
    due = Notice.objects.filter(mail_at__lte=now).order_by("mail_at", "pk").values_list("pk", flat=True)
    if server is not None and (waiting := list(due)):
        connection = _connection(server)
        for notice_id in waiting:
            with opened():
                outcome = _one(connection, notice_id, now)
            counts[outcome] += 1
            if outcome is Outcome.DOWN:
                break
        with suppress(OSError):  # whatever it took is noted already
            connection.close()
    failed = counts[Outcome.FAILED] + counts[Outcome.DOWN]
    return MailRun(sent=counts[Outcome.SENT], failed=failed, inbox_only=counts[Outcome.INBOX_ONLY])


def _one(connection: EmailBackend, notice_id: int, now: datetime) -> Outcome:
    row = Notice.objects.select_for_update(skip_locked=True).filter(pk=notice_id, mail_at__lte=now).first()
    if row is None:
        return Outcome.TAKEN
    address = queries.mail_address(row.person_id)
    if address is None:
        row.mail_at = None
        row.save(update_fields=["mail_at"])
        return Outcome.INBOX_ONLY
    error = _send(connection, row, address)
    _note(row, error, now)
    if error is None:
        return Outcome.SENT
    return Outcome.FAILED if isinstance(error, OF_ONE_MAIL) else Outcome.DOWN


def _connection(server: MailServer) -> EmailBackend:
    return EmailBackend(
        host=server.host,
        port=server.port,
        username=server.user,
        password=Path(settings.MAIL_PASSWORD_FILE).read_text().strip() if server.user else "",
        use_ssl=server.tls_from_start,
        use_tls=server.start_tls,
        timeout=TIMEOUT,
    )


def _send(connection: EmailBackend, row: Notice, address: str) -> OSError | None:
    """Hand one mail in; what went wrong, if anything did."""
    try:
        connection.open()
        connection.send_messages([message(row, address)])
    except OSError as error:  # of the network, or one of SMTP's own
        return error
    return None


def message(row: Notice, address: str) -> EmailMessage:
    """The mail of a notice, in its person's language: what happened, and where to read it."""
    site: str = settings.SITE_URL
    with override(members.details(row.person_id).language):
        told = sentence(Kind(row.kind), row.number, Way(row.way) if row.way else None)
        subject = str(SUBJECT).format(service=settings.SERVICE_NAME)
        page = site + reverse("notices", urlconf=settings.ROOT_URLCONF)
        body = str(MAIL).format(sentence=told, page=page)
    headers = {"Message-ID": f"<notice-{row.pk}@{urlsplit(site).hostname}>", "Auto-Submitted": "auto-generated"}
    return EmailMessage(subject, body, settings.MAIL_FROM, [address], headers=headers)


def _note(row: Notice, error: OSError | None, now: datetime) -> None:
    if error is None:
        row.mail_at, row.mailed_at, row.mail_error = None, now, ""
    else:
        row.mail_tries += 1
        wait = wait_after(row.mail_tries)
        row.mail_at = now + wait if wait else None
        row.mail_error = _words(error)
        log.warning("notice %s could not be mailed, try %s: %s", row.pk, row.mail_tries, row.mail_error)
    row.save(update_fields=["mail_at", "mailed_at", "mail_tries", "mail_error"])


def _words(error: OSError) -> str:
    """An error's name and the server's code. Its text may repeat the address, and is never kept."""
    if isinstance(error, SMTPRecipientsRefused):
        code: object = next(iter(error.recipients.values()))[0]
    else:
        code = error.smtp_code if isinstance(error, SMTPResponseException) else error.errno
    return f"{type(error).__name__} {code or ''}".strip()[:60]
