"""XML is read as a stream and within caps: what breaks one is refused with line and column, what came before is good."""

import tracemalloc
from itertools import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvitto.intake.dialects import profiles, reading, xml
from kvitto.intake.dialects.types import Other
from kvitto.intake.formats import MAX_BYTES
from kvitto.intake.types import Raw, Reason
from tests.poslog import NAMESPACE, ZONES, poslog, read, receipts, sale, transaction

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE POSLog [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<POSLog><Transaction><RetailStoreID>&b;</RetailStoreID></Transaction></POSLog>"""


def refusals(content, **how):
    return [each.refusal for each in read(content, **how) if isinstance(each, Raw) and each.refusal]


@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
def test_it_does_not_matter_how_the_bytes_arrive(piece):
    content = poslog(*(transaction(number=number) for number in range(3)))

    assert read(content, piece=piece) == read(content)


def test_a_doctype_is_refused_before_anything_of_it_is_looked_at():
    (refused,) = refusals(BOMB)

    assert refused.reason is Reason.NOT_XML
    assert refused.message == "line 2, column 18: a DOCTYPE is not accepted"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_an_encoding_does_not_hide_a_doctype(encoding):
    (refused,) = refusals(BOMB.decode().encode(encoding))

    assert "DOCTYPE" in refused.message


def test_an_entity_that_nobody_declared_is_refused():
    (refused,) = refusals(poslog(transaction(sale(text="&milk;"))))

    assert refused.message.endswith("not XML: undefined entity")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda content: content[:-30], "line 2, column 717: not XML: unclosed token"),
        (lambda content: content.replace(b"</RetailStoreID>", b"</Store>", 3), "not XML: mismatched tag"),
        (lambda content: content + b"more", "not XML: junk after document element"),
        (lambda _: b"", "line 1, column 1: not XML: no element found"),
        (lambda _: b"\xff\xff<a/>", "not XML: not well-formed (invalid token)"),
        (lambda _: b"<?xml version='1.0' encoding='klingon'?><a/>", "line 1"),
    ],
)
def test_what_is_not_xml_is_refused_with_its_place(spoil, message):
    content = poslog(*(transaction(number=number) + "\n" for number in range(2)))

    refused = refusals(spoil(content))[-1]

    assert refused.reason is Reason.NOT_XML
    assert message in refused.message


def test_what_came_before_the_place_is_good():
    content = poslog(*(transaction(number=number) for number in range(50)))

    found = read(content[: len(content) - 400])

    assert [each.refusal is None for each in found] == [True] * 49 + [False]
    assert found[-1].position == 50


@pytest.mark.parametrize(
    "inside",
    [
        "<a>" * xml.MAX_DEPTH + "</a>" * xml.MAX_DEPTH,
        "<a {}/>".format(" ".join(f'b{n}="1"' for n in range(xml.MAX_ATTRIBUTES + 1))),
        f"<a>{'x' * (xml.MAX_TEXT + 1)}</a>",
    ],
    ids=["depth", "attributes", "text"],
)
def test_a_transaction_that_breaks_a_cap_is_refused_and_its_neighbours_go_in(inside):
    content = poslog(transaction(number=1), transaction(number=2, body=inside), transaction(number=3))

    found = read(content)

    assert [each.refusal and each.refusal.reason for each in found] == [None, Reason.TOO_LARGE, None]


@pytest.mark.parametrize(
    "start",
    [b"<a b='", b"<!--", b"<?a "],
    ids=["a tag", "a comment", "an instruction"],
)
def test_what_never_ends_is_given_up_early(start):
    """Expat looks at an unfinished tag again with every piece: a long one would take the square of its length."""
    fed = 0

    def endless():
        nonlocal fed
        yield f"<POSLog {NAMESPACE}>{transaction()}".encode() + start
        for piece in repeat(b"x" * 1000):
            fed += len(piece)
            yield piece

    found = list(reading.translated(endless(), profile=profiles.named("poslog"), zones=ZONES))

    assert [raw.refusal and raw.refusal.reason for raw in found[-1].raws] == [None, Reason.TOO_LARGE]
    assert fed < 2 * xml.MAX_TAG_BYTES


def test_a_transaction_that_never_ends_is_given_up_at_the_size_of_a_receipt():
    content = poslog(transaction(number=1), transaction(number=2, body="<a>x</a>" * (MAX_BYTES // 8 + 5_000)))

    found = read(content)

    assert [each.refusal and each.refusal.reason for each in found] == [None, Reason.TOO_LARGE]


def test_memory_does_not_grow_with_the_file():
    """A document of any length; its receipts are let go as they are handed on."""
    many = "".join(transaction(number=number) for number in range(200)).encode()

    def peak(times):
        pieces = (
            each for part in ([f"<POSLog {NAMESPACE}>".encode()], repeat(many, times), [b"</POSLog>"]) for each in part
        )
        tracemalloc.start()
        seen = sum(len(some.raws) for some in reading.translated(pieces, profile=profiles.named("poslog"), zones=ZONES))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert seen == 200 * times
        return most

    peak(1)
    assert peak(25) < 1.2 * peak(10)


@given(st.data())
def test_whatever_the_bytes_are_nothing_is_raised(data):
    content = bytearray(poslog(transaction(), transaction(marks=' TrainingModeFlag="true"')))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        cut = data.draw(st.integers(0, 40))
        content[place : place + cut] = data.draw(
            st.binary(max_size=8) | st.sampled_from([b"<", b"</", b"&#0;", b">", b"-"])
        )
        if not content:
            return

    assert all(isinstance(each, Raw | Other) for each in read(bytes(content)))


def test_the_receipts_of_a_file_keep_their_order():
    assert [each.sequence for each in receipts(poslog(*(transaction(number=n) for n in (5, 3, 9))))] == [5, 3, 9]
