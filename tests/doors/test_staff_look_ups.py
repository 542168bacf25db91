"""One member looked up by staff: at a service point, under a data handler's case, and for a dangerous product."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from kvitto.audit.models import Entry
from kvitto.kernel.db import opened
from kvitto.staff import records
from kvitto.staff.models import Case, Glass
from kvitto.staff.types import Duty, Proof, Reason
from tests.cast import AINO_CARD, BJORN_CARD, CHEN_CARD
from tests.crew import browser_of
from tests.doors.at_work import (
    APPROVALS,
    CASES,
    DANGER,
    HOME,
    LOOK_UP,
    NEW_CASE,
    REVIEWS,
    look_up,
    month_of,
    open_case,
    opened_earlier,
    refusals,
    the_case,
)
from tests.doors.reading import signed_in, text_of

# the service point


def test_at_a_service_point_a_member_is_looked_up_and_never_what_they_bought(crew):
    disa = browser_of(crew.disa)
    response = look_up(disa)
    shown = text_of(disa.get(response["Location"]))

    assert "Chen Chen" in shown
    assert CHEN_CARD in shown
    assert "the chains' own levels hold" in shown
    for word in ("milk", "2,15", "Grocer Harbour"):
        assert word not in shown
    assert not Entry.objects.filter(action="vault.open").exists()


def test_a_member_sees_that_they_were_looked_up_when_and_why(crew, cast):
    disa = browser_of(crew.disa)
    disa.get(look_up(disa)["Location"])

    shown = text_of(signed_in(cast.chen).get("/account/traces"))

    assert "Looked up who you are: name, address, cards, membership, choices and household" in shown
    assert "the member asked for it" not in shown  # it speaks to the member
    assert "Service point · you asked for it" in shown
    assert "Disa" not in shown


def test_the_code_for_the_sign_in_is_shown_once_and_works(crew, client):
    disa = browser_of(crew.disa)
    record = look_up(disa)["Location"]
    page = disa.post(f"{record}/code").content.decode()
    code = re.search(r'id="code">([0-9A-Z]{4}-[0-9A-Z]{4})<', page).group(1)

    assert client.post("/activate", {"card": CHEN_CARD, "code": code})["Location"] == "/activate/set"
    assert code not in disa.get(record).content.decode()


def test_when_the_member_has_gone_nothing_is_seen_any_more(crew):
    disa = browser_of(crew.disa)
    record = look_up(disa)["Location"]
    case_id = record.rpartition("/")[2]
    assert disa.post(f"{CASES}/{case_id}/close")["Location"] == f"{LOOK_UP}?done=closed"

    assert disa.get(record).status_code == 404
    assert "This look-up is over" in text_of(disa.get(record))
    assert disa.post(f"{record}/code").status_code == 200
    assert "This look-up is over" in text_of(disa.post(f"{record}/code"))


def test_a_look_up_is_its_own_persons_and_over_after_an_hour(crew):
    record = look_up(browser_of(crew.disa))["Location"]
    with opened():
        crew.give(crew.elsa, Duty.SERVICE_POINT, datetime.now(UTC))
    assert browser_of(crew.elsa).get(record).status_code == 404
    assert browser_of(crew.disa).get(record).status_code == 200
    then = datetime.now(UTC) - timedelta(minutes=61)
    with opened():
        old = records.look_up(card=CHEN_CARD, proof=Proof.PASSPORT, by=crew.disa.by, now=then)
    assert browser_of(crew.disa).get(f"{LOOK_UP}/{old}").status_code == 404


@pytest.mark.parametrize(
    ("card", "why"),
    [
        (AINO_CARD, "This is your own record. A colleague has to help you, as any other member."),
        (BJORN_CARD, "This person has your family name. A colleague has to do this."),
    ],
)
def test_nobody_looks_up_themselves_or_a_namesake(crew, card, why):
    alma = browser_of(crew.alma)
    with opened():
        crew.give(crew.alma, Duty.SERVICE_POINT, datetime.now(UTC))

    for response in (look_up(alma, card), alma.post(NEW_CASE, {"card": card, "reason": "claim", "reference": "K-1"})):
        assert response.status_code == 403
        assert why in text_of(response)
    assert not Case.objects.exists()
    assert [purpose for _, purpose in refusals()] == ["own_record" if card == AINO_CARD else "namesake_record"] * 2


@pytest.mark.parametrize("card", ["", "1", "x" * 10_000, "9" * 19, "\0", "\u202e9246"])
def test_a_card_that_is_none_or_nobodys_gets_a_sentence(crew, card):
    response = look_up(browser_of(crew.disa), card)

    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()
    assert not Case.objects.exists()


def test_trying_numbers_soon_takes_time_and_leaves_traces(crew):
    disa = browser_of(crew.disa)
    for number in range(5):
        assert "Nobody holds a card" in text_of(look_up(disa, f"92460000000099{number:02}"))

    assert "Too many tries" in text_of(look_up(disa))
    assert refusals() == [("member.find", "NoHolderError")] * 5
    assert not Case.objects.exists()


# cases


def test_what_the_member_asked_for_opens_at_once_and_the_member_sees_it(crew, cast):
    dag = browser_of(crew.dag)
    assert open_case(dag, reason="member_asked")["Location"] == f"{CASES}/{the_case()}?done=opened"
    assert "Chen Chen" in text_of(dag.get(f"{CASES}/{the_case()}"))

    shown = text_of(dag.get(month_of(the_case())))

    assert "Organic milk 1.5 l" in shown
    entry = Entry.objects.get(action="vault.open", actor_id=crew.dag.by.id)
    assert (entry.purpose, entry.case, entry.count) == ("member_asked", f"case-{the_case()}", 1)
    told = text_of(signed_in(cast.chen).get("/account/traces"))
    assert "Data handler · you asked for it" in told
    assert "Opened what you have bought (1 receipt, " in told


def test_without_the_members_wish_a_colleague_approves_first(crew):
    dag, doris = browser_of(crew.dag), browser_of(crew.doris)
    assert open_case(dag)["Location"].endswith("?done=waits")
    waiting = text_of(dag.get(f"{CASES}/{the_case()}"))
    assert "waits for a colleague" in waiting
    assert "Chen" not in waiting
    assert dag.get(month_of(the_case())).status_code == 403
    assert "Chen" not in text_of(doris.get(APPROVALS))

    assert doris.post(f"{APPROVALS}/case/{the_case()}")["Location"] == f"{APPROVALS}?done=approved"

    assert "Organic milk" in text_of(dag.get(month_of(the_case())))
    assert doris.get(month_of(the_case())).status_code == 404
    assert ("lines.open", "second_person") in refusals()


def test_nobody_approves_their_own_case_nor_one_whose_time_is_over(crew):
    dag, doris = browser_of(crew.dag), browser_of(crew.doris)
    open_case(dag)
    assert "Your own: a colleague approves it" in text_of(dag.get(APPROVALS))
    assert dag.post(f"{APPROVALS}/case/{the_case()}").status_code == 403

    response = doris.post(f"{APPROVALS}/case/{opened_earlier(crew.dag, 61)}")

    assert response.status_code == 409
    assert "This waits no longer" in text_of(response)
    assert refusals() == [("case.approve", "SelfApprovalError"), ("case.approve", "NothingWaitsError")]


def test_a_case_is_over_after_sixty_minutes_and_when_it_is_closed(crew):
    dag = browser_of(crew.dag)
    asked = {"reason": Reason.MEMBER_ASKED, "member_asked": True}
    young, old = opened_earlier(crew.dag, 58, **asked), opened_earlier(crew.dag, 61, **asked)
    assert dag.get(month_of(young)).status_code == 200
    assert dag.get(month_of(old)).status_code == dag.get(f"{CASES}/{old}").status_code == 404

    assert dag.post(f"{CASES}/{young}/close", {"cases": "yes"})["Location"] == f"{CASES}?done=closed"

    assert dag.get(month_of(young)).status_code == dag.get(f"{CASES}/{young}").status_code == 404


def test_a_case_shows_one_member_and_no_choices(crew):
    dag = browser_of(crew.dag)
    open_case(dag, reason="member_asked")

    assert "Recording level" not in text_of(dag.get(f"{CASES}/{the_case()}"))
    assert dag.get(f"{LOOK_UP}/{the_case()}").status_code == 404
    assert dag.post(f"{LOOK_UP}/{the_case()}/code").status_code == 403


@pytest.mark.parametrize("reference", ["", " ", "x" * 10_240, "a\nb", "\u202eabc", "\0"])
def test_a_reference_is_one_short_visible_text(crew, reference):
    response = open_case(browser_of(crew.dag), reference=reference)

    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()
    assert not Case.objects.exists()


@pytest.mark.parametrize("reason", ["", "curiosity", "\0"])
def test_a_reason_is_one_of_the_list(crew, reason):
    assert open_case(browser_of(crew.dag), reason=reason).status_code == 200
    assert not Case.objects.exists()


@pytest.mark.parametrize("month", ["2026/13", "1999/1", "2099/1", "99999999999999999999/1"])
def test_a_month_that_nothing_can_be_kept_of_is_no_page(crew, month):
    dag = browser_of(crew.dag)
    open_case(dag, reason="member_asked")

    assert dag.get(f"{CASES}/{the_case()}/{month}").status_code == 404


# a dangerous product


def break_glass(client, cards=(AINO_CARD, CHEN_CARD), reference="RECALL-4"):
    return client.post(DANGER, {"cards": "\n".join(cards), "reference": reference})


def test_a_dangerous_product_waits_for_nobody_and_is_reviewed(crew, cast):
    dag, greta = browser_of(crew.dag), browser_of(crew.greta)
    greta.get(HOME)
    assert break_glass(dag)["Location"] == f"{CASES}?done=glass"
    assert Case.objects.count() == 2
    assert "1 time something was opened without a colleague" in text_of(greta.get("/staff/still"))
    case_id = Case.objects.get(person_id=cast.chen).pk
    assert "Chen Chen" in text_of(dag.get(f"{CASES}/{case_id}"))
    assert "Organic milk" in text_of(dag.get(month_of(case_id)))

    assert "RECALL-4" in text_of(greta.get(REVIEWS))
    assert greta.post(f"{REVIEWS}/{Glass.objects.get().pk}", {"finding": "justified"})["Location"].startswith(REVIEWS)
    assert "It was justified" in text_of(greta.get(REVIEWS))
    assert not greta.get("/staff/still").content.strip()
    assert "a product that is dangerous" in text_of(signed_in(cast.chen).get("/account/traces"))


def test_each_opening_of_it_asks_for_the_second_factor(crew, cast):
    break_glass(browser_of(crew.dag))
    case_id = Case.objects.get(person_id=cast.chen).pk

    stale = browser_of(crew.dag, fresh=False)

    assert stale.get(month_of(case_id))["Location"].startswith("/staff/factor")
    assert stale.get(DANGER)["Location"].startswith("/staff/factor")


def test_whoever_is_near_is_left_out(crew, cast):
    response = break_glass(browser_of(crew.alma), (AINO_CARD,))
    assert "Nobody is left whom you may look up" in text_of(response)
    assert not Case.objects.exists()

    break_glass(browser_of(crew.alma), (AINO_CARD, BJORN_CARD, CHEN_CARD))

    assert list(Case.objects.values_list("person_id", flat=True)) == [cast.chen]


@pytest.mark.parametrize("cards", [(), ("1",), (CHEN_CARD, "9246000000009999"), (CHEN_CARD,) * 51])
def test_what_is_wrong_with_the_cards_is_said_and_nothing_is_opened(crew, cards):
    response = break_glass(browser_of(crew.dag), cards)

    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()
    assert not Glass.objects.exists()


def test_the_line_of_a_wrong_card_is_named(crew):
    shown = text_of(break_glass(browser_of(crew.dag), (CHEN_CARD, "9246000000009999")))

    assert "2: Nobody holds a card of this number now" in shown


def test_nobody_reviews_what_they_opened_and_nothing_is_reviewed_twice(crew):
    with opened():
        crew.give(crew.dag, Duty.PRIVACY_OFFICER, datetime.now(UTC))
    dag = browser_of(crew.dag)
    break_glass(dag)
    review = f"{REVIEWS}/{Glass.objects.get().pk}"

    assert dag.post(review, {"finding": "justified"}).status_code == 403
    assert browser_of(crew.greta).post(review, {"finding": "unjustified"}).status_code == 302
    assert browser_of(crew.greta).post(review, {"finding": "justified"}).status_code == 409
    assert browser_of(crew.greta).post(review, {"finding": "fine"}).status_code == 404
