"""Profiles: those that come along are sound, and what is wrong with one is said with its place, all at once."""

import re

import pytest

from kvitto.intake.dialects import profiles, reading
from kvitto.intake.dialects.paths import paths
from kvitto.intake.dialects.profiles import NoSuchProfileError, ProfileRefusedError
from kvitto.intake.dialects.reading import UnknownDialectError, dialect_of
from kvitto.intake.dialects.types import Format
from kvitto.intake.forms import decode_post_void
from tests.architecture.source import ROOT
from tests.poslog import poslog, read, receipt, retail, transaction

PAGE = (ROOT / "docs" / "reference" / "dialect-profiles.md").read_text()


def test_the_profiles_that_come_along_are_sound_and_on_the_page():
    assert {profiles.named(name).name for name in profiles.names()} == {
        "poslog", "ncr-acs", "wincor", "digital-receipt-se", "retail-json",
    }  # fmt: skip
    assert [name for name in profiles.names() if f"`{name}`" not in PAGE] == []


def test_every_rule_is_on_the_page():
    tables = {"Recognised", "KeyRules", "LineRules", "DiscountRules", "TotalRules", "TaxRules", "TenderRules"}
    source = (ROOT / "kvitto" / "intake" / "dialects" / "profiles.py").read_text()
    keys = set(
        re.findall(
            r'(?:_paths|_texts|_whole|_choice|table\.text|rules\.text|table\.choice)\(\w+, "(\w+)"|table\.text\("(\w+)"',
            source,
        )
    )
    names = {name for pair in keys for name in pair if name}

    assert tables
    assert len(names) > 40
    assert [name for name in sorted(names) if f"`{name}`" not in PAGE] == []


def test_a_profile_of_its_own_says_what_differs_and_keeps_the_rest(tmp_path):
    file = tmp_path / "ours.toml"
    file.write_text(
        'base = "ncr-acs"\nabout = "our tills"\n[key.store_codes]\n9 = "101"\n[lines]\nvoid_rule = "itself"\n'
    )

    ours, base = profiles.load(str(file)), profiles.named("ncr-acs")

    assert (ours.name, ours.key.store_codes, ours.lines.void_rule) == ("ours", {"9": "101"}, "itself")
    assert ours.lines.in_store_digits == base.lines.in_store_digits
    assert receipt(poslog(transaction()).replace(b">101<", b">9<"), ours).store == "101"


def test_everything_that_is_wrong_is_said_with_its_place():
    with pytest.raises(ProfileRefusedError) as raised:
        profiles.parse(
            b'base = "poslog"\nabout = "x"\nzone = "Mars"\ndecimal = ";"\ncolour = "red"\n[lines]\nvoid_rule = "maybe"\n'
            b'amount = "a//b"\nin_store_digits = 0\n[total]\nrounding = "2"\n[key]\nstore = []\nstore_codes = { a = 1 }\n',
            "ours",
        )

    assert [line.split(":")[0] for line in str(raised.value).splitlines()] == [
        "the profile ours is refused",
        "the profile, zone",
        "the profile, decimal",
        "key, store",
        "key, store_codes",
        "lines, void_rule",
        "lines, in_store_digits",
        "lines, amount",
        "total, rounding",
        "the profile",
    ]


@pytest.mark.parametrize("content", [b"base = ", b'about = "x"', b'base = "nobody"', b"\xff"])
def test_what_is_no_profile_is_refused(content):
    with pytest.raises((ProfileRefusedError, NoSuchProfileError)):
        profiles.parse(content, "ours")


def test_a_name_that_is_none_is_answered_with_those_that_are():
    with pytest.raises(NoSuchProfileError, match="ncr-acs, poslog"):
        profiles.load("nobody")


@pytest.mark.parametrize("written", ["", "/a", "a/", "a//b", "a[b", "a]b", "@", "a/@", "a[=x]", "a b"])
def test_what_is_no_path_is_refused(written):
    with pytest.raises(ValueError, match="not a path"):
        paths([written])


