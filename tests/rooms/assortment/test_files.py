"""What assortment files may look like, and that nothing else is let through."""

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kvitto.assortment.files import read_groups, read_products, read_settings
from kvitto.assortment.types import BonusClass, GroupRow, Label, ProductRow, Settings
from kvitto.kernel.rows import Reject
from kvitto.kernel.tables import FileRefusedError

MILK = ProductRow(
    row=2,
    code="6408430000012",
    names={"sv": "Mjölk", "fi": "Maito"},
    group="milk",
    chain="grocer",
    country="SE",
    brand="Meadow",
    maker="Northern Dairy",
    size=Decimal("1.5"),
    unit="l",
    labels=frozenset({Label.ORGANIC, Label.VEGETARIAN}),
    sensitivity="health",
    bonus_class=BonusClass.STANDARD,
    launch_day=date(2026, 2, 1),
)
COLUMNS = (
    "code;chain;country;group;name_sv;name_fi;name_en;brand;maker;size;unit;labels;sensitivity;bonus_class;launch_day"
)
VALUES = (
    "6408430000012;grocer;SE;milk;Mjölk;Maito;;Meadow;Northern Dairy;1.5;l;organic vegetarian;health;standard;"
    "2026-02-01"
)


@pytest.fixture
def written(tmp_path):
    def write(content, name="products.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def parquet(tmp_path):
    def write(name="products.parquet", **columns):
        path = tmp_path / name
        pq.write_table(pa.table(columns), path)
        return path

    return write


def refusal(read, path):
    with pytest.raises(FileRefusedError) as caught:
        list(read(path))
    return str(caught.value)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_column_is_read_with_any_delimiter(written, delimiter):
    content = f"{COLUMNS}\n{VALUES}\n".replace(";", delimiter)
    assert list(read_products(written(content))) == [MILK]


def test_a_spreadsheets_mark_and_line_ends_are_read(written):
    content = f"\ufeff{COLUMNS}\r\n{VALUES}\r\n"
    assert list(read_products(written(content))) == [MILK]


def test_what_is_left_out_is_empty(written):
    row = next(read_products(written("code,group,name_en\n3123,milk,Milk\n")))
    assert row == ProductRow(row=2, code="3123", names={"en": "Milk"}, group="milk")


def test_a_comma_and_a_quote_inside_a_value_stay(written):
    row = next(read_products(written('code,group,name_en\n3123,milk,"Milk, ""fat"""\n')))
    assert row.names == {"en": 'Milk, "fat"'}


def test_a_decimal_comma_is_read(written):
    row = next(read_products(written("code;group;name_fi;size;unit\n3123;milk;Maito;0,75;l\n")))
    assert row.size == Decimal("0.75")


@pytest.mark.parametrize(
    ("values", "column", "reason"),
    [
        (",milk,Milk,,,,,", "code", "missing"),
        ("3123,,Milk,,,,,", "group", "missing"),
        ("3123,milk,,,,,,", "name_en", "missing: a name is needed"),
        ("3123,milk,Milk,big,l,,,", "size", "not a number above 0 with at most 9 digits and 4 decimals: 'big'"),
        ("3123,milk,Milk,0,l,,,", "size", "not a number above 0 with at most 9 digits and 4 decimals: '0'"),
        ("3123,milk,Milk,-1,l,,,", "size", "not a number above 0 with at most 9 digits and 4 decimals: '-1'"),
        ("3123,milk,Milk,NaN,l,,,", "size", "not a number above 0 with at most 9 digits and 4 decimals: 'NaN'"),
        ("3123,milk,Milk,1,,,,", "unit", "missing beside a size"),
        ("3123,milk,Milk,,,vegan,,", "labels", "none of organic, vegetarian, contains_meat: 'vegan'"),
        ("3123,milk,Milk,,,,double,", "bonus_class", "none of none, standard, fuel: 'double'"),
        ("3123,milk,Milk,,,,,1.2.2026", "launch_day", "not a day like 2026-01-31: '1.2.2026'"),
        ("3123,milk,Milk,,,,,2026-02-30", "launch_day", "not a day like 2026-01-31: '2026-02-30'"),
        (f"3123,milk,{'M' * 201},,,,,", "name_en", "longer than 200 characters"),
        ("3123,milk,M\x00lk,,,,,", "name_en", "holds a line break, a tab or another control character"),
        ('3123,milk,"Mi\nlk",,,,,', "name_en", "holds a line break, a tab or another control character"),
        ("3123,milk,Milk", "", "the header has 8 columns, this row 3"),
        ("3123,milk,Milk,,,,,,", "", "the header has 8 columns, this row 9"),
    ],
)
def test_a_bad_row_is_rejected_alone(written, values, column, reason):
    header = "code,group,name_en,size,unit,labels,bonus_class,launch_day"
    good = "4,milk,Cream,,,,,"
    rows = list(read_products(written(f"{header}\n{good}\n{values}\n{good}\n")))
    assert rows[1] == Reject(3, column, reason)
    assert [row.code for row in (rows[0], rows[2])] == ["4", "4"]


def test_row_numbers_are_a_spreadsheets(written):
    rows = list(read_products(written("code,group,name_en\n1,milk,A\n\n2,milk,\n")))
    assert [row.row for row in rows] == [2, 4]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("code,group,name_en,lables", "unknown column 'lables'; did you mean 'labels'?"),
        ("Code,group,name_en", "unknown column 'Code'; did you mean 'code'?"),
        ("code,group,name_en,zzz", "unknown column 'zzz'; known are code, group"),
        ("code,group,name_en,code", "column 'code' is there more than once"),
        ("code,name_en", "column 'group' is missing"),
        ("code,group,brand", "add one or more of the columns name_sv, name_fi, name_en"),
        ("", "column 'code' is missing"),
    ],
)
def test_a_file_with_other_columns_is_refused(written, header, message):
    assert message in refusal(read_products, written(f"{header}\n1,milk,Milk,x\n"))


