"""A small run of the fault harness; `make faults` is a long one. And that the harness sees what it is there to see."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.faults import ledger
from tests.faults.register import Held
from tests.faults.run import compare
from tests.settings import HOME

TODAY = datetime.now(UTC).date()


@pytest.mark.slow
def test_whatever_breaks_each_receipt_is_there_once_and_whole():
    command = [sys.executable, "-m", "tests.faults", "--transactions", "1500", "--crashes", "1", "--seed", "26"]
    command += ["--home", str(HOME.with_name("faults-test-home"))]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert ran.returncode == 0, ran.stderr + ran.stdout
    figures = json.loads(ran.stdout)
    assert figures["wrong"] == []
    assert figures["receipts"] > 1_000
    assert figures["database_crashes"] == 1
    assert figures["kills"]
    assert figures.get("cut_answers", 0) + figures.get("half_answers", 0)


def test_the_same_seed_makes_the_same_transactions():
    made, again, other = (ledger.made(seed=seed, transactions=600, today=TODAY) for seed in (1, 1, 2))

    assert made == again
    assert made != other
    assert len({(*item.till_day, item.sequence) for item in made.items}) == 600
    assert sum(map(len, made.deliveries)) > 600


def test_the_harness_sees_a_receipt_that_is_lost_double_or_not_whole():
    made = ledger.made(seed=1, transactions=0, today=TODAY)
    keys = [("001", f"{TODAY}", "1", f"{n}", "08:00") for n in range(3)]
    clean = Held(dict.fromkeys(keys, b"whole"), Counter(keys), {}, frozenset(), [])

    assert not any(count for name, count in compare(made, clean, clean).items() if name != "receipts")
    lost = replace(clean, receipts=dict.fromkeys(keys[1:], b"whole"))
    double = replace(clean, times=Counter([*keys, keys[0]]))
    half = replace(clean, receipts=clean.receipts | {keys[0]: b"half"}, cents={("001", "1", TODAY): 1})
    assert compare(made, clean, lost)["lost"] == 1
    assert compare(made, clean, double)["double"] == 1
    assert (compare(made, clean, half)["partial"], compare(made, clean, half)["till_days_with_other_cents"]) == (1, 1)
    assert len({each.digest for each in (clean, lost, half)}) == 3
