"""`kvitto assortment load`, as an operator types it."""

import csv
import json

import pytest
import typer
from typer.testing import CliRunner

from kvitto.assortment import queries
from kvitto.doors.cli import assortment

pytestmark = pytest.mark.django_db

GROUPS = "code,parent,name_en\nfood,,Food\nmilk,food,Milk\n"
PRODUCTS = "code,chain,group,name_en\n6408430000012,,milk,Milk\n3123,grocer,milk,Cream\n"
SETTINGS = '[[depth]]\nfrom = 2026-01-01\ndepth = 2\n[sensitivity.health]\nen = "Health"\n'

cli = typer.Typer()
cli.add_typer(assortment.app, name="assortment")


@pytest.fixture
def files(tmp_path):
    (tmp_path / "groups.csv").write_text(GROUPS)
    (tmp_path / "products.csv").write_text(PRODUCTS)
    (tmp_path / "settings.toml").write_text(SETTINGS)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(cli, ["assortment", "load", *map(str, arguments)])


def everything(files):
    pairs = (("--groups", "groups.csv"), ("--products", "products.csv"), ("--settings", "settings.toml"))
    return [part for option, name in pairs for part in (option, files / name)]


def test_files_are_loaded_and_counted(files):
    result = run(*everything(files), "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout.splitlines()[-1]) == {
        "groups_new": 2,
        "groups_changed": 0,
        "groups_same": 0,
        "products_new": 2,
        "products_changed": 0,
        "products_same": 0,
        "settings_changed": True,
        "rejected": 0,
        "version": 1,
        "dry_run": False,
    }
    assert queries.count_products() == 2


def test_the_counts_are_readable(files):
    result = run(*everything(files))
    assert "products  2 new, 0 changed, 0 as before, 0 rejected" in result.stdout
    assert "products  0 new, 0 changed, 2 as before, 0 rejected" in run(*everything(files)).stdout


def test_a_dry_run_counts_and_stores_nothing(files):
    result = run(*everything(files), "--dry-run")
    assert result.exit_code == 0
    assert "nothing was stored" in result.stdout
    assert "products  2 new" in result.stdout
    assert queries.count_products() == 0


def test_rejected_rows_are_shown_written_and_told_by_the_exit_code(files):
    with (files / "products.csv").open("a") as file:
        file.writelines(f"{number},grocer,bread,Bread\n" for number in range(12))
    result = run(*everything(files), "--rejects", files / "rejects.csv")
    assert result.exit_code == 3
    assert "row 4, group: unknown group 'bread'" in result.stderr
    assert "and 2 more rows" in result.stderr
    with (files / "rejects.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[:2] == [["row", "column", "reason"], ["4", "group", "unknown group 'bread'"]]
    assert len(rows) == 13
    assert queries.count_products() == 2


def test_a_refused_file_stores_nothing_of_the_others(files):
    (files / "products.csv").write_text("code,group,name_en,lables\n")
    result = run(*everything(files))
    assert "did you mean 'labels'?" in str(result.exception)
    assert queries.groups() == {}


def test_a_place_for_rejects_that_does_not_exist_is_told_before_anything_is_stored(files):
    assert run(*everything(files), "--rejects", files / "missing" / "rejects.csv").exit_code == 2
    assert queries.count_products() == 0


@pytest.mark.parametrize("arguments", [[], ["--products", "missing.csv"]])
def test_wrong_usage_is_told_by_the_exit_code(arguments):
    assert run(*arguments).exit_code == 2
