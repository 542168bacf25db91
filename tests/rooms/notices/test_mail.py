"""The mail queue, against a mail server on this machine: once each, tried again, given up in the end, and never a value logged."""

import logging
from datetime import timedelta

import pytest
from django.db import connection

from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.members import changes
from kvitto.members.types import ContactKind
from kvitto.notices import actions, queries
from kvitto.notices.mail import send_due
from kvitto.notices.models import Notice
from kvitto.notices.rules import TRIES, mail_server, wait_after
from kvitto.notices.types import Kind, MailRun, MailServer, Way
from tests.cast import NOW
from tests.mail_server import SENDER, SITE, free_port, running, use

ADDRESS = {"aino": "aino@home.example", "bjorn": "bjorn@home.example"}


@pytest.fixture
def box(settings):
    with running(settings) as found:
        yield found


def reach(person_id, value, *, verified=True):
    with opened():
        changes.set_contact(person_id=person_id, kind=ContactKind.EMAIL, value=value, by=OPERATOR, now=NOW)
        if verified:
            changes.verify_contact(person_id=person_id, kind=ContactKind.EMAIL, value=value, by=OPERATOR, now=NOW)


def tell(person_id, kind=Kind.CHOICE_HOLDS, minutes=0, **more):
    known = {"number": 4711, "way": Way.PHONE} if kind is Kind.CHOICE_HOLDS else {}
    with opened():
        actions.tell(person_id=person_id, kind=kind, now=NOW + timedelta(minutes=minutes), **known | more)


def run(minutes=0):
    return send_due(now=NOW + timedelta(minutes=minutes))


@pytest.fixture
def people(committed_cast):
    for name, address in ADDRESS.items():
        reach(getattr(committed_cast, name), address)
    return committed_cast


# what is sent


def test_a_notice_goes_out_once_in_its_persons_language(people, box):
    tell(people.bjorn)

    assert run() == MailRun(sent=1, failed=0, inbox_only=0)
    assert run(minutes=1) == MailRun(0, 0, 0)
    (mail,) = box.mails
    body = mail.get_content()
    assert (mail["To"], mail["From"], box.recipients) == (ADDRESS["bjorn"], SENDER, [[ADDRESS["bjorn"]]])
    assert mail["Subject"] == "Ett besked från Kvitto"
    assert "Ett val antecknades åt dig per telefon och gäller nu. Det är viljeyttring 4711." in body
    assert f"{SITE}/account/notices" in body
    assert mail["Auto-Submitted"] == "auto-generated"


def test_it_says_what_happened_and_where_to_read_it_and_no_more(people, box):
    """No name, no store, no amount: the sentence of the kind, the address of the page, why it came."""
    tell(people.aino, Kind.HOUSEHOLD_LEFT)
    run()

    paragraphs = box.mails[0].get_content().strip().replace("\r", "").split("\n\n")
    assert paragraphs[0] == "Aikuinen on lähtenyt taloudestasi."
    assert paragraphs[1].endswith(f"{SITE}/account/notices")
    assert len(paragraphs) == 3
    assert "Ahonen" not in str(box.mails[0])


def test_a_verified_address_is_needed_and_the_one_of_the_moment_counts(people, box):
    reach(people.chen, "chen@home.example", verified=False)
    tell(people.chen)
    tell(people.aino)
    reach(people.aino, "aino@new.example")

    assert run() == MailRun(sent=1, failed=0, inbox_only=1)
    assert box.recipients == [["aino@new.example"]]
    reach(people.chen, "chen@home.example")
    assert run(minutes=1) == MailRun(0, 0, 0)  # it had stayed in the inbox, and is old by now
    assert len(queries.inbox(people.chen)) == 1


def test_marketing_by_email_may_be_off(people, box):
    """Nobody has said yes to e-mail here, which is the default: a notice is no marketing."""
    from kvitto.choices.queries import allowing
    from kvitto.choices.types import Topic
    from kvitto.stores.types import Profile

    assert allowing([people.aino], Topic.EMAIL, profile=Profile.DEFAULT) == set()
    tell(people.aino)

    assert run().sent == 1


def test_without_a_server_notices_stay_in_the_inbox_for_good(people, settings):
    assert settings.MAIL_SERVER is None
    tell(people.aino)
    assert run() == MailRun(0, 0, 0)
    assert not queries.goes_by_mail(people.aino)

    with running(settings) as box:
        assert run(minutes=1) == MailRun(0, 0, 0)
        assert queries.goes_by_mail(people.aino)
        assert not queries.goes_by_mail(people.chen)
    assert box.mails == []


# what goes wrong


