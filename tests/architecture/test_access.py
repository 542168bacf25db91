"""Every page, command and job is an act of the policy, and the document that tells it is the policy."""

import pytest
import typer
from django.conf import settings
from django.urls import URLPattern, get_resolver
from procrastinate.contrib.django import app as queue

from kvitto.accounts.types import Kind
from kvitto.doors.till_api.operations import OPERATIONS
from kvitto.kernel.actor import ActorKind
from kvitto.staff.rules import POLICY, REASONS
from kvitto.staff.types import Act, Reason
from kvitto.wiring import cli, faces
from kvitto.wiring.acts import API, COMMANDS, JOBS, URLS
from tools import access

BUILT_IN = ("builtin:", "procrastinate.")  # the queue's own


def addresses(patterns, space=""):
    """The name of every address, an unnamed one's as None; those of included addresses with their namespace."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern.name and space + pattern.name
        else:
            inner = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from addresses(pattern.url_patterns, space + inner)


def commands(group, path=()):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name))


def pages():
    return {
        (face.kind, name)
        for face in (faces.MEMBER, faces.STAFF)
        for name in addresses(get_resolver(face.urlconf).url_patterns)
    }


def test_every_page_has_a_name():
    assert {page for page in pages() if not page[1]} == set()
    assert faces.MEMBER.urlconf == settings.ROOT_URLCONF


def test_every_page_is_an_act_and_every_listed_page_exists():
    assert pages() - URLS.keys() == set()
    assert URLS.keys() - pages() == set()


def test_every_command_is_an_act_and_every_listed_command_exists():
    assert set(commands(typer.main.get_command(cli.app))) == COMMANDS.keys()


def test_every_job_is_an_act_and_every_listed_job_exists():
    assert {name for name in queue.tasks if not name.startswith(BUILT_IN)} == JOBS.keys()


def test_every_operation_of_the_till_api_is_an_act_of_tills_or_of_everybody():
    assert {each.name for each in OPERATIONS} == API.keys()
    for each in OPERATIONS:
        assert (ActorKind.VISITOR if each.open else ActorKind.TILL) in POLICY[API[each.name]].who


def test_a_listed_page_is_for_those_who_come_to_its_face():
    faced = {Kind.MEMBER: {ActorKind.VISITOR, ActorKind.MEMBER}, Kind.STAFF: {ActorKind.VISITOR, ActorKind.STAFF}}

    assert {page: act for page, act in URLS.items() if not POLICY[act].who & faced[page[0]]} == {}


def test_commands_are_the_operators_and_jobs_the_systems():
    assert {name for name, act in COMMANDS.items() if ActorKind.OPERATOR not in POLICY[act].who} == set()
    assert {name for name, act in JOBS.items() if ActorKind.SYSTEM not in POLICY[act].who} == set()


def test_every_act_and_every_reason_has_its_row():
    assert list(POLICY.keys() ^ set(Act)) == []
    assert list(REASONS.keys() ^ set(Reason)) == []


@pytest.mark.parametrize("act", Act)
def test_every_act_is_told_once(act):
    assert access.text().count(f"(`{act}`)") == 1


def test_the_document_is_up_to_date():
    assert access.PAGE.read_text() == access.text(), "python -m tools.access"
