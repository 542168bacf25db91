"""The network file: what it can say, and that nothing else is let through."""

from datetime import date
from pathlib import Path

import pytest

from kvitto.stores.network import parse
from kvitto.stores.rules import NetworkRefusedError
from kvitto.stores.types import Channel, CompanyKind, Level, LevelPeriod, Profile, Store

TOP = 'profile = "default"\ntime_zone = "Europe/Helsinki"\n'
COMPANY = '[company.north]\nname = "Northern Co-op"\nbusiness_id = "1234567-1"\nkind = "co-op"\n'
CHAIN = '[chain.grocer]\nname = "Grocer"\nlevels = [{ channel = "store", level = "product", from = 2016-09-01 }]\n'
STORE = 'name = "Harbour", town = "Oulu", company = "north", chain = "grocer"'


def refused(text):
    with pytest.raises(NetworkRefusedError) as caught:
        parse(text.encode())
    return caught.value.problems


def store_refused(values):
    return refused(f"{TOP}{COMPANY}{CHAIN}[store]\n101 = {{ {values} }}\n")


def chain_refused(levels):
    return refused(f'{TOP}[chain.grocer]\nname = "Grocer"\nlevels = {levels}\n')


def test_a_store_is_one_line():
    network = parse(
        f"""{TOP}{COMPANY}{CHAIN}[store]
101 = {{ {STORE}, tills = 3 }}
"A.2" = {{ {STORE}, tills = ["K1", "2"], zone = "Europe/Stockholm", opened = 2001-02-03, closed = 2024-01-01 }}
""".encode()
    )
    assert network.stores == {
        "101": Store("Harbour", "Oulu", "north", "grocer", "Europe/Helsinki", frozenset({"1", "2", "3"})),
        "A.2": Store(
            "Harbour",
            "Oulu",
            "north",
            "grocer",
            "Europe/Stockholm",
            frozenset({"K1", "2"}),
            date(2001, 2, 3),
            date(2024, 1, 1),
        ),
    }


def test_a_file_says_profile_companies_and_levels():
    network = parse(
        b"""
profile = "strict"
time_zone = "Europe/Helsinki"
[company.partner]
name = "Fuel \xc3\x85land"
business_id = "7654321-4"
kind = "partner"
[chain.grocer]
name = "Grocer"
levels = [
    { channel = "store", level = "group", from = 2012-01-01, until = 2016-09-01, note = "board" },
    { channel = "store", level = "total", from = 2016-09-01 },
]
[chain.hotel]
name = "Hotel"
"""
    )
    assert network.profile is Profile.STRICT
    assert network.companies["partner"].name == "Fuel Åland"
    assert network.companies["partner"].kind is CompanyKind.PARTNER
    assert network.chains["grocer"].levels == (
        LevelPeriod(Channel.STORE, Level.GROUP, date(2012, 1, 1), date(2016, 9, 1), "board"),
        LevelPeriod(Channel.STORE, Level.TOTAL, date(2016, 9, 1)),
    )
    assert network.chains["hotel"].levels == ()


def test_every_problem_is_listed_with_its_place():
    problems = refused(
        """profile = "lenient"
time_zone = "Europe/Atlantis"
colour = "green"

[company.north]
name = ""
business_id = 12
kind = "club"

[chain.grocer]
name = "Grocer"
levels = [
    { channel = "phone", level = "lines", from = "2016-09-01" },
    { channel = "web", level = "group", until = 2016-09-01T00:00:00, till = 2017-01-01 },
]

[store]
101 = { name = "Harbour", town = "Oulu", company = "nort", chain = "grocer", tills = true }
102 = { name = "Harbour", town = "Oulu", company = "nort", chain = "grocery", tills = 2 }
103 = 5
"no code" = { name = "Harbour" }
"""
    )
    assert [problem.split(": ")[0] for problem in problems] == [
        "the file, profile",
        "the file, time_zone",
        "company north, name",
        "company north, business_id",
        "company north, kind",
        "chain grocer, level 1, channel",
        "chain grocer, level 1, level",
        "chain grocer, level 1, from",
        "chain grocer, level 2, from",
        "chain grocer, level 2, until",
        "chain grocer, level 2",
        "store 101, tills",
        "store 103",
        "store",
        "the file",
        "store 101, company",
        "store 102, company",
        "store 102, chain",
    ]
    assert problems[5] == """chain grocer, level 1, channel: one of "store", "web" is expected, not 'phone'"""
    assert problems[10].startswith("chain grocer, level 2: 'till' is an unknown key")
    assert problems[-1] == 'store 102, chain: "grocery" is no chain of the file (grocer)'


@pytest.mark.parametrize(
    ("values", "place"),
    [
        (STORE, "store 101, tills"),
        (f"{STORE}, tills = 0", "store 101, tills"),
        (f"{STORE}, tills = 1000", "store 101, tills"),
        (f"{STORE}, tills = 2.0", "store 101, tills"),
        (f"{STORE}, tills = []", "store 101, tills"),
        (f"{STORE}, tills = [1, 2]", "store 101, tills"),
        (f'{STORE}, tills = ["1", "1"]', "store 101, tills"),
        (f'{STORE}, tills = 1, zone = "Helsinki"', "store 101, zone"),
        (f"{STORE}, tills = 1, opened = 2020-01-02, closed = 2020-01-02", "store 101, closed"),
        (f"{STORE}, tills = 1, Zone = 1", "store 101"),
        (STORE.replace('"Oulu"', '" Oulu"') + ", tills = 1", "store 101, town"),
        (STORE.replace('"Oulu"', '"\\u001b[2J"') + ", tills = 1", "store 101, town"),
        (STORE.replace('"Oulu"', f'"{"o" * 101}"') + ", tills = 1", "store 101, town"),
    ],
)
def test_one_wrong_value_of_a_store_is_one_problem(values, place):
    (problem,) = store_refused(values)
    assert problem.split(": ")[0] == place


def test_levels_must_be_sound():
    overlap, end = chain_refused(
        """[
        { channel = "store", level = "group", from = 2012-01-01, until = 2016-10-01 },
        { channel = "store", level = "product", from = 2016-09-01, until = 2016-12-01 },
        ]"""
    )
    assert "chain grocer, store channel" in overlap
    assert "2016-09-01" in overlap
    assert "2016-12-01" in end
    assert chain_refused("7") == ("chain grocer, levels: a list of levels is expected, not 7",)


def test_two_companies_cannot_share_a_business_id():
    (problem,) = refused(TOP + COMPANY + COMPANY.replace("north", "south"))
    assert problem == 'company south, business_id: "1234567-1" is that of company north already'


@pytest.mark.parametrize(
    "twice", ["[store]\n1 = {}\n1 = {}\n", "[chain.a]\n[chain.a]\n", "[store]\n1 = { a = 1, a = 1 }\n"]
)
def test_a_code_or_key_given_twice_is_refused_with_its_line(twice):
    (problem,) = refused(twice)
    assert "line" in problem
    assert problem.endswith("a code or key is given twice")


def test_text_that_is_no_toml_or_no_utf8_is_refused():
    (problem,) = refused("profile = default")
    assert problem.startswith("not TOML: ")
    assert "line 1" in problem
    with pytest.raises(NetworkRefusedError, match=r"byte 11: the text is not UTF-8"):
        parse(b'profile = "\xe5"')


def test_the_example_of_the_reference_page_is_sound():
    page = (Path(__file__).parents[3] / "docs" / "reference" / "network-file.md").read_text()
    network = parse(page.split("```toml\n")[1].split("```")[0].encode())
    assert set(network.stores) == {"101", "102", "900"}
