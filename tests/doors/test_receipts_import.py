"""`kvitto receipts import` as an operator uses it: real files, real commits, real processes where they matter."""

import gzip
import json
import os
import secrets
import signal
import subprocess
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from backports import zstd
from django.db import connection
from psycopg.conninfo import make_conninfo

from kvitto.kernel import database
from kvitto.wiring import setup
from tests.cast import CHEN_CARD, MILK, NETWORK, line, receipt
from tests.doors.command import KVITTO, kvitto, own_process

YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture
def bare(register):
    """The environment of a process whose database has no tables."""
    name = f"kvitto_bare_{secrets.token_hex(4)}"
    setup.create_database(name, database.django_settings("owner"))
    urls = ("KVITTO_DATABASE_URL", "KVITTO_DATABASE_OWNER_URL")
    yield register | {variable: make_conninfo(register[variable], dbname=name) for variable in urls}
    setup.drop_database(name, database.django_settings("owner"))


def bought(sequence, **fields):
    when = {"business_day": f"{YESTERDAY:%Y-%m-%d}", "end_time": f"{YESTERDAY:%Y-%m-%dT%H:%M:%SZ}"}
    return receipt(**({"sequence": sequence} | when | fields))


def ndjson(*bodies):
    return b"".join((body if isinstance(body, bytes) else json.dumps(body).encode()) + b"\n" for body in bodies)


def many(count):
    """So many receipts, of which some 800 make a block."""
    lines = [line(f"PRODUCT {n}", "1.00", code=MILK) for n in range(30)]
    return [bought(n, lines=lines, total="30.00", vat=[{"rate": "13.5", "gross": "30.00", "tax": "3.57"}],
                   tenders=[{"type": "card", "amount": "30.00"}]) for n in range(count)]  # fmt: skip


def summary(run):
    return json.loads(run.stdout.splitlines()[-1])


def stored():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT sequence) FROM purchases_receipt")
        return cursor.fetchone()


TEN_MISTAKES = {
    2: (b'{"store": "101"', "$", "not a JSON object"),
    3: (bought(3, total=2.15), "$.total", "Expected `str`, got `float`"),
    4: (bought(4) | {"colour": "red"}, "$", "unknown field: `colour`"),
    5: (bought(5, vat=[{"rate": "13.5", "gross": "2.17", "tax": "0.26"}]), "$.vat[0].gross", "differ from it by -2"),
    6: (bought(6, end_time=f"{datetime.now(UTC) + timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}"), "$.end_time", "future"),
    7: (bought(7, store="999"), "$.store", "no store has this code"),
    8: (bought(8, workstation="77"), "$.workstation", "no such till"),
    9: (bought(2**64), "$.sequence", "Expected `int` <= 9223372036854775807"),
    10: (bought(10, lines=[line(quantity="-1")]), "$.lines[0].quantity", "sign"),
    11: (bought(11, lines=[line(amount="0.01")] * 10_000), "$.lines", "Expected `array` of length <= 5000"),
}


def test_ten_mistakes_are_each_named_and_the_others_go_in(committed_cast, tmp_path):
    file, rejects = tmp_path / "own.ndjson", tmp_path / "rejects.ndjson"
    bodies = [bought(1), *(body for body, _, _ in TEN_MISTAKES.values()), bought(12, card=CHEN_CARD)]
    file.write_bytes(ndjson(*bodies))

    run = kvitto("receipts", "import", file, "--rejects", rejects, "--json")

    assert run.returncode == 3, run.stderr
    figures = summary(run)
    assert (figures["read"], figures["recorded"], figures["rejected"]) == (12, 2, 10)
    told = [json.loads(each) for each in rejects.read_text().splitlines()]
    assert [each["line"] for each in told] == list(TEN_MISTAKES)
    for each in told:
        _, field, words = TEN_MISTAKES[each["line"]]
        assert each["field"] == field
        assert words in each["message"]
    assert "MILK" not in rejects.read_text()


def test_without_a_rejects_file_the_mistakes_are_told_on_stderr(committed_cast):
    run = kvitto("receipts", "import", "-", stdin=ndjson(bought(1), bought(2, store="999")))

    assert run.returncode == 3
    assert b"-:2: $.store: no store has this code" in run.stderr
    assert b"recorded 1" in run.stdout
    assert json.loads(kvitto("receipts", "refused", "--json").stdout) == {"unknown_store": 1}


def test_a_dry_run_checks_everything_and_records_nothing(committed_cast):
    run = kvitto("receipts", "import", "-", "--dry-run", "--json", stdin=ndjson(bought(1), b"{"))

    assert run.returncode == 3
    assert (summary(run)["recorded"], summary(run)["rejected"], stored()) == (1, 1, (0, 0))


