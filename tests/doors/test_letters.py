"""A letter about what staff wrote down; its code says yes, once, with the member card, and tells a stranger nothing."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from kvitto.accounts.models import Failure
from kvitto.audit.models import Entry
from kvitto.choices import queries
from kvitto.choices.actions import forget_letters
from kvitto.choices.models import Letter, Statement
from kvitto.choices.rules import LETTER_MISSES
from kvitto.choices.types import Topic
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.members import changes
from kvitto.members.types import Address, ContactKind
from kvitto.notices.models import Notice
from kvitto.stores.types import Profile
from tests.cast import AINO_CARD, CHEN_CARD
from tests.crew import browser_of
from tests.doors.at_work import look_up
from tests.doors.reading import signed_in, text_of
from tests.mail_server import use

CONFIRM = "/confirm"
WRONG = "Nothing was confirmed."


def held(person_id, topic=Topic.EMAIL):
    return queries.value_of(person_id, topic, profile=Profile.DEFAULT)


@pytest.fixture
def phone(crew, cast):
    """Disa's browser, with Chen on the phone; the page of what they decide."""
    disa = browser_of(crew.disa)
    return disa, look_up(disa, CHEN_CARD, "questions")["Location"] + "/choices"


def decide(phone, value, topic="email"):
    """Chen's statement on the phone: its number, and the page after it."""
    disa, page = phone
    after = disa.post(f"{page}/decide", {"topic": topic, "value": value})["Location"]
    return Statement.objects.latest("pk").pk, text_of(disa.get(after))


def letter(phone, number):
    disa, page = phone
    return disa.post(f"{page}/letter", {"number": number})


def code_in(response):
    return re.search(r'id="code">([^<]+)<', response.content.decode()).group(1)


@pytest.fixture
def code(phone):
    """The code in a letter that asks for Chen's yes to marketing by e-mail."""
    number, _ = decide(phone, 1)
    return code_in(letter(phone, number))


def confirm(code, card=CHEN_CARD, client=None):
    client = client or Client(headers={"accept-language": "en"})
    return client.post(CONFIRM, {"card": card, "code": code})


# the confirmation of what was said on the phone


def test_whoever_has_no_verified_address_is_offered_a_letter(phone, settings):
    use(settings, 25)
    number, shown = decide(phone, 0, "post")

    assert "We have no e-mail address that is known to be theirs: offer them the letter." in shown
    assert "Make a letter that confirms it" in shown
    text = text_of(letter(phone, number))
    assert "Letters and the magazine" in text
    assert f"this was written down for you, by phone. It is statement {number}." in text
    assert "No marketing comes to you in this way." in text
    assert "It holds already." in text
    assert not Letter.objects.exists()


def test_whoever_has_one_is_told_by_mail(phone, cast, settings):
    use(settings, 25)
    email = {"kind": ContactKind.EMAIL, "value": "chen@home.example"}
    with opened():
        for change in (changes.set_contact, changes.verify_contact):
            change(person_id=cast.chen, **email, by=OPERATOR, now=datetime.now(UTC))
    _, shown = decide(phone, 0, "post")

    assert "They get a notice of it on their own pages, and by e-mail." in shown
    assert "Make a letter" not in shown
    assert Notice.objects.get(kind="choice_holds").mail_at is not None
    assert "Make a letter with a code for their yes" in decide(phone, 1)[1]


def test_a_letter_is_in_its_readers_language_and_has_their_address(phone, cast):
    address = Address("Strandgatan 5", "90100", "Oulu", "FI")
    with opened():
        changes.change_details(person_id=cast.chen, language="sv", address=address, by=OPERATOR, now=datetime.now(UTC))
    number, _ = decide(phone, 1)
    response = letter(phone, number)
    text = text_of(response)

    assert "Chen Chen Strandgatan 5 90100 Oulu" in text
    assert "Det tillåter mer än förut, så det gäller inte ännu." in text
    assert '<article class="sheet" lang="sv"' in response.content.decode()
    assert "Back to what they decide" in text
    assert Letter.objects.get().text_language == "sv"


