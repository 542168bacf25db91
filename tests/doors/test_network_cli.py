"""`kvitto network load`: what is printed, what is written, with which exit code."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import kvitto.stores
from kvitto.doors.cli.network import app
from kvitto.stores import queries

pytestmark = pytest.mark.django_db

NORDIC = Path(kvitto.stores.__file__).parent / "networks" / "nordic-2016.toml"


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_load_shows_the_differences_and_writes_them():
    result = run("load", NORDIC)
    assert result.exit_code == 0
    shown = result.stdout.splitlines()
    assert shown[0] == "new     profile: members start from default; own sign-in from age 15"
    assert "new     chain hotels: name Hotels; store channel totals only; web channel totals only" in shown
    assert shown[-1] == "14 new, 0 changed, 0 unchanged, 0 kept"
    assert set(queries.current().chains) >= {"prisma", "hotels"}


def test_a_second_load_ends_with_everything_unchanged():
    run("load", NORDIC)
    result = run("load", NORDIC, "--json")
    assert json.loads(result.stdout) == {"new": 0, "changed": 0, "unchanged": 14, "kept": 0}


def test_a_dry_run_shows_the_same_and_writes_nothing():
    dry = run("load", NORDIC, "--dry-run", "--json")
    assert dry.exit_code == 0
    assert "nothing was written" in dry.stderr
    assert queries.current() is None
    assert dry.stdout == run("load", NORDIC, "--json").stdout
    assert json.loads(dry.stdout.splitlines()[-1]) == {"new": 14, "changed": 0, "unchanged": 0, "kept": 0}


def test_a_refused_file_exits_1_with_every_problem_on_a_line_of_its_own(tmp_path):
    file = tmp_path / "wrong.toml"
    file.write_text(NORDIC.read_text().replace("until = 2016-09-01", "until = 2016-10-01").replace("Europe/H", "H"))
    result = run("load", file)
    assert result.exit_code == 1
    assert result.stdout == ""
    problems = result.stderr.splitlines()
    assert len(problems) == 1 + 7 + 1
    assert problems[0].startswith(f"{file}: the file, time_zone: ")
    assert problems[1].startswith(f"{file}: chain prisma, store channel: group from 2012-01-01 until 2016-10-01")
    assert "nothing was written" in problems[-1]
    assert queries.current() is None


@pytest.mark.parametrize(
    "arguments", [["load"], ["load", "nowhere.toml"], ["load", str(NORDIC), "--force"], ["unload"]]
)
def test_wrong_usage_exits_2(arguments):
    assert run(*arguments).exit_code == 2