def test_a_file_in_another_encoding_is_refused(written):
    assert "not UTF-8" in refusal(read_products, written("code,group,name_sv\n1,milk,Mjölk\n".encode("latin-1")))


def test_an_open_quote_is_refused_and_swallows_nothing(written):
    path = written('code,group,name_en\n1,milk,"Milk\n2,milk,Cream\n')
    assert "not CSV after row 1" in refusal(read_products, path)


def test_a_file_of_another_kind_is_refused(written):
    assert "must end in .csv, .ndjson or .parquet" in refusal(read_products, written("", "products.xlsx"))
    assert "not readable as Parquet" in refusal(read_products, written("", "products.parquet"))


def test_parquet_says_the_same_as_csv(parquet):
    path = parquet(
        code=["6408430000012"],
        chain=["grocer"],
        country=["SE"],
        group=pa.array(["milk"]).dictionary_encode(),
        name_sv=["Mjölk"],
        name_fi=["Maito"],
        name_en=pa.nulls(1),
        brand=["Meadow"],
        maker=["Northern Dairy"],
        size=[1.5],
        unit=["l"],
        labels=[["organic", "vegetarian"]],
        sensitivity=["health"],
        bonus_class=["standard"],
        launch_day=[date(2026, 2, 1)],
    )
    (row,) = read_products(path)
    assert row.row == 1
    assert {name: getattr(row, name) for name in MILK.__slots__ if name != "row"} == {
        name: getattr(MILK, name) for name in MILK.__slots__ if name != "row"
    }


@pytest.mark.parametrize("size", [pa.array([2]), pa.array([Decimal("2.000000")]), pa.array(["2"])])
def test_parquet_sizes_may_be_numbers(parquet, size):
    (row,) = read_products(parquet(code=["1"], group=["milk"], name_en=["Milk"], size=size, unit=["l"]))
    assert row.size == 2


def test_parquet_codes_must_be_text_since_numbers_lose_their_leading_zeros(parquet):
    path = parquet(code=[36000291452], group=["milk"], name_en=["Milk"])
    assert "column 'code' is int64; write it as text" in refusal(read_products, path)


def test_parquet_with_broken_text_is_refused(parquet):
    broken = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe")])
    path = parquet(code=["1"], group=["milk"], name_en=broken)
    assert "not readable as Parquet" in refusal(read_products, path)


def test_damaged_parquet_is_refused(parquet):
    path = parquet(code=["1"] * 5000, group=["milk"] * 5000, name_en=[f"Milk {number}" for number in range(5000)])
    content = bytearray(path.read_bytes())
    content[200:20000] = bytes(19800)
    path.write_bytes(content)
    assert "not readable as Parquet" in refusal(read_products, path)


def test_groups_are_read(written):
    path = written("code,parent,name_sv,name_en\nfood,,Mat,Food\nmilk,food,Mjölk,\n")
    assert read_groups(path) == [
        GroupRow(code="food", names={"sv": "Mat", "en": "Food"}),
        GroupRow(code="milk", names={"sv": "Mjölk"}, parent="food"),
    ]


def test_a_group_file_with_a_bad_row_is_refused_as_a_whole(written):
    path = written("code,parent,name_sv\nfood,,Mat\nmilk,food,\n,food,Ost\n")
    assert "2 rows cannot be used: row 3, name_sv: missing: a name is needed; row 4, code: missing" in refusal(
        read_groups, path
    )


def test_settings_are_read(written):
    content = """
    [[depth]]
    from = 2026-01-01
    depth = 2
    [[depth]]
    from = 2026-07-01
    depth = 3
    [sensitivity.health]
    fi = "Terveys"
    en = "Health"
    """
    assert read_settings(written(content, "a.toml")) == Settings(
        depths=((date(2026, 1, 1), 2), (date(2026, 7, 1), 3)),
        sensitivities={"health": {"fi": "Terveys", "en": "Health"}},
    )
    assert read_settings(written("", "a.toml")) == Settings()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("depth = 2", "must be a list"),
        ("[[depth]]\ndepth = 2", "each [[depth]] needs"),
        ("[[depth]]\nfrom = 2026-01-01\ndepth = 0", "each [[depth]] needs"),
        ("[[depth]]\nfrom = 2026-01-01\ndepth = true", "each [[depth]] needs"),
        ("[[depth]]\nfrom = 2026-01-01T00:00:00\ndepth = 1", "each [[depth]] needs"),
        ("[[depth]]\nfrom = 2026-01-01\ndepth = 1\nuntil = 2027-01-01", "each [[depth]] needs"),
        ("sensitivity = 1", "must be tables"),
        ("[sensitivity.health]", "sensitivity.health needs a name"),
        ("[sensitivity.health]\nde = 'Gesundheit'", "sensitivity.health needs a name"),
        ("[sensitivity.health]\nen = ''", "sensitivity.health needs a name"),
        ("[sensitivty.health]\nen = 'Health'", "unknown key 'sensitivty'"),
        ("[[depth]", "not TOML"),
    ],
)
def test_faulty_settings_are_refused(written, content, message):
    with pytest.raises(FileRefusedError) as caught:
        read_settings(written(content, "a.toml"))
    assert message in str(caught.value)