def test_a_letter_is_about_what_was_just_written_down(phone, cast, crew):
    """Not about what the member said elsewhere, what another look-up wrote down, or somebody else's."""
    number, _ = decide(phone, 1)
    disa = browser_of(crew.disa)
    other = disa, look_up(disa, AINO_CARD, "questions")["Location"] + "/choices"
    again = disa, look_up(disa, CHEN_CARD, "questions")["Location"] + "/choices"

    for there, asked in ((other, number), (again, number), (phone, number + 1)):
        assert "Nothing of this number was written down in this look-up." in text_of(letter(there, asked))
    for asked in ("", "x", "-1", "9" * 30, "\0"):
        assert letter(phone, asked).status_code == 404
    assert not Letter.objects.exists()


@pytest.mark.parametrize("name", ["dag", "elsa", "faruk", "greta", "ines"])
def test_nobody_else_of_the_staff_makes_letters(phone, crew, name):
    number, _ = decide(phone, 1)
    _, page = phone

    assert browser_of(getattr(crew, name)).post(f"{page}/letter", {"number": number}).status_code in {403, 404}
    assert not Letter.objects.exists()


# the yes


def test_a_code_says_yes_without_an_account_and_holds_from_now(code, cast):
    assert held(cast.chen) == 0

    shown = text_of(confirm(code))

    row = Statement.objects.latest("pk")
    assert held(cast.chen) == 1
    assert "It is confirmed" in shown
    assert f"Statement {row.pk}," in shown
    assert "E-mail: Marketing may come to you in this way." in shown
    assert (row.channel, row.confirms_id, row.registered_by) == ("letter", row.pk - 1, "visitor visitor")
    assert (row.text_language, row.text_digest) == ("en", Letter.objects.get().text_digest)


def test_it_takes_the_code_in_whatever_case_and_with_gaps(code, cast):
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert confirm(typed, card=f" {CHEN_CARD[:4]} {CHEN_CARD[4:]} ").status_code == 200
    assert held(cast.chen) == 1


def test_a_category_is_let_in_again_with_a_letters_code(phone, cast):
    disa, page = phone
    for value in (0, 1):
        disa.post(f"{page}/decide", {"topic": "not_recorded", "category": "alcohol", "value": value})
    waits = Statement.objects.latest("pk")
    made = letter(phone, waits.pk)

    assert waits.pending
    assert "Categories that are never recorded: every category is recorded" in text_of(made)
    assert queries.categories_out(cast.chen) == ("alcohol",)

    assert "every category is recorded" in text_of(confirm(code_in(made)))
    assert not queries.categories_out(cast.chen)
    assert list(Notice.objects.order_by("pk").values_list("kind", flat=True)) == [
        "choice_holds",
        "choice_waits",
        "choice_confirmed",
    ]


def test_a_member_who_is_signed_in_may_use_the_code_as_well(code, cast):
    confirm(code, client=signed_in(cast.chen, "chen"))
    assert held(cast.chen) == 1


def test_the_member_sees_that_a_letters_code_was_used(code, cast):
    confirm(code)
    chen = signed_in(cast.chen, "chen")

    assert "A choice of yours was confirmed with the code from a letter, and holds." in text_of(
        chen.get("/account/notices")
    )
    traces = text_of(chen.get("/account/traces"))
    assert "Made a letter to you about a choice of yours" in traces
    assert "Somebody who was not signed in wrote down a choice of yours" in traces
    assert "by letter" in text_of(chen.get("/account/choices/history"))


