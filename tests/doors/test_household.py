"""A member's household on the pages: coming in, going, and what each of them is shown."""

import re
from datetime import timedelta

import pytest

from kvitto.households import actions
from tests.cast import BJORN_CARD, TODAY, receipt, take
from tests.doors.reading import signed_in, text_of
from tests.households import child, do, roles, settle

pytestmark = pytest.mark.usefixtures("casts_day")


@pytest.fixture
def aino(committed_cast):
    return signed_in(committed_cast.aino, "aino")


@pytest.fixture
def bjorn(committed_cast):
    return signed_in(committed_cast.bjorn, "bjorn")


def press(client, act, **fields):
    return client.post("/household/do", {"act": act, **fields})


def test_from_an_invitation_to_a_household_of_two(committed_cast, aino, bjorn):
    invited = text_of(aino.post("/household/invite"))
    code = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", invited.split("The invitation")[1])[0]
    assert code not in text_of(aino.get("/household"))

    answer = bjorn.post("/household/join", {"code": f" {code.lower()} "}, follow=True)

    assert "You are in the household from today on." in text_of(answer)
    assert "Björn" in text_of(aino.get("/household"))
    assert roles(committed_cast.bjorn)["Aino"] == "main"


def test_a_wrong_code_says_so_and_too_many_make_somebody_wait(bjorn):
    answers = [bjorn.post("/household/join", {"code": "AAAA-AAAA"}) for _ in range(8)]
    assert "Ask for a new one." in text_of(answers[0])
    assert answers[-1].status_code == 429


def test_an_adult_sees_who_is_in_it_and_no_figures(committed_cast, bjorn):
    settle(committed_cast)
    take(receipt())
    page = text_of(bjorn.get("/household"))
    assert "Aino" in page
    assert "Grocer Harbour" not in page
    assert bjorn.get("/household/2026-11").status_code == 404


def test_the_main_member_turns_the_months_pages(committed_cast, aino):
    settle(committed_cast)
    take(receipt(card=BJORN_CARD, business_day="2026-10-20", end_time="2026-10-20T17:03:11+03:00"))
    assert "2,15" not in text_of(aino.get("/household"))
    assert "/household/2026-10" in aino.get("/household").content.decode()
    assert "2,15" in text_of(aino.get("/household/2026-10"))
    for address in ("/household/2026-12", "/household/2026"):
        assert aino.get(address).status_code == 404


def test_a_receipts_day_and_store_are_hidden_from_its_page_and_shown_again(committed_cast, aino, bjorn):
    settle(committed_cast)
    take(receipt(card=BJORN_CARD))
    page = re.search(r"/receipts/2026-11-20/\d+", bjorn.get("/receipts").content.decode())[0]
    assert "Hide day and store" in text_of(bjorn.get(page))

    assert bjorn.post(f"{page}/keep-back").status_code == 302
    assert "Grocer Harbour" not in text_of(aino.get("/household"))
    assert "Other purchases 2,15" in text_of(aino.get("/household")).replace("\xa0", " ")

    bjorn.post(f"{page}/keep-back", {"show": "yes"})
    assert "Grocer Harbour" in text_of(aino.get("/household"))


def test_nobody_hides_what_is_not_theirs(committed_cast, aino, bjorn):
    settle(committed_cast)
    take(receipt(card=BJORN_CARD))
    page = re.search(r"/receipts/2026-11-20/\d+", bjorn.get("/receipts").content.decode())[0]
    assert aino.post(f"{page}/keep-back").status_code == 404


def test_a_main_member_or_somebody_alone_is_offered_no_hiding(committed_cast, aino):
    settle(committed_cast)
    take(receipt())
    page = re.search(r"/receipts/2026-11-20/\d+", aino.get("/receipts").content.decode())[0]
    assert "Hide day and store" not in text_of(aino.get(page))


def test_a_child_is_added_and_an_adult_is_not(committed_cast, aino):
    names = {"given_name": "Elis", "family_name": "Ahonen"}
    wrong = aino.post("/household/minor", names | {"birth_date": "1990-01-01"})
    assert "A child is under 18." in text_of(wrong)
    aino.post("/household/minor", names | {"birth_date": "2020-05-17"})
    assert roles(committed_cast.aino) == {"Aino": "main", "Elis": "minor"}


def test_the_main_member_is_offered_accepted_and_changed(committed_cast, aino, bjorn):
    settle(committed_cast)
    press(aino, "offer", id=committed_cast.bjorn)
    assert "You are offered to be the main member." in text_of(bjorn.get("/household"))
    press(bjorn, "accept")
    assert roles(committed_cast.bjorn) == {"Björn": "main", "Aino": "adult"}


@pytest.mark.parametrize(
    "act", ["take-out", "offer", "along", "guardian", "withdraw", "accept", "leave", "nonsense", ""]
)
def test_a_strangers_buttons_do_nothing(committed_cast, act):
    settle(committed_cast)
    chen = signed_in(committed_cast.chen, "chen")
    answer = press(chen, act, id=committed_cast.bjorn, other=committed_cast.aino)
    assert answer.status_code in {403, 404}
    assert roles(committed_cast.aino) == {"Aino": "main", "Björn": "adult"}


def test_an_id_that_is_none_is_nobodys(committed_cast, aino):
    settle(committed_cast)
    for wrong in ("", "x", "-1", "9" * 40, "²"):
        assert press(aino, "take-out", id=wrong).status_code == 404


def test_whoever_leaves_sees_that_they_have_left(committed_cast, bjorn):
    settle(committed_cast, since=TODAY - timedelta(days=3))
    press(bjorn, "leave")
    assert "You are in no household" in text_of(bjorn.get("/household"))


def test_a_guardian_is_shown_their_child_elsewhere(committed_cast, bjorn):
    settle(committed_cast)
    elis = child(committed_cast.aino)
    do(actions.name_guardian, committed_cast.aino, minor_id=elis, guardian_id=committed_cast.bjorn)
    press(bjorn, "leave")
    assert "Take into my household: Elis" in text_of(bjorn.get("/household"))
    press(bjorn, "along", id=elis)
    assert roles(committed_cast.bjorn) == {"Björn": "main", "Elis": "minor"}