def test_a_refused_mail_is_tried_again_and_the_others_go_out(people, box, caplog):
    box.answers = [f"550 5.1.1 <{ADDRESS['aino']}> unknown here"]
    tell(people.aino)
    tell(people.bjorn, minutes=1)
    with caplog.at_level(logging.WARNING):
        assert run(minutes=1) == MailRun(sent=1, failed=1, inbox_only=0)

    (unsent,) = queries.unsent()
    assert (unsent.tries, unsent.error, unsent.next_try) == (1, "SMTPRecipientsRefused 550", NOW + timedelta(minutes=6))
    assert ADDRESS["aino"] not in caplog.text + str(vars(Notice.objects.get(person_id=people.aino)))
    assert run(minutes=5) == MailRun(0, 0, 0)
    assert run(minutes=6).sent == 1
    assert queries.unsent() == []


def test_both_tries_have_one_name(people, box):
    """Who is stopped between sending and noting it sends again; a mailbox can tell that it is the same mail."""
    tell(people.aino)
    run()
    Notice.objects.update(mailed_at=None, mail_at=NOW)
    run()

    one, other = (mail["Message-ID"] for mail in box.mails)
    assert one == other == f"<notice-{Notice.objects.get().pk}@kvitto.example>"


def test_a_server_that_is_down_costs_one_try_a_run(people, settings):
    use(settings, free_port())
    tell(people.aino)
    tell(people.bjorn, minutes=1)

    assert run(minutes=1) == MailRun(sent=0, failed=1, inbox_only=0)
    assert run(minutes=2) == MailRun(sent=0, failed=1, inbox_only=0)
    assert {each.error.split()[0] for each in queries.unsent()} == {"ConnectionRefusedError"}


def test_it_is_given_up_in_the_end_and_stays_in_the_inbox(people, settings):
    use(settings, free_port())
    tell(people.aino)
    minutes = 0
    for tries in range(1, TRIES + 1):
        assert run(minutes).failed == 1
        wait = wait_after(tries)
        minutes += wait.total_seconds() / 60 if wait else 0

    assert run(minutes + 10**5) == MailRun(0, 0, 0)
    (unsent,) = queries.unsent()
    assert (unsent.tries, unsent.next_try) == (TRIES, None)
    assert len(queries.inbox(people.aino)) == 1


def test_the_server_takes_a_user_and_the_password_of_a_file(people, settings, tmp_path):
    from aiosmtpd.smtp import AuthResult

    seen = []

    def check(_server, _session, _envelope, _mechanism, data):
        seen.append((data.login, data.password))
        return AuthResult(success=data.password == b"a word")

    (tmp_path / "password").write_text("a word\n")
    settings.MAIL_PASSWORD_FILE = str(tmp_path / "password")
    with running(settings, authenticator=check, auth_require_tls=False) as box:
        use(settings, settings.MAIL_SERVER.port, user="kvitto")
        tell(people.aino)
        assert run().sent == 1
    assert (seen[0], len(box.mails)) == ((b"kvitto", b"a word"), 1)


def test_what_is_being_sent_is_not_sent_by_another_run(people, box):
    """Two runs never overlap in the queue; were they to, the row is locked by the one."""
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    tell(people.aino)
    with ThreadPoolExecutor(1) as pool, opened():
        connection.cursor().execute("SELECT 1 FROM notices_notice FOR UPDATE")

        def other():
            try:
                return run()
            finally:
                connections.close_all()

        assert pool.submit(other).result() == MailRun(0, 0, 0)
    assert box.mails == []


# rules


def test_the_waits_grow_and_end():
    waits = [wait_after(tries) for tries in range(1, TRIES + 1)]

    assert waits[0] == timedelta(minutes=5)
    assert waits[-1] is None
    assert waits[:-1] == sorted(waits[:-1])
    assert timedelta(days=1) < sum(waits[:-1], timedelta(0)) < timedelta(days=3)


@pytest.mark.parametrize(
    ("address", "server"),
    [
        ("smtps://kvitto@mail.example", MailServer("mail.example", 465, "kvitto", True, False)),
        (
            "smtp://kvitto%40coop.example@mail.example",
            MailServer("mail.example", 587, "kvitto@coop.example", False, True),
        ),
        ("smtp://mail.example:2525", MailServer("mail.example", 2525, "", False, True)),
        ("smtp://localhost:25", MailServer("localhost", 25, "", False, False)),
        ("smtp://127.0.0.1:25", MailServer("127.0.0.1", 25, "", False, False)),
        ("smtp://kvitto:word@mail.example", None),
        ("smtp://mail.example/path", None),
        ("smtp://mail.example?tls=no", None),
        ("smtp://", None),
        ("smtp://mail.example:port", None),
        ("https://mail.example", None),
        ("mail.example", None),
    ],
)
def test_nothing_goes_unencrypted_to_another_machine(address, server):
    assert mail_server(address) == server
