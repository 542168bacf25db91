"""`kvitto bonus`: what is printed and written, with which exit code."""

import json

import pytest
from typer.testing import CliRunner

from kvitto.bonus import queries
from kvitto.bonus.models import Account
from kvitto.doors.cli.bonus import app
from kvitto.members.models import Person
from tests.bonus import FILE, PLAN, at_home, bought

IBAN = "FI2112345600000785"


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def plans(tmp_path):
    path = tmp_path / "plans.toml"
    path.write_text(FILE)
    return path


def test_plans_are_shown_loaded_and_the_second_time_unchanged(cast, plans):
    dry = run("load", plans, "--dry-run")
    assert dry.stdout.splitlines() == ["new       plan of north from 2016-01-01", "1 new, 0 changed, 0 withdrawn"]
    assert queries.scheme().plans == ()
    assert run("load", plans).stdout == dry.stdout
    assert queries.scheme().plans == (PLAN,)
    assert json.loads(run("load", plans, "--json").stdout) == {"new": 0, "changed": 0, "withdrawn": 0}


def test_a_refused_plan_file_exits_1_with_every_problem_on_a_line_of_its_own(cast, plans):
    plans.write_text(FILE.replace('"200.00"', '"40.00"').replace('"north"', '"west"'))
    result = run("load", plans)

    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 3
    assert f"{plans}: plan of west from 2016-01-01, steps: 40.00 after 50.00" in result.stderr
    assert queries.scheme().plans == ()


def test_a_month_goes_from_its_plan_to_its_payment_file(committed_cast, plans, tmp_path):
    run("load", plans)
    at_home(committed_cast)
    bought("850.00", day="2025-11-20")
    Person.objects.filter(pk=committed_cast.aino).update(number="M1")
    accounts = tmp_path / "accounts.csv"
    accounts.write_text(f"member,account\nM1,{IBAN}\nM1,FI00\nM2,{IBAN}\n")
    noted = run("accounts", accounts)
    assert (noted.exit_code, noted.stdout) == (3, "1 noted, 2 rejected\n")
    assert noted.stderr.splitlines() == [
        f"{accounts}:3: account: an IBAN without spaces is expected",
        f"{accounts}:4: member: nobody in the register has this member number",
    ]
    assert Account.objects.get().iban == IBAN

    settled = json.loads(run("settle", "2025-11", "--json").stdout)
    assert settled == {"units": 1, "corrections": 0}
    file = tmp_path / "payments.csv"
    assert json.loads(run("pay", "2025-11", file, "--json").stdout) == {"payments": 1, "sum": "38.25"}
    written = file.read_text()
    assert written.splitlines()[0] == "account,sum,reference"
    assert written.splitlines()[1].startswith(f"{IBAN},38.25,")
    run("pay", "2025-11", file)
    assert file.read_text() == written


@pytest.mark.parametrize("month", ["2026-13", "-1", "november", "2026-11-01", "99999-01"])
def test_a_month_that_is_none_is_wrong_usage(cast, month):
    assert run("settle", "--", month).exit_code == 2
