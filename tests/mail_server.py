"""A mail server on this machine: it takes mail as a provider's would, or refuses it, and shows what it was given."""

import socket
from contextlib import contextmanager
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller

from kvitto.notices.types import MailServer

SENDER, SITE = "kvitto@coop.example", "https://kvitto.example"


class MailBox:
    """Everything that came in. `answers` are given in turn, before mail is taken: a refusal's code and text."""

    def __init__(self):
        self.mails, self.recipients, self.answers = [], [], []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802  as the library asks for it
        if self.answers and self.answers[0].startswith("5"):
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802  as above
        if self.answers:
            return self.answers.pop(0)
        self.recipients.append(envelope.rcpt_tos)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@contextmanager
def running(settings, **more):
    """The server, and the settings of an installation that uses it."""
    box = MailBox()
    port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port, server_hostname="mail.test", **more)
    controller.start()
    try:
        use(settings, port)
        yield box
    finally:
        controller.stop()


def free_port():
    """One that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def use(settings, port, user=""):
    settings.MAIL_SERVER = MailServer("127.0.0.1", port, user, tls_from_start=False, start_tls=False)
    settings.MAIL_FROM, settings.SITE_URL = SENDER, SITE
