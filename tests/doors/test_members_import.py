"""`kvitto members import` and `sync`: what they print, where rejects go, how they end."""

import csv
import json

import pytest
from typer.testing import CliRunner

from kvitto.doors.cli.members import app
from kvitto.members import queries

pytestmark = pytest.mark.usefixtures("cast")

HEADER = "number,given_name,family_name,language,birth_date\n"


@pytest.fixture
def people(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(HEADER + "M-1,Ole,Östman,sv,1980-02-29\nM-2,Ida,Östman,sv,29.2.1981\n")
    return path


def run(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments])


def test_what_goes_in_is_counted_and_what_does_not_stands_in_the_rejects_file(people, tmp_path):
    result = run("import", people, "--rejects", tmp_path / "rejects.csv", "--json")

    assert result.exit_code == 3
    told = json.loads(result.stdout)
    assert told["people"] == {"new": 1, "changed": 0, "same": 0, "kept": 0, "rejected": 1}
    assert list(csv.reader((tmp_path / "rejects.csv").read_text().splitlines())) == [
        ["file", "row", "column", "reason"],
        [str(people), "3", "birth_date", "not a day like 2026-01-31"],
    ]


def test_without_a_rejects_file_the_first_rejects_are_said(people):
    result = run("import", people)

    assert "row 3, birth_date: not a day like 2026-01-31" in " ".join(result.stderr.split())
    assert "1981" not in result.output


def test_a_dry_run_says_that_nothing_was_stored(people):
    assert "nothing was stored (dry run): new 1" in run("import", people, "--dry-run").stdout
    assert queries.by_numbers({"M-1"}) == {}


def test_a_delta_changes_and_an_import_does_not(people):
    run("import", people)
    people.write_text(HEADER + "M-1,Olle,Östman,sv,1980-02-29\n")

    assert "kept 1" in run("import", people).stdout
    result = run("sync", people)

    assert (result.exit_code, "changed 1" in result.stdout) == (0, True)
    assert queries.details(queries.by_numbers({"M-1"})["M-1"].person_id).given_name == "Olle"
