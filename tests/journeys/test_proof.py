"""A proof is checked by the browser alone, without a network, against the key and a witness's checkpoint."""

import re
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from kvitto.audit import actions, log
from kvitto.audit.models import Checkpoint, Entry
from kvitto.kernel.actor import SYSTEM
from kvitto.kernel.db import opened


def number(now):
    while log.run(now=now, sign_now=True).numbered:
        pass


def check(page, **fields):
    """Fill in what is to be checked; what the page says."""
    for name, value in fields.items():
        page.fill(f"#{name}", value)
    page.click("main form .button")
    status = page.locator("[data-proof] [role=status][aria-busy=false]")
    status.wait_for()
    return status.inner_text()


def changed(proof, line, *, last=False):
    """The proof with another byte in the line that begins so."""
    lines = proof.split("\n")
    place = max(n for n, each in enumerate(lines) if each.startswith(line))
    word, _, encoded = lines[place].rpartition(" ")
    raw = bytearray(b64decode(encoded))
    raw[-1 if last else 0] ^= 1
    lines[place] = f"{word} {b64encode(raw).decode()}".strip()
    return "\n".join(lines)


def test_a_proof_is_checked_without_a_network_and_without_believing_the_server(page_as):
    page = page_as("aino")
    page.goto("/account/choices")
    with page.expect_navigation():
        page.click("main button[name=value]")
    now = datetime.now(UTC)
    number(now)
    entry = Entry.objects.filter(action="choices.state", actor_kind="member").latest("pk").pk
    page.goto(f"/account/traces/{entry}/proof")
    page.context.set_offline(True)

    held = check(page)
    assert re.search(r"The proof holds\. This act is in the record under number \d+, among \d+ acts", held), held
    assert page.inner_text("[data-part=action]") == "choices.state"
    proof, key = page.input_value("#proof"), page.input_value("#key")
    own = Checkpoint.objects.latest("size")
    assert "The witness has kept the same checkpoint." in check(page, witness=own.note)
    root = own.note.split("\n")[2]
    assert "another log of this size" in check(page, witness=own.note.replace(root, "A" * 43 + "="))
    page.fill("#witness", "")
    assert "does not lead to the checkpoint" in check(page, proof=changed(proof, "extra ", last=True))
    assert "does not lead to the checkpoint" in check(page, proof=re.sub(r"index \d+", "index 0", proof))
    assert "not signed with this key" in check(page, proof=changed(proof, "— ", last=True))
    assert "not signed with this key" in check(page, proof=proof.replace("\nat 20", "\nat 21"))
    assert "not a proof of the form" in check(page, proof="hello")
    assert "not a key of the form" in check(page, proof=proof, key=key.replace("+", "-"))

    page.context.set_offline(False)
    page.goto("/check-proof")
    with opened():
        actions.record(by=SYSTEM, action="test.act", now=now)
    number(now + timedelta(minutes=1))
    page.context.set_offline(True)
    page.set_input_files("#file", {"name": "proof.txt", "mimeType": "text/plain", "buffer": proof.encode()})
    expect(page.locator("#proof")).to_have_value(proof)
    assert "The proof holds." in check(page)
    newer = Checkpoint.objects.latest("size")
    assert f"has kept a checkpoint of {newer.size} acts" in check(page, witness=newer.note)
