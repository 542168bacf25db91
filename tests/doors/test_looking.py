"""Who looked, asking about it, and its answer; proofs; how many look-ups there were: on the members' pages and the officer's."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils.timezone import localdate

from kvitto.audit import actions as audit
from kvitto.audit import log
from kvitto.audit.models import Entry
from kvitto.kernel.actor import SYSTEM
from kvitto.kernel.db import opened
from kvitto.members import queries as members
from kvitto.notices.models import Notice
from kvitto.oversight import watching
from kvitto.oversight.models import Question
from tests.cast import AINO_CARD, NOW
from tests.crew import browser_of
from tests.doors.at_work import DANGER, look_up, month_of, open_case, the_case
from tests.doors.reading import signed_in, text_of

TRACES, MATTERS, WATCH = "/account/traces", "/staff/matters", "/staff/watch"


@pytest.fixture
def chen(crew, cast):
    return signed_in(cast.chen, "chen")


def test_a_look_up_is_told_with_day_reason_duty_and_what_was_shown_and_no_name(crew, chen):
    dag = browser_of(crew.dag)
    open_case(dag, reason="member_asked")
    dag.get(f"/staff/cases/{the_case()}")
    dag.get(month_of(the_case()))
    dag.get(month_of(the_case()))

    shown = text_of(chen.get(TRACES))

    assert "Data handler · you asked for it" in shown
    assert "Looked up who you are: name, address, cards and membership" in shown
    assert re.search(r"Opened what you have bought \(2 receipts, \w+ 20\d\d\) · 2 times", shown)
    assert "Dag" not in shown


def test_what_was_opened_without_a_colleague_says_so(crew, chen):
    dag = browser_of(crew.dag)
    dag.post(DANGER, {"cards": "9246000000000033", "reference": "R-1"})

    assert "without waiting for a colleague; the privacy officer reviews it" in text_of(chen.get(TRACES))


def test_deliveries_and_programs_are_told_too(chen):
    shown = text_of(chen.get(TRACES))

    assert "How your receipts came in" in shown
    assert re.search(r"\d · A till · 1 receipt", shown)


def test_a_notice_tells_that_staff_have_looked_once_a_case(crew, chen, cast):
    disa, dag = browser_of(crew.disa), browser_of(crew.dag)
    record = look_up(disa)["Location"]
    for _ in range(2):
        disa.get(record)
        disa.get(f"{record}/choices")
    assert Notice.objects.filter(person_id=cast.chen, kind="record_opened").count() == 1
    open_case(dag, reason="member_asked", reference="K-9")
    case_id = Entry.objects.filter(action="staff.open_case").latest("pk").case.removeprefix("case-")
    dag.get(month_of(case_id))
    dag.get(month_of(case_id))

    assert Notice.objects.filter(person_id=cast.chen, kind="record_opened").count() == 2
    page = chen.get("/account/notices").content.decode()
    assert "Staff have opened your record." in page
    assert f'href="{TRACES}"' in page


def ask(client, text="Why was I looked up?"):
    address = re.search(r'href="(/account/traces/\d+/ask)"', client.get(TRACES).content.decode()).group(1)
    assert "within 14 days" in text_of(client.get(address))
    return client.post(f"{address}/do", {"text": text})


def test_a_question_is_answered_by_the_privacy_officer_without_a_name(crew, chen):
    disa, greta = browser_of(crew.disa), browser_of(crew.greta)
    disa.get(look_up(disa)["Location"])
    assert ask(chen)["Location"] == TRACES
    assert "You have asked about this. You get an answer by" in text_of(chen.get(TRACES))
    question = Question.objects.get()
    assert question.due_at - question.asked_at == timedelta(days=14)
    assert "1 matter waits for you." in text_of(greta.get("/staff/still"))

    shown = text_of(greta.get(MATTERS))
    assert "Why was I looked up?" in shown
    assert "Disa Dahl opened a case, the member asked for it" in shown
    assert "Chen" not in shown
    answered = greta.post(f"{MATTERS}/question/{question.pk}", {"text": "You were at the service point."})
    assert answered["Location"] == f"{MATTERS}?done=answered"

    assert "You were at the service point." in text_of(chen.get(TRACES))
    assert "The privacy officer has answered your question" in text_of(chen.get("/account/notices"))
    assert not greta.get("/staff/still").content.strip()
    again = greta.post(f"{MATTERS}/question/{question.pk}", {"text": "Once more."})
    assert (again.status_code, "This was dealt with already" in text_of(again)) == (409, True)
    assert "“Why was I looked up?”" in text_of(greta.post(f"{MATTERS}/question/{question.pk}", {"text": " "}))


def test_nobody_asks_about_what_is_not_theirs_or_twice(crew, chen, cast):
    disa = browser_of(crew.disa)
    disa.get(look_up(disa)["Location"])
    entry = Entry.objects.filter(action="staff.open_case").latest("pk").pk
    aino = signed_in(cast.aino, "aino")
    for client, address in ((aino, entry), (chen, 10**9)):
        assert client.get(f"{TRACES}/{address}/ask").status_code == 404
        assert client.post(f"{TRACES}/{address}/ask/do", {"text": ""}).status_code == 404
    assert chen.post(f"{TRACES}/{entry}/ask/do", {"text": "x" * 1001}).status_code == 200
    assert ask(chen, "").status_code == 302
    assert chen.post(f"{TRACES}/{entry}/ask/do", {"text": ""}).status_code == 409
    assert Question.objects.count() == 1


def test_only_the_privacy_officer_answers_and_watches(crew, chen):
    disa = browser_of(crew.disa)
    disa.get(look_up(disa)["Location"])
    ask(chen)
    question = Question.objects.get().pk
    for colleague in (crew.disa, crew.dag, crew.ines):
        client = browser_of(colleague)
        assert client.get(MATTERS).status_code == client.get(WATCH).status_code == 403
        assert client.post(f"{MATTERS}/question/{question}", {"text": "x"}).status_code == 403
    assert Question.objects.get().answered_at is None


def test_the_officer_sees_look_ups_by_colleague_and_whose_data_an_account_touched(crew, cast):
    disa, greta = browser_of(crew.disa), browser_of(crew.greta)
    disa.get(look_up(disa)["Location"])
    disa.get(look_up(disa, AINO_CARD)["Location"])
    with opened():
        watching.watch(now=datetime.now(UTC))

    shown = text_of(greta.get(WATCH))
    assert "2 look-ups of single members" in shown
    assert "Disa Dahl" in shown
    page = text_of(greta.get(f"{WATCH}/{crew.disa.staff_id}"))
    assert "of 2 members." in page
    assert "Looked at the record, the member asked for it" in page
    assert "Chen" not in page + shown
    day = localdate() - timedelta(days=3)
    assert "0 acts" in text_of(greta.get(f"{WATCH}/{crew.disa.staff_id}?first={day}&last={day}"))
    assert greta.get(f"{WATCH}/999999").status_code == 404


def test_what_stands_out_is_looked_into_and_closed(crew):
    for _ in range(5):
        browser_of(crew.elsa).get("/staff/people")
    with opened():
        watching.watch(now=datetime.now(UTC))
    greta = browser_of(crew.greta)
    page = greta.get(MATTERS).content.decode()
    assert "Many attempts that were refused" in page
    assert "No witness keeps the checkpoints yet" in page
    close = re.search(r'action="(/staff/matters/alert/\d+)"', page).group(1)

    assert greta.post(close, {"finding": "fine"}).status_code == 404
    assert greta.post(close, {"finding": "unjustified"})["Location"] == f"{MATTERS}?done=closed-alert"
    assert "It was not justified · Greta Gran" in text_of(greta.get(MATTERS))


def test_everybody_reads_how_many_look_ups_there_were(crew):
    assert "No look-up has been counted yet" in text_of(Client().get("/look-ups"))
    disa = browser_of(crew.disa)
    disa.get(look_up(disa)["Location"])
    with opened():
        watching.watch(now=datetime.now(UTC))

    shown = text_of(Client(headers={"Accept-Language": "en"}).get("/look-ups"))

    assert "1 look-up" in shown
    assert "The member asked for it 1 0" in shown


def test_a_member_takes_the_proof_of_what_they_have_done_and_of_nothing_else(committed_cast):
    aino = signed_in(committed_cast.aino, "aino")
    aino.post("/account/choices/decide", {"topic": "purchase_use", "value": "0"})
    address = re.search(r'href="(/account/traces/\d+/proof)"', aino.get(TRACES).content.decode()).group(1)
    assert "There is no proof of this yet" in text_of(aino.get(address))
    while log.run(now=datetime.now(UTC), sign_now=True).numbered:
        pass

    assert "c2sp.org/tlog-proof@v1" in aino.get(address).content.decode()
    file = aino.get(f"{address}.txt")
    assert file.content.startswith(b"c2sp.org/tlog-proof@v1\nextra ")
    assert "attachment" in file["Content-Disposition"]
    assert aino.get(f"{address}.txt?size=1").status_code == 404
    assert signed_in(committed_cast.bjorn, "bjorn").get(address).status_code == 404
    with opened():  # what another has done names that other
        audit.record(by=SYSTEM, action="test", now=NOW, subject=members.audit_id(committed_cast.aino))
        another = audit.last_number()
    assert aino.get(f"{TRACES}/{another}/proof.txt").status_code == 404
