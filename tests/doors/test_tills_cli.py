"""`kvitto tills` as an operator uses it."""

import json

import pytest

from kvitto.tills.rules import is_token
from tests.doors.command import kvitto


def test_a_key_is_made_listed_replaced_and_taken_away(committed_cast):
    made = kvitto("tills", "issue", "Harbour", "--store", "101")
    token = made.stdout.decode().strip()
    assert (made.returncode, is_token(token)) == (0, True)

    listed = kvitto("tills", "list", "--json").stdout.decode()
    assert token not in listed
    (key,) = json.loads(listed)["keys"]
    assert (key["label"], key["kind"], key["code"], key["state"], key["sandbox"]) == (
        "Harbour",
        "store",
        "101",
        "holds",
        False,
    )

    number = key["key_id"]
    new = json.loads(kvitto("tills", "rotate", number, "--overlap-days", "0", "--json").stdout)
    assert is_token(new["token"])
    assert kvitto("tills", "revoke", number).returncode == 1, "the old key is over already"
    assert kvitto("tills", "revoke", new["key"]).returncode == 0
    states = [each["state"] for each in json.loads(kvitto("tills", "list", "--json").stdout)["keys"]]
    assert states == ["revoked", "revoked"]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ((), 2, "name one of --store, --chain and --company"),
        (("--store", "101", "--chain", "grocer"), 2, "name one of"),
        (("--store", "999"), 1, "no store has the code '999'"),
    ],
)
def test_a_key_is_for_one_thing_that_there_is(committed_cast, arguments, code, told):
    run = kvitto("tills", "issue", "Harbour", *arguments)

    assert (run.returncode, run.stdout) == (code, b"")
    assert told in " ".join(run.stderr.decode().split())