OWN = b'{"store": "101", "workstation": "1"}'


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (poslog(transaction()), "poslog"),
        (poslog(transaction(), spaces='xmlns:acs="http://www.ncr.com/rsd/acs/tlog/markup/poslog/2.1"'), "ncr-acs"),
        (poslog(transaction(), spaces='xmlns:WN="http://www.wincor-nixdorf.com"'), "wincor"),
        (poslog(transaction(), root="nam:DigitalReceipt", spaces='xmlns:nam="a"'), "digital-receipt-se"),
        (b"\xef\xbb\xbf  " + retail(), "retail-json"),
        (OWN, None),
        (b"", None),
        (b"no receipt", None),
    ],
)
def test_a_file_says_by_itself_what_it_is(head, name):
    found = dialect_of(head, said=Format.AUTO, profile=None)

    assert (found.name if found else None) == name


def test_xml_that_nobody_knows_is_not_guessed_at():
    with pytest.raises(UnknownDialectError, match="kvitto receipts inspect"):
        dialect_of(b"<kassa/>", said=Format.AUTO, profile=None)


def test_what_was_said_of_a_file_goes_before_what_it_looks_like():
    assert dialect_of(retail(), said=Format.KVITTO, profile=None) is None
    assert dialect_of(OWN, said=Format.AUTO, profile=profiles.named("retail-json")).name == "retail-json"
    with pytest.raises(UnknownDialectError):
        dialect_of(OWN, said=Format.JSON, profile=None)
    with pytest.raises(UnknownDialectError, match="is for json, not for xml"):
        dialect_of(OWN, said=Format.XML, profile=profiles.named("retail-json"))


def test_of_two_profiles_that_know_a_file_the_one_that_asks_for_more_reads_it():
    assert (
        reading.recognised(poslog(spaces='xmlns:a="http://www.ncr.com/rsd/acs/tlog/markup/poslog/9"')).name == "ncr-acs"
    )


LINK = "<TransactionLink ReasonCode='{}'><WorkstationID>2</WorkstationID><SequenceNumber>17</SequenceNumber>{}</TransactionLink>"
SOLD = "<RetailStoreID>201</RetailStoreID><BusinessDayDate>2026-11-19</BusinessDayDate>"


def test_what_a_receipt_names_comes_along_and_what_names_no_whole_key_does_not():
    link = LINK.format("Return", SOLD + "<BeginDateTime>2026-11-19T10:00:00</BeginDateTime>")
    (named,) = receipt(poslog(transaction(body=link + link + LINK.format("Return", "")))).origins

    assert (named.store, named.business_day.isoformat(), named.workstation, named.sequence) == (
        "201",
        "2026-11-19",
        "2",
        17,
    )
    assert named.begin_time.isoformat() == "2026-11-19T10:00:00+00:00"
    assert receipt(poslog(transaction(body=LINK.format("Resume", SOLD)))).origins is None


def test_a_transaction_that_takes_a_receipt_back_is_that_and_nothing_else():
    voids = LINK.format("Voided", "<BusinessDayDate>2026-11-19</BusinessDayDate>")
    (raw,) = read(poslog(transaction(body=voids, card="9246000000000017")))
    found = decode_post_void(raw)

    assert (found.store, found.sequence, found.voids.sequence, found.voids.workstation) == ("101", 4711, 17, "2")
    assert b"2.15" not in raw.body
    assert b"9246000000000017" not in raw.body


@pytest.mark.parametrize(
    ("text", "version"), [("3", 3), ("2026-11-20T18:00:00+02:00", 1_795_190_400_000_000), ("newest", None)]
)
def test_a_profile_whose_tills_restate_says_where_the_version_stands(text, version):
    ours = profiles.parse(b'base = "poslog"\nabout = "x"\nversion = ["POSLogDateTime[@TypeCode=Message]"]\n', "ours")
    head = f"<POSLogDateTime TypeCode='Message'>{text}</POSLogDateTime>"
    (raw,) = read(poslog(transaction(head=head)), ours)

    assert raw.version == version
    assert (raw.refusal is None) == (version is not None)
    assert read(poslog(transaction(head=head)))[0].version is None