def test_what_is_written_down_of_it_names_no_value(code, cast):
    confirm("AAAA-AAAA")
    confirm(code)

    acts = list(Entry.objects.filter(action__startswith="choices.").order_by("pk").values_list("action", "purpose"))
    assert acts[1:] == [("choices.letter", "email"), ("choices.letter_missed", ""), ("choices.state", "email")]
    assert code.replace("-", "") not in str(list(Entry.objects.values())) + str(list(Letter.objects.values()))


# everything that is wrong is one sentence


TYPED = {  # what is typed instead of the card and the code
    "wrong code": {"code": "AAAA-AAAA"},
    "no code at all": {"code": "?"},
    "another's card": {"card": AINO_CARD},
    "nobody's card": {"card": "9246000000009990"},
    "no card at all": {"card": "?"},
}
BEFORE = {  # what has happened to the code before
    "used": lambda code, _: confirm(code),
    "over": lambda *_: Letter.objects.update(expires_at=datetime.now(UTC)),
    "tried too often": lambda *_: Letter.objects.update(misses=LETTER_MISSES),
    "overtaken": lambda _, cast: signed_in(cast.chen, "chen").post(
        "/account/choices/decide", {"topic": "email", "value": "0"}
    ),
}


def shape(response):
    """A page as a stranger sees it, without what they have typed and what is other each time."""
    page = re.sub(r'value="[^"]*"|nonce="[^"]*"', "", response.content.decode())
    return response.status_code, page


@pytest.mark.parametrize("why", [*TYPED, *BEFORE])
def test_whatever_is_wrong_the_answer_is_the_same(code, cast, why):
    BEFORE.get(why, lambda *_: None)(code, cast)
    wrong = confirm(**{"code": code} | TYPED.get(why, {}))

    assert WRONG in text_of(wrong)
    assert shape(wrong) == shape(confirm(**{"code": code} | TYPED["nobody's card"]))
    assert held(cast.chen) == (1 if why == "used" else 0)


def test_a_few_wrong_codes_end_a_letter_and_a_new_one_works(phone, code, cast):
    for _ in range(LETTER_MISSES):
        confirm("AAAA-AAAA")
        Failure.objects.all().delete()
    assert WRONG in text_of(confirm(code))
    Failure.objects.all().delete()

    fresh = code_in(letter(phone, Letter.objects.get().pk))

    assert Letter.objects.get().misses == 0
    confirm(fresh)
    assert held(cast.chen) == 1


def test_a_wrong_code_counts_on_its_own_persons_letters_only(code, cast):
    confirm("AAAA-AAAA", card=AINO_CARD)

    assert Letter.objects.get().misses == 0


def test_codes_are_guessed_at_no_faster_than_passwords(code):
    for _ in range(5):
        assert confirm("AAAA-AAAA").status_code == 200
    waiting = confirm(code)

    assert waiting.status_code == 429
    assert "Too many tries." in text_of(waiting)


def test_a_new_letter_ends_the_one_before(phone, code, cast):
    fresh = code_in(letter(phone, Letter.objects.get().pk))

    assert WRONG in text_of(confirm(code))
    assert held(cast.chen) == 0
    confirm(fresh)
    assert held(cast.chen) == 1


def test_what_was_confirmed_already_gets_no_letter(phone, code):
    number = Letter.objects.get().pk
    confirm(code)

    assert "This waits no longer" in text_of(letter(phone, number))


def test_codes_whose_time_is_over_are_deleted(code):
    now = datetime.now(UTC)
    with opened():
        assert forget_letters(now=now) == 0
        assert forget_letters(now=now + timedelta(days=31)) == 1


@pytest.mark.parametrize("language", ["sv", "fi", "en"])
def test_the_page_is_open_to_everybody_in_their_language(db, language):
    client = Client(headers={"accept-language": language})
    page = client.get(CONFIRM)

    assert page.status_code == 200
    assert page["Cache-Control"].startswith("max-age=0")
    assert f'<html lang="{language}"' in page.content.decode()
    assert client.put(CONFIRM).status_code == 405
    assert client.post(CONFIRM, {}).status_code == 200