@pytest.mark.parametrize(("ending", "count"), [("gz", 1_200), ("zst", 2_000)])  # in the second block, in the third
def test_a_cut_off_file_is_recorded_up_to_the_cut(register, tmp_path, ending, count):
    whole = ndjson(*many(count))
    pressed = gzip.compress(whole) if ending == "gz" else zstd.compress(whole)
    file = tmp_path / f"day.ndjson.{ending}"
    file.write_bytes(pressed[: len(pressed) - 20])

    cut = own_process(register, "receipts", "import", file, "--json")
    assert cut.returncode == 1
    assert b"is cut off after line" in cut.stderr
    assert summary(cut)["recorded"] == stored()[0] > 0

    file.write_bytes(pressed)
    again = own_process(register, "receipts", "import", file, "--json")
    assert again.returncode == 0
    assert summary(again)["same"] == summary(cut)["recorded"]
    assert stored() == (count, count)


def listen():
    """Hear Ctrl-C again: what a shell starts in the background does not, and neither do its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def in_the_middle(register, body):
    """An import that has recorded a part of what it was given and waits for more: it cannot be done before its end."""
    command = [KVITTO, "receipts", "import", "-", "--json"]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    process = subprocess.Popen(command, env=register, preexec_fn=listen, **pipes)  # noqa: PLW1509  no thread runs yet

    def feed():
        with suppress(BrokenPipeError):
            process.stdin.write(body)

    Thread(target=feed, daemon=True).start()
    while not stored()[0]:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    return process


@pytest.mark.slow
@pytest.mark.parametrize("who", ["the import", "one of its processes"])
def test_every_receipt_is_there_once_after_a_kill_and_a_second_run(register, tmp_path, who):
    file = tmp_path / "day.ndjson"
    file.write_bytes(ndjson(*many(4_500)))
    process = in_the_middle(register, file.read_bytes())
    victim = process.pid
    if who != "the import":
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        victim = int(children[-1])
    os.kill(victim, signal.SIGKILL)
    process.communicate(timeout=60)
    before = stored()[0]

    again = own_process(register, "receipts", "import", file, "--json")

    assert process.returncode == (-signal.SIGKILL if who == "the import" else 1)
    assert again.returncode == 0
    assert summary(again)["same"] >= before > 0
    assert stored() == (4_500, 4_500)


@pytest.mark.slow
def test_an_interrupted_import_says_so_and_can_be_run_again(register, tmp_path):
    file = tmp_path / "day.ndjson"
    file.write_bytes(ndjson(*many(4_500)))
    process = in_the_middle(register, file.read_bytes())
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)

    assert process.returncode == 130
    assert b"interrupted" in stderr
    assert json.loads(stdout.splitlines()[-1])["recorded"] == stored()[0]
    assert own_process(register, "receipts", "import", file).returncode == 0
    assert stored() == (4_500, 4_500)


def test_a_line_longer_than_any_receipt_is_skipped_without_being_held(register):
    """Sixty megabytes in one line, and the receipts around it."""
    long = b'{"store": "' + b"x" * 60_000_000 + b'"}'

    run = own_process(register, "receipts", "import", "-", "--json", stdin=ndjson(bought(1), long, bought(2)))

    assert run.returncode == 3
    assert (summary(run)["recorded"], summary(run)["rejected"]) == (2, 1)
    assert b"-:2: $: a receipt may have 4194304 bytes" in run.stderr


def test_bytes_that_are_no_text_are_refused_with_their_line(committed_cast):
    run = kvitto("receipts", "import", "-", stdin=ndjson(bought(1), b'{"store": "\xff\xfe"}', bought(2)))

    assert run.returncode == 3
    assert b"-:2: $" in run.stderr
    assert stored()[0] == 2


def test_a_closed_database_is_said_in_a_line(register):
    closed = register | {
        name: make_conninfo(register[name], host="127.0.0.1", port=1)
        for name in ("KVITTO_DATABASE_URL", "KVITTO_DATABASE_OWNER_URL")
    }
    run = own_process(closed, "receipts", "import", "-", stdin=ndjson(bought(1)))

    assert run.returncode == 1
    assert b"Traceback" not in run.stderr
    assert b"the import stopped" in run.stderr


@pytest.mark.parametrize(
    "command", [["receipts", "import", "-"], ["network", "load", "FILE"], ["retention", "run"]], ids=" ".join
)
def test_a_database_that_is_not_set_up_is_said_with_its_mend(bare, tmp_path, command):
    (tmp_path / "FILE").write_bytes(NETWORK)
    run = own_process(
        bare, *[str(tmp_path / "FILE") if each == "FILE" else each for each in command], stdin=ndjson(bought(1))
    )

    assert run.returncode == 1
    assert b"run kvitto migrate" in run.stderr
    assert b"Traceback" not in run.stderr


def test_a_missing_file_and_a_wrong_option_have_their_exit_codes(committed_cast, tmp_path):
    assert kvitto("receipts", "import", tmp_path / "none.ndjson").returncode == 1
    assert kvitto("receipts", "import").returncode == 2
    assert kvitto("receipts", "import", "x", "--jobs", "0").returncode == 2


def test_the_same_file_twice_records_nothing_twice(committed_cast, tmp_path):
    file = tmp_path / "day.ndjson"
    file.write_bytes(ndjson(*many(50)))

    first, second = (summary(kvitto("receipts", "import", file, "--json")) for _ in range(2))

    assert (first["recorded"], second["recorded"], second["same"]) == (50, 0, 50)
