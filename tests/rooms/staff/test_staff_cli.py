"""`kvitto staff`: what the machine's command line decides about the people who work here."""

import json
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from kvitto.accounts.actions import PasswordError, UsernameError
from kvitto.accounts.models import Account
from kvitto.doors.cli.staff import app
from kvitto.kernel.errors import InvalidError, NotFoundError
from kvitto.staff import actions, agreement, queries
from kvitto.staff.models import Agreement, StaffPerson
from kvitto.staff.types import Duty
from tests.cast import AINO_CARD
from tests.rooms.staff.conftest import PASSWORD


def run(*arguments, typed=PASSWORD):
    return CliRunner().invoke(app, list(arguments), input=f"{typed}\n")


def add(name, *more, typed=PASSWORD):
    return run("add", "--username", name.lower(), "--name", name, *more, typed=typed)


def test_the_first_two_administrators_are_made_here_and_no_third(cast):
    first = add("Greta", "--duty", "administrator")
    assert first.exit_code == 0
    assert "add the second administrator" in first.stderr
    assert "kvitto staff agreement publish" in first.stderr
    assert add("Ines", "--duty", "administrator").exit_code == 0

    third = add("Hugo", "--duty", "administrator")

    assert isinstance(third.exception, actions.BootstrapOverError)
    assert set(Account.objects.values_list("username", flat=True)) == {"greta", "ines"}, "all of it, or nothing"
    held = queries.held_duties(now=datetime.now(UTC))
    assert [(each.name, each.duty) for each in held] == [("Greta", Duty.ADMINISTRATOR), ("Ines", Duty.ADMINISTRATOR)]


def test_the_password_works_and_is_shown_nowhere(cast):
    result = add("Greta")
    account = Account.objects.get(username="greta")

    assert (account.kind, account.check_password(PASSWORD)) == ("staff", True)
    assert PASSWORD not in result.output
    assert "one colleague proposes it" in result.stderr


def test_a_card_says_who_somebody_is_as_a_member(cast):
    found = json.loads(add("Greta", "--card", AINO_CARD, "--json").stdout)

    assert StaffPerson.objects.get(pk=found["staff"]).person_id == cast.aino
    assert found["duty"] is None


def test_an_unknown_card_a_bad_password_or_a_taken_name_add_nobody(cast):
    assert isinstance(add("Greta", "--card", "99999999").exception, NotFoundError)
    assert isinstance(add("Greta", typed="").exception, PasswordError)
    assert add("Ines").exit_code == 0
    assert isinstance(add("Ines").exception, UsernameError)
    assert StaffPerson.objects.count() == Account.objects.count() == 1


@pytest.mark.parametrize("duty", ["data_handler", "clerk"])
def test_other_duties_are_not_given_at_the_machine(cast, duty):
    assert add("Greta", "--duty", duty).exit_code == 2


def test_duties_are_listed(cast):
    assert "nobody has a duty" in run("duties").stderr
    add("Greta", "--duty", "administrator")

    assert "administrator    Greta, from " in run("duties").stdout
    found = json.loads(run("duties", "--json").stdout)
    assert [each["name"] for each in found["held"]] == ["Greta"]
    assert found["waiting"] == []


def test_the_shipped_agreement_is_published_once(cast):
    assert run("agreement", "publish").exit_code == 0
    assert queries.current_agreement(now=datetime.now(UTC)).texts == agreement.texts()

    assert isinstance(run("agreement", "publish").exception, actions.SameTextError)
    assert Agreement.objects.count() == 1


def test_an_agreement_of_ones_own_can_begin_later(cast, tmp_path):
    files = [tmp_path / f"{language}.md" for language in ("sv", "fi", "en")]
    for file in files:
        file.write_text(f"# {file.name}\nå")
    names = [str(file) for file in files]

    found = json.loads(run("agreement", "publish", *names, "--valid-from", "2999-01-01", "--json").stdout)

    assert found == {"version": 1, "valid_from": "2999-01-01T00:00:00+02:00"}
    assert queries.current_agreement(now=datetime.now(UTC)) is None
    for wrong in (names[:2], [*names[:2], str(tmp_path / "en.txt")], [*names, names[0]]):
        (tmp_path / "en.txt").write_bytes(b"\xff")
        assert isinstance(run("agreement", "publish", *wrong).exception, InvalidError), wrong
    assert run("agreement", "publish", str(tmp_path / "de.md")).exit_code == 2
