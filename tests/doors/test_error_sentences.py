"""What a room refuses, a member reads in the language of the page: every error that can reach one has its sentence."""

import importlib

import pytest
from django.utils.translation import override

from kvitto.accounts.tries import TooManyTriesError
from kvitto.doors.member_web.errors import SENTENCES, sentence
from kvitto.kernel.errors import KvittoError
from tests.architecture.source import imports, modules
from tests.doors.reading import signed_in, text_of

DOOR = "kvitto.doors.member_web"
NEVER = {"ProcessorsRefusedError": "the operator loads the list; the pages read it"}
WAITS = {"TooManyTriesError"}  # says how long


def errors():
    """Every error of a module that a page of members calls, and the vault's, which those lead to."""
    called = {name for module in modules() if module.startswith(DOOR) for name in imports(module)} & modules().keys()
    called.add("kvitto.vault.actions")
    found = {
        each
        for module in called
        for each in vars(importlib.import_module(module)).values()
        if isinstance(each, type) and issubclass(each, KvittoError) and each.__module__ == module
    }
    return {each for each in found if each.status < 500 and not each.__module__.startswith(("kvitto.kernel", DOOR))}


def test_every_error_that_can_reach_a_members_page_has_its_sentence():
    assert {each.__name__ for each in errors()} - NEVER.keys() - WAITS == {each.__name__ for each in SENTENCES}


@pytest.mark.parametrize("kind", SENTENCES, ids=lambda kind: kind.__name__)
def test_a_sentence_is_another_in_each_language_and_never_the_programs_own(kind):
    said = set()
    for language in ("sv", "fi", "en"):
        with override(language):
            said.add(sentence(kind("what the program says, for developers")))
    assert len(said) == 3
    assert all(text[0].isupper() and text.endswith(".") and "program" not in text for text in said)


def test_an_error_of_another_door_is_not_told_in_english():
    assert sentence(KvittoError("for operators")) == ""


def test_whoever_has_to_wait_is_told_how_long(settings):
    from datetime import timedelta

    with override("sv"):
        assert "30 sekunder" in sentence(TooManyTriesError(timedelta(seconds=30)))


@pytest.mark.parametrize(
    ("language", "words"),
    [("sv", "Det här väntar inte längre"), ("fi", "Tämä ei enää odota"), ("en", "This waits no longer")],
)
def test_a_refusal_on_a_page_is_in_its_language(cast, language, words):
    aino = signed_in(cast.aino, "aino")
    aino.cookies["kvitto_language"] = language

    response = aino.post("/account/choices/confirm", {"number": "1"})

    assert response.status_code == 409
    assert words in text_of(response)


@pytest.mark.parametrize(
    ("address", "data", "status", "words"),
    [
        ("/account/choices/decide", {"topic": "diet", "codes": ["meat"]}, 422, "Så kan man inte bestämma i den saken."),
        ("/household/do", {"act": "leave"}, 404, "Det finns ingen sådan person i ditt hushåll längre."),
        ("/household/do", {"act": "accept"}, 404, "Koden eller erbjudandet är okänt"),
        ("/receipts/2026-01-01/999999/keep-back", {}, 404, "Det här finns inte bland dina köp."),
    ],
)
def test_refusals_of_several_rooms(cast, address, data, status, words):
    aino = signed_in(cast.aino, "aino")
    aino.cookies["kvitto_language"] = "sv"
    response = aino.post(address, data)

    assert response.status_code == status
    assert words in text_of(response)
