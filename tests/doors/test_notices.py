"""A member's notices on their pages, and what an operator reads of mail that fails."""

import json
import re
from datetime import UTC, datetime

import pytest
from django.test import Client
from typer.testing import CliRunner

from kvitto.doors.cli.notices import app
from kvitto.kernel.db import opened
from kvitto.notices import actions
from kvitto.notices.models import Notice
from kvitto.notices.types import Kind, Way
from tests.doors.reading import signed_in, text_of

PAGE = "/account/notices"


def tell(person_id, kind=Kind.HOUSEHOLD_LEFT, **more):
    with opened():
        actions.tell(person_id=person_id, kind=kind, now=datetime.now(UTC), **more)


@pytest.fixture
def aino(cast):
    return signed_in(cast.aino, "aino")


def test_opening_the_page_reads_what_is_new(aino, cast):
    tell(cast.aino)
    tell(cast.aino, Kind.CHOICE_WAITS, number=7, way=Way.PHONE)
    assert "My data (2 new notices )" in text_of(aino.get("/purchases"))
    assert "2 new" in text_of(aino.get("/account"))

    first, again = text_of(aino.get(PAGE)), text_of(aino.get(PAGE))

    assert "2 new" in first
    assert "An adult has left your household." in first
    assert "it waits for your yes and holds only when you confirm it. It is statement 7." in first
    assert "Nothing new" in again
    assert "An adult has left your household." in again
    assert "new notice" not in again + text_of(aino.get("/purchases"))


def test_asking_for_the_head_reads_nothing(aino, cast):
    tell(cast.aino)
    aino.head(PAGE)

    assert Notice.objects.get().read_at is None


def test_each_notice_leads_to_where_something_can_be_done(aino, cast):
    tell(cast.aino)
    assert 'class="entry" href="/household"' in aino.get(PAGE).content.decode()
    tell(cast.aino, Kind.CHOICE_WAITS, number=7, way=Way.PHONE)
    assert 'class="entry" href="/account/choices"' in aino.get(PAGE).content.decode()


def test_nobody_reads_the_notices_of_others(aino, cast):
    tell(cast.bjorn)

    assert "There are no notices." in text_of(aino.get(PAGE))
    assert "new notice" not in text_of(aino.get("/account"))
    assert Notice.objects.get().read_at is None
    assert Client().get(PAGE)["Location"].startswith("/sign-in")


def test_an_account_of_nobody_sees_none(db):
    nobody = signed_in(None, "nobody")

    assert "new notice" not in text_of(nobody.get("/account"))
    assert nobody.get(PAGE).status_code == 200


def test_the_card_that_stays_on_the_device_keeps_no_count(aino, cast):
    tell(cast.aino)

    assert "new notice" not in text_of(aino.get("/card"))


@pytest.mark.parametrize(
    ("language", "words"), [("sv", "En vuxen har lämnat ditt hushåll."), ("fi", "Aikuinen on lähtenyt")]
)
def test_the_sentence_is_in_the_language_of_the_page(aino, cast, language, words):
    tell(cast.aino)
    aino.cookies["kvitto_language"] = language

    assert words in text_of(aino.get(PAGE))


def test_a_form_changes_nothing_here(aino, cast):
    tell(cast.aino)

    assert aino.post(PAGE).status_code == 405


# the operator


def unsent(*arguments):
    result = CliRunner().invoke(app, ["unsent", *arguments])
    assert result.exit_code == 0
    return result.stdout


def test_the_operator_reads_what_failed_and_whose_it_is_not(cast):
    assert unsent() == ""
    tell(cast.aino)
    Notice.objects.update(mail_tries=12, mail_error="SMTPRecipientsRefused 550")

    line = unsent()
    (told,) = json.loads(unsent("--json"))["unsent"]

    assert re.search(r"household_left  12 tries: SMTPRecipientsRefused 550; not tried again$", line.strip())
    assert (told["tries"], told["next_try"]) == (12, None)
    assert "Aino" not in line + str(told)
