"""`kvitto receipts import` and `inspect` on files of other tills: real files, real commits, real processes where they matter."""

import gzip
import json
import os
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from tests.cast import AINO_CARD, CHEN_CARD
from tests.doors.command import kvitto, own_process
from tests.dump import dump
from tests.poslog import poslog, retail, sale, tender, transaction

YESTERDAY = datetime.now(UTC) - timedelta(days=1)
NCR = (
    'xmlns="http://www.nrf-arts.org/IXRetail/namespace/" xmlns:acs="http://www.ncr.com/rsd/acs/tlog/markup/poslog/2.1"'
)


def bought(*lines, number=1, card=AINO_CARD, **how):
    when = {"day": f"{YESTERDAY:%Y-%m-%d}", "time": f"{YESTERDAY:%Y-%m-%dT%H:%M:%S}Z"}
    return transaction(*lines, **({"number": number, "card": card} | when | how))


def summary(run):
    return json.loads(run.stdout.splitlines()[-1])


def stored():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM purchases_receipt")
        return cursor.fetchone()[0]


@pytest.mark.parametrize("ending", ["xml", "xml.gz"])
def test_a_file_of_other_tills_is_recorded_once(committed_cast, tmp_path, ending):
    file = tmp_path / f"day.{ending}"
    content = poslog(
        *(bought(number=number) for number in range(3)), bought(number=9, marks=' TrainingModeFlag="true"')
    )
    file.write_bytes(gzip.compress(content) if ending.endswith("gz") else content)

    first, second = (summary(kvitto("receipts", "import", file, "--json")) for _ in range(2))

    assert (first["read"], first["recorded"], first["not_sales"]) == (3, 3, 1)
    assert (second["recorded"], second["same"]) == (0, 3)
    assert stored() == 3


def test_many_receipts_go_in_by_several_processes(register):
    content = poslog(*(bought(number=number) for number in range(2_500)))

    run = own_process(register, "receipts", "import", "-", "--json", stdin=content)

    assert summary(run)["recorded"] == stored() == 2_500


def test_times_without_an_offset_are_of_the_store(committed_cast, tmp_path):
    """The hotel of the cast is in Sweden, an hour behind Finland."""
    file = tmp_path / "day.xml"
    local = poslog(*(bought(number=n, time=f"{YESTERDAY:%Y-%m-%d}T10:00:00") for n in range(2)))
    file.write_bytes(local.replace(b"<RetailStoreID>101<", b"<RetailStoreID>900<", 1))

    assert summary(kvitto("receipts", "import", file, "--json"))["recorded"] == 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(end_time) - min(end_time) FROM purchases_receipt")
        assert cursor.fetchone()[0] == timedelta(hours=1)


def test_mistakes_are_told_with_transaction_and_place_and_the_others_go_in(committed_cast, tmp_path):
    file, rejects = tmp_path / "day.xml", tmp_path / "rejects.ndjson"
    content = poslog(
        bought(number=1),
        bought(sale("2.1x"), number=2),
        bought(total="9.99", number=3),
        bought(number=4),
        bought(number=5),
    )
    file.write_bytes(content[:-200])

    run = kvitto("receipts", "import", file, "--rejects", rejects, "--json")
    told = [json.loads(line) for line in rejects.read_text().splitlines()]

    assert run.returncode == 3
    assert (summary(run)["recorded"], summary(run)["rejected"]) == (2, 3)
    assert [(each["transaction"], each["reason"], each["field"]) for each in told] == [
        (2, "not_valid", "RetailTransaction/LineItem[1]/ExtendedAmount"),
        (3, "sums", "$.total"),
        (5, "not_xml", "$"),
    ]
    assert re.match(r"line 1, column \d+: not XML: ", told[2]["message"])
    assert b", transaction 2: RetailTransaction" in kvitto("receipts", "import", file).stderr


def test_a_profile_of_ones_own_translates_codes(committed_cast, tmp_path):
    profile = tmp_path / "shop.toml"
    profile.write_text(
        'base = "retail-json"\nabout = "our web shop"\nchannel = "web"\n[key.store_codes]\nshop-7 = "101"\n'
    )
    body = retail(
        business_unit={"service_id": "shop-7"},
        time_of_purchase=f"{YESTERDAY:%Y-%m-%dT%H:%M:%SZ}",
        customer={"loyalty": {"customer_number": CHEN_CARD}},
    )

    unknown = kvitto("receipts", "import", "-", "--json", stdin=body)
    known = kvitto("receipts", "import", "-", "--profile", profile, "--json", stdin=body)

    assert summary(unknown)["rejected"] == 1
    assert b"no store has this code" in unknown.stderr
    assert summary(known)["recorded"] == 1


@pytest.mark.parametrize(
    ("arguments", "content", "code", "words"),
    [
        ([], b"<kassa/>", 1, b"kvitto receipts inspect"),
        (["--profile", "nobody"], b"", 1, b"there is no profile nobody"),
        (["--format", "xml", "--profile", "retail-json"], b"", 1, b"is for json, not for xml"),
        (["--format", "csv"], b"", 2, b"--format"),
    ],
)
def test_a_format_that_is_none_has_its_exit_code(committed_cast, arguments, content, code, words):
    run = kvitto("receipts", "import", "-", *arguments, stdin=content)

    assert (run.returncode, b"Traceback" in run.stderr) == (code, False)
    assert words in run.stderr


