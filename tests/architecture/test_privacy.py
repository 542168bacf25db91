"""Every stored field is classified once: its class of data, why it is held, until when, whether it is exported."""

import ast
import inspect
import textwrap
from collections import Counter

import pytest
from django.apps import apps
from django.db import connection

from kvitto.kernel.privacy import FieldClass, Held, Rule
from kvitto.wiring import third_party_privacy

MODELS = [model for model in apps.get_models(include_auto_created=True) if model.__module__.startswith("kvitto.")]


def fields(model):
    return {field.name for field in model._meta.concrete_fields if field.column}


def classified(model):
    privacy = getattr(model, "Privacy", None)
    return {name: value for name, value in inspect.getmembers(privacy) if not name.startswith("_")}


def doubled(model):
    """Names that stand twice in the text of the classes called Privacy: the later one would win without a word."""
    texts = [textwrap.dedent(inspect.getsource(each)) for each in model.Privacy.__mro__ if each is not object]
    counts = Counter(
        target.id
        for text in texts
        for statement in ast.parse(text).body[0].body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
    )
    return {name for name, count in counts.items() if count > 1}


@pytest.fixture(scope="module")
def columns(django_db_setup, django_db_blocker):
    """The columns of every table in the database but partitions."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
            " AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped"
        )
        found = {}
        for table, column in cursor.fetchall():
            found.setdefault(table, set()).add(column)
        return found


def test_there_are_models_in_every_room_that_stores_something():
    rooms = {model.__module__.split(".")[1] for model in MODELS}

    assert rooms >= {"audit", "accounts", "stores", "assortment", "members", "choices", "vault", "purchases", "intake"}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_field_is_classified_once(model):
    missing = fields(model) - classified(model).keys()
    extra = classified(model).keys() - fields(model)

    assert {"missing": missing, "extra": extra, "doubled": doubled(model) if hasattr(model, "Privacy") else set()} == {
        "missing": set(),
        "extra": set(),
        "doubled": set(),
    }


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_classification_says_why(model):
    wrong = {name for name, held in classified(model).items() if not isinstance(held, Held) or len(held.why) < 5}

    assert not wrong


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_models_and_tables_have_the_same_columns(model, columns):
    assert {field.column for field in model._meta.concrete_fields if field.column} == columns[model._meta.db_table]


def test_fields_about_a_person_are_never_reference_data():
    """Only what says nothing about anybody may stay for as long as it is in use."""
    fields_of = {f"{model._meta.label}.{name}": held for model in MODELS for name, held in classified(model).items()}
    wrong = {
        name
        for name, held in fields_of.items()
        if held.until is Rule.REFERENCE and held.field_class is not FieldClass.NONE
    }

    assert not wrong


def test_every_table_of_the_database_is_ours_or_listed(columns):
    assert columns.keys() == {model._meta.db_table for model in MODELS} | third_party_privacy.TABLES.keys()


@pytest.mark.parametrize("table", third_party_privacy.TABLES)
def test_every_column_of_a_listed_table_is_classified(table, columns):
    assert third_party_privacy.TABLES[table].keys() == columns[table]
