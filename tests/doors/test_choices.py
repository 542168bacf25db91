"""A member's choices on the web, and the same at a service point and on the phone."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from kvitto.choices import queries
from kvitto.choices.models import Statement
from kvitto.choices.types import Topic
from kvitto.purchases import queries as purchases
from kvitto.stores.types import Level, Profile
from tests.cast import AINO_CARD, BEER, CHEN_CARD, MILK, TODAY, line, receipt, take
from tests.crew import browser_of
from tests.doors.at_work import look_up
from tests.doors.reading import signed_in, text_of
from tests.households import born

CHOICES, DECIDE, CONFIRM = "/account/choices", "/account/choices/decide", "/account/choices/confirm"
REMOVAL = "/account/removal"


def held(person_id, topic=Topic.PURCHASE_USE):
    return queries.value_of(person_id, topic, profile=Profile.DEFAULT)


def say(client, value, topic="purchase_use"):
    return client.post(DECIDE, {"topic": topic, "value": value})


@pytest.fixture
def aino(cast):
    return signed_in(cast.aino, "aino")


def test_every_choice_says_what_holds_and_what_another_one_would_mean(aino):
    shown = text_of(aino.get(CHOICES))

    assert "Now: What you have bought may decide what we write to you about" in shown
    assert "Your Bonus, member prices, offers and receipts stay exactly as they are." in shown
    for name in (
        "How much of a receipt is recorded",
        "E-mail",
        "Letters and the magazine",
        "Statistics about groups",
        "What you eat",
    ):
        assert name in shown


def test_from_the_first_page_a_ban_takes_three_clicks(aino):
    """My data, My choices, Forbid it."""
    first = aino.get("/purchases").content.decode()
    assert 'href="/account"' in first
    assert f'href="{CHOICES}"' in aino.get("/account").content.decode()
    form = re.search(
        r'<input type="hidden" name="topic" value="purchase_use">.*?name="value" value="0"',
        aino.get(CHOICES).content.decode(),
        re.DOTALL,
    )
    assert form


def test_a_ban_holds_at_once_and_is_proved_by_its_number(aino, cast):
    response = say(aino, 0)
    number = Statement.objects.get().pk
    shown = text_of(aino.get(response["Location"]))

    assert response["Location"] == f"{CHOICES}?done={number}#done"
    assert f"Statement {number}" in shown
    assert "Now: Nothing that you have bought decides what we send or show you" in shown
    assert held(cast.aino) == 0
    assert held(cast.bjorn) == 1
    assert say(aino, 1).status_code == 302
    assert held(cast.aino) == 1


def test_a_lower_level_holds_from_the_next_receipt_and_the_page_counts_what_it_withheld(aino, cast):
    said = say(aino, Level.TOTAL, "recording_level")
    end = datetime.now(UTC).replace(microsecond=0)
    day = {"business_day": end.date().isoformat(), "end_time": end.isoformat()}
    take(receipt([line(code=MILK)], sequence=77, **day), now=datetime.now(UTC))

    assert held(cast.aino, Topic.RECORDING_LEVEL) == Level.TOTAL
    assert "receipt" in text_of(aino.get(said["Location"]))


def keep_out(client, category, value="0"):
    return client.post(DECIDE, {"topic": "not_recorded", "category": category, "value": value})


def test_a_category_is_kept_out_and_let_in_with_its_effect_told_before_and_its_proof_after(aino, cast):
    before = text_of(aino.get(CHOICES))
    done = keep_out(aino, "alcohol")
    proof = text_of(aino.get(done["Location"]))
    after = text_of(aino.get(CHOICES))

    assert "Now: every category is recorded" in before
    assert "what it costs becomes part of one sum without a name" in before
    assert "so does your Bonus, exactly as it is" in before
    assert "Alcohol Never record it" in before
    assert "Categories that are never recorded : Alcohol" in proof
    assert "Also remove what is there already" in proof
    assert "Now: Alcohol Decided on" in after
    assert "Alcohol Record it again" in after
    assert queries.categories_out(cast.aino) == ("alcohol",)
    assert keep_out(aino, "alcohol", "1").status_code == 302
    assert queries.categories_out(cast.aino) == ()
    assert "Categories that are never recorded : every category is recorded" in text_of(
        aino.get("/account/choices/history")
    )


@pytest.mark.parametrize(
    ("category", "value"), [("magic", "0"), ("", "0"), ("alcohol", "2"), ("alcohol", ""), ("\0", "0")]
)
def test_what_is_no_category_is_refused_with_a_sentence(aino, category, value):
    answer = keep_out(aino, category, value)

    assert answer.status_code in {404, 422}
    assert answer.status_code == 404 or "This cannot be decided about that." in text_of(answer)
    assert not Statement.objects.exists()


def test_a_receipt_says_what_is_not_recorded_and_does_not_name_it(aino, cast):
    keep_out(aino, "alcohol")
    end = datetime.now(UTC).replace(microsecond=0)
    day = {"business_day": end.date().isoformat(), "end_time": end.isoformat()}
    lines = [line(code=MILK), line("BEER", "3.00", code=BEER), line("PANT", "0.15", type="deposit", vat="25.5")]
    take(receipt(lines, sequence=78, **day), now=datetime.now(UTC))
    (head,) = purchases.receipts_of(cast.aino, 9)

    shown = text_of(aino.get(f"/receipts/{head.business_day}/{head.receipt_id}"))

    assert "Not recorded 3,15" in shown
    assert "neither the tax nor how it was paid is recorded" in shown
    for gone in ("BEER", "PANT", "Alcohol", "VAT rate", "25,5", "Card "):
        assert gone not in shown.split("My data")[0], gone
    assert "5,30" in shown


# what is there already


def with_beer(cast):
    take(receipt([line(code=MILK), line("BEER", "3.00", code=BEER)], sequence=79))


def test_what_is_there_already_is_removed_after_a_look_at_it(aino, cast):
    with_beer(cast)
    keep_out(aino, "alcohol")

    before = text_of(aino.get(REMOVAL))
    done = aino.post(f"{REMOVAL}/do")
    after = text_of(aino.get(done["Location"]))

    assert "1 of 1 receipts on which goods are recorded would hold less" in before
    assert "Without what you keep out 1 receipt" in before
    assert "Store, day, time and total of each receipt" in before
    assert "Your Bonus does not change." in before
    assert "1 receipt holds less now." in after
    assert "There is nothing to remove" in text_of(aino.get(REMOVAL))
    assert "BEER" not in text_of(aino.get("/search?q=beer"))


def test_a_lower_level_has_its_effect_on_what_is_there_only_when_asked(aino, cast):
    with_beer(cast)
    said = say(aino, Level.TOTAL, "recording_level")

    assert "Also remove what is there already" in text_of(aino.get(said["Location"]))
    assert "Down to the total 1 receipt" in text_of(aino.get(REMOVAL))
    assert purchases.receipts_of(cast.aino, 9)[0].level is Level.PRODUCT
    aino.post(f"{REMOVAL}/do")
    assert purchases.receipts_of(cast.aino, 9)[0].level is Level.TOTAL


def test_nobody_removes_anything_of_somebody_else_or_sees_their_proof(aino, cast):
    with_beer(cast)
    keep_out(aino, "alcohol")
    bjorn = signed_in(cast.bjorn, "bjorn")
    assert bjorn.post(f"{REMOVAL}/do", {"person_id": cast.aino}).status_code == 302
    assert "1 of 1 receipts" in text_of(aino.get(REMOVAL))
    done = aino.post(f"{REMOVAL}/do")["Location"]

    assert "It is removed" not in text_of(bjorn.get(done))
    assert Client().get(REMOVAL)["Location"].startswith("/sign-in")
    assert Client().post(f"{REMOVAL}/do")["Location"].startswith("/sign-in")
    for number in ("1" * 30, "x", "-1", "9" * 18):
        assert "It is removed" not in text_of(aino.get(f"{REMOVAL}?done={number}"))


def test_wishes_are_kept_and_taken_back(aino, cast):
    aino.post(DECIDE, {"topic": "diet", "codes": ["vegetarian", "no_alcohol"]})
    page = aino.get(CHOICES).content.decode()
    assert re.search(r'value="vegetarian" checked', page)
    aino.post(DECIDE, {"topic": "diet"})
    assert not re.search(r'value="vegetarian" checked', aino.get(CHOICES).content.decode())
    aino.post(DECIDE, {"topic": "medium", "codes": [""]})
    assert Statement.objects.count() == 3


def test_everything_that_was_said_is_there(aino):
    say(aino, 0)
    aino.post(DECIDE, {"topic": "diet", "codes": ["vegan"]})

    shown = text_of(aino.get("/account/choices/history"))

    assert "What you eat : vegan" in shown
    assert "on the web" in shown


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"topic": "purchase_use"},
        {"topic": "purchase_use", "value": "2"},
        {"topic": "purchase_use", "value": "yes"},
        {"topic": "recording_level", "value": "0"},
        {"topic": "zodiac", "value": "1"},
        {"topic": "diet", "codes": ["meat"]},
        {"topic": "medium", "codes": ["digital", "paper"]},
        {"topic": "\0", "value": "\0"},
    ],
)
def test_what_is_no_choice_changes_nothing(aino, data):
    assert aino.post(DECIDE, data).status_code in {404, 422}
    assert not Statement.objects.exists()


def test_nobody_states_or_confirms_for_somebody_else(aino, cast):
    bjorn = signed_in(cast.bjorn, "bjorn")
    aino.post(DECIDE, {"topic": "purchase_use", "value": "0", "person_id": cast.bjorn, "person": cast.bjorn})
    number = Statement.objects.get(person_id=cast.aino).pk

    assert held(cast.bjorn) == 1
    assert "It is written down" not in text_of(bjorn.get(f"{CHOICES}?done={number}"))
    assert bjorn.post(CONFIRM, {"number": number}).status_code == 409


@pytest.mark.parametrize("page", [CHOICES, "/account/choices/history"])
def test_a_visitor_is_led_to_sign_in(db, page):
    assert Client().get(page)["Location"].startswith("/sign-in")
    assert Client().post(DECIDE, {"topic": "purchase_use", "value": "0"})["Location"].startswith("/sign-in")


# the same at a service point and on the phone


def served(crew, proof="id_card", card=CHEN_CARD):
    disa = browser_of(crew.disa)
    return disa, look_up(disa, card, proof)["Location"] + "/choices"


@pytest.mark.parametrize(("proof", "channel"), [("id_card", "service_point"), ("questions", "phone")])
def test_a_ban_that_staff_write_down_holds_at_once(crew, cast, proof, channel):
    disa, page = served(crew, proof)

    response = disa.post(f"{page}/decide", {"topic": "purchase_use", "value": "0"})

    row = Statement.objects.get(person_id=cast.chen)
    assert held(cast.chen) == 0
    assert (row.channel, row.pending, row.text_language) == (channel, False, "en")
    assert f"Statement {row.pk} is written down. It holds from now on." in text_of(disa.get(response["Location"]))


def test_what_allows_more_waits_for_the_members_own_yes(crew, cast):
    chen = signed_in(cast.chen, "chen")
    say(chen, 0)
    disa, page = served(crew)

    response = disa.post(f"{page}/decide", {"topic": "purchase_use", "value": "1"})

    assert "waits until the member confirms it" in text_of(disa.get(response["Location"]))
    assert held(cast.chen) == 0
    assert "Waits for your yes" in text_of(chen.get(CHOICES))
    number = Statement.objects.get(person_id=cast.chen, pending=True).pk
    assert chen.post(CONFIRM, {"number": number}).status_code == 302
    assert held(cast.chen) == 1
    assert "Waits for your yes" not in text_of(chen.get(CHOICES))


@pytest.mark.parametrize(("proof", "channel"), [("id_card", "service_point"), ("questions", "phone")])
def test_a_category_is_kept_out_at_once_and_let_in_by_the_member_only(crew, cast, proof, channel):
    disa, page = served(crew, proof)
    assert "Alcohol Never record it" in text_of(disa.get(page))
    out = {"topic": "not_recorded", "category": "alcohol"}

    disa.post(f"{page}/decide", out | {"value": "0"})
    row = Statement.objects.get(person_id=cast.chen)
    assert (row.channel, row.pending, row.codes) == (channel, False, ["alcohol"])
    assert queries.categories_out(cast.chen) == ("alcohol",)
    answer = disa.post(f"{page}/decide", out | {"value": "1"})

    assert "waits until the member confirms it" in text_of(disa.get(answer["Location"]))
    assert queries.categories_out(cast.chen) == ("alcohol",)
    chen = signed_in(cast.chen, "chen")
    assert "Categories that are never recorded: every category is recorded" in text_of(chen.get(CHOICES))
    chen.post(CONFIRM, {"number": Statement.objects.get(pending=True).pk})
    assert queries.categories_out(cast.chen) == ()
    assert disa.post(f"{page}/decide", out | {"value": "2"}).status_code == 404
    magic = disa.post(f"{page}/decide", out | {"value": "0", "category": "magic"})
    assert (magic.status_code, Statement.objects.count()) == (422, 3)
    assert "This cannot be decided about that. Nothing was changed." in text_of(magic)


def test_the_text_is_read_in_the_members_language(crew, cast):
    disa, page = served(crew, card=CHEN_CARD)
    assert 'lang="en"' in disa.get(page).content.decode()
    assert "Read it aloud" in text_of(disa.get(page))


def test_nobody_else_of_the_staff_writes_choices_down(crew, cast):
    disa, page = served(crew)
    for name in ("dag", "elsa", "faruk", "greta", "ines"):
        client = browser_of(getattr(crew, name))
        assert client.get(page).status_code == 403
        assert client.post(f"{page}/decide", {"topic": "purchase_use", "value": "0"}).status_code == 403
    case_id = re.search(r"\d+", page).group(0)
    disa.post(f"/staff/cases/{case_id}/close")
    assert disa.post(f"{page}/decide", {"topic": "purchase_use", "value": "0"}).status_code == 404
    assert not Statement.objects.exists()


@pytest.mark.parametrize("data", [{}, {"topic": "purchase_use", "value": "7"}, {"topic": "diet", "value": "1"}])
def test_what_is_no_choice_is_not_written_down(crew, data):
    disa, page = served(crew)

    assert disa.post(f"{page}/decide", data).status_code == 404


def test_the_member_sees_that_it_was_staff_who_wrote_it_down(crew, cast):
    disa, page = served(crew)
    disa.post(f"{page}/decide", {"topic": "post", "value": "0"})
    chen = signed_in(cast.chen, "chen")

    assert "at a service point" in text_of(chen.get("/account/choices/history"))
    assert "Wrote down a choice of yours" in text_of(chen.get("/account/traces"))


def test_a_purchase_is_never_needed_to_decide(crew, cast):
    """Nothing is opened: neither the page nor the statement looks at what was bought."""
    from kvitto.audit.models import Entry

    aino = signed_in(cast.aino, "aino")
    aino.get(CHOICES)
    say(aino, 0)
    disa, page = served(crew, card=CHEN_CARD)
    disa.post(f"{page}/decide", {"topic": "purchase_use", "value": "0"})

    assert not Entry.objects.filter(action="vault.open").exists()
    assert AINO_CARD not in text_of(disa.get(page))


def test_a_minor_is_offered_nothing_that_allows_more_and_is_told_so(cast, aino):
    born(cast.aino, TODAY.replace(year=TODAY.year - 16))
    for decided in (
        {"topic": "purchase_use", "value": "0"},
        {"topic": "not_recorded", "category": "alcohol", "value": "0"},
    ):
        aino.post(DECIDE, decided)

    page = aino.get(CHOICES)

    assert "Until you are 18 you can forbid and limit, and allow nothing more." in text_of(page)
    assert "Alcohol" in text_of(page)
    forms = re.findall("<form.*?</form>", page.content.decode(), re.DOTALL)
    allowing = {re.search('name="topic" value="(.*?)"', form)[1] for form in forms if 'name="value" value="1"' in form}
    assert allowing == {"recording_level"}  # where it is not a yes, but the lowest
