"""docs/how-to/add-a-dialect.md is followed to the letter: its file, its profile, what it says is answered."""

import re
import tomllib

import pytest

from kvitto.intake.actions import take_in
from kvitto.intake.dialects import profiles
from kvitto.intake.dialects.inspection import inspect
from kvitto.intake.reference import Reference
from kvitto.intake.types import Raw, State
from kvitto.kernel.db import opened
from kvitto.purchases import queries as purchases
from kvitto.purchases.models import Superseded
from tests.architecture.source import ROOT
from tests.cast import NOW, TILL
from tests.poslog import read, receipt

PAGE = (ROOT / "docs" / "how-to" / "add-a-dialect.md").read_text()
(FILE,) = [block.encode() for block in re.findall(r"^```xml\n(.+?)^```$", PAGE, re.MULTILINE | re.DOTALL)]
TORG, VERSION, CODES = re.findall(r"^```toml\n(.+?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SAID = re.findall(r"^\$ kvitto receipts inspect torg.xml.*\n((?:[^`$].*\n)+)", PAGE, re.MULTILINE)


@pytest.fixture
def torg():
    return profiles.parse(TORG.encode(), "torg")


def look(profile=None):
    return inspect(FILE, lambda: iter([FILE]), profile=profile).sentences


def test_inspect_says_what_the_page_says(torg):
    unknown, known = SAID

    assert look()[0] == unknown.strip()
    assert look(torg) == known.strip().splitlines()


def test_the_profile_makes_the_receipt_the_till_meant(torg):
    sale = [each for each in read(FILE, torg) if hasattr(each, "body")]
    found = receipt(FILE, torg)

    assert len(sale) == 1
    assert [(each.type, each.quantity, each.amount, each.vat) for each in found.lines] == [
        ("item", "2", "4.00", "13.5"),
        ("item", "1", "1.59", "13.5"),
        ("deposit", "1", "0.40", "13.5"),
    ]
    assert (found.total, found.card, found.sequence) == ("5.99", "9246000000000017", 812)
    assert b"Maj-Britt" not in sale[0].body
    assert b"A81772" not in sale[0].body


def test_with_the_rule_of_versions_a_corrected_receipt_stands_in_whatever_order_they_come(cast):
    corrects = profiles.parse(TORG.replace("[recognised]", f"{VERSION}\n[recognised]", 1).encode(), "torg")
    first, second = (FILE.replace(b'nr="812"', b'nr="812" version="%d"' % n) for n in (1, 2))
    second = second.replace(b">5,99<", b">6,49<").replace(b'"5,99"', b'"6,49"').replace(b'"1,99"', b'"2,49"')

    def hand_in(file, profile):
        with opened():
            batch = [each for each in read(file, profile) if isinstance(each, Raw)]
            return take_in(batch=batch, by=TILL, now=NOW, reference=Reference()).states

    states = [hand_in(file, corrects) for file in (second, first, FILE, first)]
    assert states == [[State.RECORDED], [State.SAME], [State.CONFLICT], [State.SAME]]
    assert [each.total_cents for each in purchases.receipts_of(cast.aino, 9)] == [649]
    hand_in(first.replace(b'nr="812"', b'nr="814"'), corrects)
    assert hand_in(second.replace(b'nr="812"', b'nr="814"'), corrects) == [State.RECORDED]
    assert [row.total_cents for row in Superseded.objects.all()] == [599]


def test_the_small_profile_of_codes_is_sound():
    assert profiles.parse(CODES.encode(), "shop").key.store_codes == tomllib.loads(CODES)["key"]["store_codes"]
