"""The staff's pages: the agreement first, what ends a session, duties and approvals, and whoever a page is not for."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils.timezone import localdate

from kvitto.accounts.models import Account
from kvitto.audit.models import Entry
from kvitto.kernel.actor import OPERATOR, Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.kernel.periods import Period
from kvitto.staff import actions, agreement, queries
from kvitto.staff.gate import DeniedError
from kvitto.staff.models import Agreement, DutyPeriod, PendingChange, Signature
from kvitto.staff.rules import PROPOSAL_HOLDS
from kvitto.staff.types import Act, Duty
from kvitto.wiring import staff_gate
from tests.crew import HIRED, Colleague, browser_of, hire
from tests.doors.at_work import (
    AGREEMENT,
    APPROVALS,
    CASES,
    DANGER,
    HOME,
    LOOK_UP,
    NEW_CASE,
    PEOPLE,
    REVIEWS,
    opened_earlier,
    refusals,
)
from tests.doors.entering import time_passes
from tests.doors.reading import signed_in, text_of

# before anything else: the agreement


@pytest.mark.parametrize("page", [HOME, CASES, NEW_CASE, DANGER, APPROVALS, "/staff/security", "/staff/still"])
def test_without_a_signed_agreement_every_page_leads_to_it(nils, page):
    response = browser_of(nils).get(page)

    assert response["Location"] == f"{AGREEMENT}?next={page}"


def test_a_handler_reads_and_signs_and_is_where_they_wanted_to_be(nils):
    client = browser_of(nils)
    shown = text_of(client.get(f"{AGREEMENT}?next={CASES}"))
    assert "Read this and sign it first" in shown
    assert "What you promise" in shown

    assert client.post(AGREEMENT, {"version": "1", "next": CASES})["Location"] == CASES
    assert client.get(CASES).status_code == 200
    assert Signature.objects.get(staff=nils.staff_id).language == "en"


def test_to_sign_the_second_factor_is_shown_again(nils):
    stale = browser_of(nils, fresh=False)

    assert stale.post(AGREEMENT, {"version": "1"})["Location"].startswith("/staff/factor?next=")
    assert not Signature.objects.filter(staff=nils.staff_id).exists()


@pytest.mark.parametrize("version", ["2", "0", "x", "9" * 30])
def test_a_text_that_there_is_not_cannot_be_signed(crew, version):
    assert browser_of(crew.dag).post(AGREEMENT, {"version": version}).status_code == 404


def test_before_the_first_text_the_page_says_whose_turn_it_is(db):
    with opened():
        dag = hire("Dag Dammert", datetime.now(UTC))

    assert "The operator publishes the first" in text_of(browser_of(dag).get(AGREEMENT))


# what ends a session


def publish_anew(_crew, _monkeypatch):
    now = datetime.now(UTC)
    texts = {language: f"{text}\nOne more promise.\n" for language, text in agreement.texts().items()}
    with opened():
        actions.publish_agreement(texts=texts, valid_from=now, by=OPERATOR, now=now)


def end_duty(crew, _monkeypatch):
    duty_id = DutyPeriod.objects.get(staff=crew.dag.staff_id).pk
    with opened():
        actions.end_duty(duty_id=duty_id, by=crew.greta.by, now=datetime.now(UTC))


def a_year_passes(_crew, monkeypatch):
    class InAYear(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(days=366)

    monkeypatch.setattr(staff_gate, "datetime", InAYear)


@pytest.mark.parametrize("happens", [publish_anew, end_duty, a_year_passes])
def test_a_session_ends_at_the_next_request_when_something_no_longer_holds(crew, monkeypatch, happens):
    dag = browser_of(crew.dag)
    assert dag.get(CASES).status_code == 200
    happens(crew, monkeypatch)

    response = dag.get(CASES)

    assert response["Location"] == f"/staff/sign-in?next={CASES}&ended=standing"
    assert "no longer holds" in text_of(dag.get(response["Location"]))
    assert dag.get(HOME)["Location"].startswith("/staff/sign-in")
    assert Entry.objects.filter(action="staff.session_ended", actor_id=crew.dag.by.id).count() == 1


def test_what_ended_in_the_middle_of_a_request_is_refused_by_the_act_itself(crew):
    """The page was let through; then the duty ended, and the act asks again."""
    end_duty(crew, None)

    with pytest.raises(DeniedError, match="None of your duties"):
        opened_earlier(crew.dag, 0)


def test_a_page_that_stays_open_is_led_away_too_and_does_not_count_as_use(crew):
    dag = browser_of(crew.dag)
    dag.get(CASES)
    asks = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{CASES}"}
    for _ in range(2):
        time_passes(minutes=7)
        assert dag.get("/staff/still", headers=asks).status_code == 200
    time_passes(minutes=2)

    response = dag.get("/staff/still", headers=asks)

    assert (response.status_code, response["HX-Redirect"]) == (204, f"/staff/sign-in?next={CASES}&ended=idle")


def test_a_new_duty_ends_nothing(crew):
    disa = browser_of(crew.disa)
    disa.get(HOME)
    with opened():
        crew.give(crew.disa, Duty.DATA_HANDLER, datetime.now(UTC))

    assert "Cases" in text_of(disa.get(HOME))


# duties


def propose(client, colleague, duty="auditor", since=None, until=""):
    since = since or localdate().isoformat()  # the co-op's day
    return client.post(f"{PEOPLE}/propose", {"staff": colleague.staff_id, "duty": duty, "since": since, "until": until})


def test_a_duty_is_proposed_by_one_and_approved_by_another(crew):
    greta, ines = browser_of(crew.greta), browser_of(crew.ines)
    assert propose(greta, crew.elsa)["Location"] == f"{PEOPLE}?done=proposed"
    assert "1 waits for you" in text_of(ines.get(HOME))
    proposal = DutyPeriod.objects.get(duty=Duty.AUDITOR)
    assert "Your own: a colleague approves it" in text_of(greta.get(APPROVALS))
    assert greta.post(f"{APPROVALS}/duty/{proposal.pk}").status_code == 403

    assert ines.post(f"{APPROVALS}/duty/{proposal.pk}")["Location"] == f"{APPROVALS}?done=approved"

    assert queries.duties_of(crew.elsa.staff_id, now=datetime.now(UTC)) == {Duty.ANALYST, Duty.AUDITOR}
    assert "Greta Gran and Ines Inberg" in text_of(ines.get(PEOPLE))


def test_to_approve_takes_the_second_factor_again(crew):
    propose(browser_of(crew.greta), crew.elsa)
    duty_id = DutyPeriod.objects.get(duty=Duty.AUDITOR).pk

    response = browser_of(crew.ines, fresh=False).post(f"{APPROVALS}/duty/{duty_id}")

    assert response["Location"].startswith("/staff/factor?next=")
    assert DutyPeriod.objects.get(pk=duty_id).approved_at is None


def test_a_proposal_is_withdrawn_and_one_that_is_too_old_is_not_approved(crew):
    greta, ines = browser_of(crew.greta), browser_of(crew.ines)
    then = datetime.now(UTC) - PROPOSAL_HOLDS
    with opened():
        old = actions.propose_duty(
            staff_id=crew.elsa.staff_id, duty=Duty.AUDITOR, period=Period(localdate(then)), by=crew.greta.by, now=then
        )
    assert ines.post(f"{APPROVALS}/duty/{old}").status_code == 409
    propose(greta, crew.elsa)
    young = DutyPeriod.objects.exclude(pk=old).get(duty=Duty.AUDITOR).pk

    assert greta.post(f"{PEOPLE}/duty/{young}/end", {"proposal": "yes"})["Location"] == f"{APPROVALS}?done=ended"
    assert "Nothing waits for a second person" in text_of(ines.get(APPROVALS))


@pytest.mark.parametrize(
    "fields",
    [{"since": "2020-01-01"}, {"since": "x"}, {"until": "2020-01-01"}, {"duty": "owner"}, {"duty": "analyst"}],
)
def test_a_proposal_that_cannot_be_says_why(crew, fields):
    response = propose(browser_of(crew.greta), crew.elsa, **fields)

    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()


def test_another_act_that_takes_two_people_waits_on_the_same_page(crew):
    now = datetime.now(UTC)
    with opened():
        change = actions.propose_change(
            act=Act.KEYS_DESTROY, payload={"quarter": 8096}, fresh_factor=True, by=crew.ines.by, now=now
        )
    greta = browser_of(crew.greta)
    assert "destroy keys before their time" in text_of(greta.get(APPROVALS))
    assert browser_of(crew.ines).post(f"{APPROVALS}/change/{change}").status_code == 403

    assert greta.post(f"{APPROVALS}/change/{change}").status_code == 302
    assert PendingChange.objects.get().approved_at


# what the privacy officer and the administrators read


def test_the_table_of_who_may_do_what_is_whole(crew):
    shown = text_of(browser_of(crew.greta).get("/staff/access"))

    for words in (
        "Service point, data handler find a member by card number",
        "Data handler open the purchases of the member of their case, for 60 minutes",
        "the privacy officer is told at once",
        "Service point, data handler the member asked for it",
    ):
        assert words in shown
    assert shown.count("a signed agreement that holds") > 25


def test_the_agreements_are_seen_and_a_new_text_is_published(crew):
    greta = browser_of(crew.greta)
    shown = text_of(greta.get("/staff/agreements"))
    assert "Disa Dahl signed, until" in shown
    texts = {code: f"# {code}\r\nA promise." for code in ("sv", "fi", "en")}

    assert greta.post("/staff/agreements/new", texts)["Location"] == f"{HOME}?done=published"

    assert Agreement.objects.get(pk=2).en == "# en\nA promise."
    assert greta.get(HOME)["Location"].startswith("/staff/sign-in")


def test_a_text_is_never_markup_of_its_own(crew):
    texts = {code: f"{code} <script>alert(1)</script> [x](javascript:alert(1))" for code in ("sv", "fi", "en")}
    browser_of(crew.greta).post("/staff/agreements/new", texts)

    page = browser_of(crew.greta).get(AGREEMENT).content.decode()

    assert "&lt;script&gt;alert(1)" in page
    assert 'href="javascript' not in page


def test_the_network_is_seen(crew):
    shown = text_of(browser_of(crew.ines).get("/staff/network"))

    assert "Grocer (1) Grocer Harbour, Oulu" in shown


# whoever a page is not for


NOT_FOR = {
    "disa": [
        CASES,
        NEW_CASE,
        DANGER,
        REVIEWS,
        APPROVALS,
        PEOPLE,
        "/staff/access",
        "/staff/agreements",
        "/staff/network",
    ],
    "elsa": [LOOK_UP, CASES, NEW_CASE, DANGER, REVIEWS, APPROVALS, PEOPLE, "/staff/access", "/staff/network"],
    "faruk": [LOOK_UP, CASES, NEW_CASE, DANGER, REVIEWS, APPROVALS, PEOPLE, "/staff/access", "/staff/network"],
    "ines": [LOOK_UP, CASES, NEW_CASE, DANGER, REVIEWS, "/staff/agreements/new"],
    "greta": [LOOK_UP, CASES, NEW_CASE, DANGER],
}


@pytest.mark.parametrize("name", NOT_FOR)
def test_a_page_of_another_duty_is_refused_and_traced(crew, name):
    client = browser_of(getattr(crew, name))
    wanted = NOT_FOR[name] if name != "disa" else NOT_FOR[name][1:]  # Disa's own cases are her look-ups

    for page in wanted:
        response = client.get(page)
        assert response.status_code == 403, page
        assert "None of your duties includes this." in text_of(response)
    assert len(refusals()) == len(wanted)
    assert {why for _, why in refusals()} == {"duty"}


def test_the_first_page_shows_the_way_to_ones_own_duties_only(crew):
    shown = {name: text_of(browser_of(getattr(crew, name)).get(HOME)) for name in ("disa", "elsa", "greta")}

    assert "Service point" in shown["disa"]
    assert "Cases" not in shown["disa"]
    assert "Hello, Elsa Ek" in shown["elsa"]
    assert "analyst" in shown["elsa"]
    assert not {"Cases", "People", "Service point"} & set(shown["elsa"].split())
    assert "Who may do what" in shown["greta"]


def test_a_members_session_at_the_staff_face_is_ended_and_traced(crew, cast, client):
    chen = signed_in(cast.chen)
    client.cookies["kvitto_staff"] = chen.cookies["kvitto_member"].value

    assert client.get(HOME)["Location"].startswith("/staff/sign-in")
    assert refusals() == [("", "session of the other face")]
    assert chen.get("/purchases")["Location"].startswith("/sign-in")


def test_an_account_of_nobody_who_works_here_gets_nowhere(crew):
    made = Account.objects.create(username="x.staff", password="!", kind="staff", created_at=HIRED).pk

    response = browser_of(Colleague(0, Actor(ActorKind.STAFF, str(made)))).get(HOME)

    assert response["Location"].startswith(AGREEMENT)