def test_a_file_that_grows_out_of_all_proportion_is_given_up(committed_cast, tmp_path):
    file = tmp_path / "day.xml.gz"
    file.write_bytes(gzip.compress(b"<POSLog>") + gzip.compress(b"<a>" + b"x" * 1_000_000 + b"</a>") * 100)

    run = kvitto("receipts", "import", file, "--format", "xml")

    assert run.returncode == 1
    assert b"times as large" in run.stderr


SECRETS = {
    "card": "4111111111111111",
    "card with spaces": "5500 0000 0000 0004",
    "authorisation": "A8177263X",
    "signature": "c2lnbmF0dXJlIG9mIE1hamE",
    "cashier": "Maj-Britt Kassaperson",
    "hetu": "131052-308T",
    "personnummer": "811218-9876",
}


def planted(number, *, broken=""):
    """A transaction with everything in it that nobody may keep; sound, or with something to refuse."""
    paid = (
        f"<Authorization><AuthorizationCode>{SECRETS['authorisation']}</AuthorizationCode>"
        f"<ElectronicSignature>{SECRETS['signature']}</ElectronicSignature></Authorization>"
        f"<CreditDebit><PrimaryAccountNumber>{SECRETS['card']}</PrimaryAccountNumber></CreditDebit>"
    )
    lines = [
        sale(text=f"CARD {SECRETS['card with spaces']}"),
        sale("3.00", number=2, text=f"PRESCRIPTION {SECRETS['hetu']} {SECRETS['personnummer']}"),
        tender("5.15", inside=paid),
        f"<LineItem><Signature>{SECRETS['signature']}</Signature></LineItem>",
    ]
    head = (
        f'<OperatorID OperatorName="{SECRETS["cashier"]}">7</OperatorID>'
        f'<Receiver Type="NationalIdentityNumber">{SECRETS["hetu"]}</Receiver>'
        f"<ReceiptImage><ReceiptLine>VISA {SECRETS['card']} {SECRETS['cashier']}</ReceiptLine></ReceiptImage>"
    )
    return bought(*lines, number=number, total="5.15", paid="0.00", head=head, body=broken)


def test_what_nobody_may_keep_is_nowhere(register, tmp_path):
    """Not in the database, the output, the rejects file or the logs: of a file that is sound and of one that is not."""
    file, rejects = tmp_path / "day.xml", tmp_path / "rejects.ndjson"
    refused = f"<LineItem><Sale><ExtendedAmount>{SECRETS['card']}x</ExtendedAmount></Sale></LineItem>"
    content = poslog(
        planted(1), planted(2, broken=refused), planted(3).replace("5.15</Total>", f"{SECRETS['card']}</Total>")
    )
    file.write_bytes(content.replace(b"</POSLog>", f"<x>{SECRETS['cashier']}".encode()))

    runs = [
        own_process(register, "receipts", "import", file, "--rejects", rejects, "--json"),
        own_process(register, "receipts", "import", file),
        own_process(register, "receipts", "inspect", file),
        own_process(register, "receipts", "inspect", file, "--json"),
    ]

    assert (summary(runs[0])["recorded"], summary(runs[0])["rejected"]) == (1, 3)
    places = {
        "output": b"".join(run.stdout + run.stderr for run in runs),
        "rejects": rejects.read_bytes(),
        "lines": opened_lines(),
        **dump("TEXT"),
    }
    for name, secret in SECRETS.items():
        forms = {secret, secret.replace(" ", ""), secret.replace("-", "")}
        assert [place for place, held in places.items() for form in forms if form.encode() in held] == [], name
    assert b"CARD ***" in places["lines"]


def opened_lines():
    """What is sealed of all receipts, in the clear."""
    from kvitto.kernel.actor import OPERATOR
    from kvitto.purchases.actions import seal_context
    from kvitto.vault import actions as vault
    from kvitto.vault.types import ToOpen

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sealed, person_id, store_id, business_day, workstation, sequence, begin_time, level FROM purchases_receipt"
        )
        rows = cursor.fetchall()
    items = [ToOpen(bytes(row[0]), seal_context(*row[1:])) for row in rows]
    return b"\n".join(
        vault.open_sealed(items=items, by=OPERATOR, purpose="test", subject=None, period=None, now=datetime.now(UTC))
    )


def test_inspect_needs_no_register(tmp_path):
    file = tmp_path / "day.xml"
    file.write_bytes(poslog(bought()))
    nowhere = dict(os.environ) | {
        "KVITTO_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "KVITTO_HOME": str(tmp_path),
    }

    run = own_process(nowhere, "receipts", "inspect", file)
    told = json.loads(own_process(nowhere, "receipts", "inspect", file, "--json").stdout)

    assert run.returncode == 0
    assert run.stdout.decode().splitlines()[0].startswith("ARTS POSLog 2.x and 6.x, read as poslog: 1 receipt")
    assert (told["valid"], told["profile"], told["agree"]) == (True, "poslog", 1)
    assert told["sentences"] == run.stdout.decode().splitlines()[:3]


@pytest.mark.parametrize("content", [b"<POSLog><a></POSLog>", b'{"business_unit": {},}', b"\x00\x01"])
def test_inspect_says_what_is_not_valid_with_line_and_column(tmp_path, content):
    file = tmp_path / "day"
    file.write_bytes(content)

    run = kvitto("receipts", "inspect", file)

    assert run.returncode == 3
    assert re.search(rb"line \d+, column \d+", run.stdout)


def test_inspect_of_a_file_that_is_not_there_fails(tmp_path):
    run = kvitto("receipts", "inspect", tmp_path / "none.xml")

    assert (run.returncode, b"Traceback" in run.stderr) == (1, False)
