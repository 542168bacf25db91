"""Reading tables, row by row, from CSV and Parquet files."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kvitto.kernel.errors import InvalidError

Row = Mapping[str, str] | str  # values by column, or what is wrong with the row as a whole
_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns a file may have."""

    required: tuple[str, ...]
    one_of: tuple[str, ...]  # at least one of them is there
    optional: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.required, *self.one_of, *self.optional)


class FileRefusedError(InvalidError):
    """A file that cannot be used at all; nothing of it was loaded."""


def read(path: Path, layout: Layout) -> Iterator[tuple[int, Row]]:
    """Number and content of each row that is not blank, after the columns have been checked."""
    if path.suffix == ".parquet":
        return _parquet_rows(path, layout)
    if path.suffix in {".csv", ".tsv", ".txt"}:
        return _csv_rows(path, layout)
    raise FileRefusedError(f"{path}: the name must end in .csv or .parquet")


def _csv_rows(path: Path, layout: Layout) -> Iterator[tuple[int, Row]]:
    number = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            columns, delimiter = _header(file.readline(), layout.columns)
            _check_columns(path, columns, layout)
            for values in csv.reader(file, delimiter=delimiter, strict=True):
                number += 1
                if len(values) == len(columns):
                    yield number, dict(zip(columns, values, strict=True))
                elif values:
                    yield number, f"the header has {len(columns)} columns, this row {len(values)}"
    except UnicodeDecodeError as error:
        raise FileRefusedError(f"{path}: not UTF-8, somewhere after row {number}; save it as UTF-8") from error
    except csv.Error as error:
        raise FileRefusedError(f"{path}: not CSV after row {number}: {error}; check the quotes there") from error


def _header(line: str, known: tuple[str, ...]) -> tuple[list[str], str]:
    """The columns and the delimiter: the one that makes the most known columns of the line."""
    splits = [
        ([column.strip() for column in next(csv.reader([line], delimiter=delimiter), [])], delimiter)
        for delimiter in _DELIMITERS
    ]
    return max(splits, key=lambda split: len(set(split[0]) & set(known)))


def _parquet_rows(path: Path, layout: Layout) -> Iterator[tuple[int, Row]]:
    number = 0
    try:
        with pq.ParquetFile(path) as file:
            columns = file.schema_arrow.names
            _check_columns(path, columns, layout)
            for field in file.schema_arrow:
                if not _fits(field.name, field.type):
                    raise FileRefusedError(f"{path}: column {field.name!r} is {field.type}; write it as text")
            for batch in file.iter_batches(batch_size=8192):
                for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    number += 1
                    yield number, dict(zip(columns, map(_text, values), strict=True))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise FileRefusedError(f"{path}: not readable as Parquet after row {number}: {error}") from error


def _fits(column: str, type_: pa.DataType) -> bool:
    """Whether a Parquet column's type can be read without guessing; numbers lose leading zeros."""
    types = pa.types
    if types.is_dictionary(type_):
        type_ = type_.value_type
    if types.is_string(type_) or types.is_large_string(type_) or types.is_null(type_):
        return True
    if column == "labels":
        return (types.is_list(type_) or types.is_large_list(type_)) and types.is_string(type_.value_type)
    if column == "size":
        return any(fits(type_) for fits in (types.is_integer, types.is_floating, types.is_decimal))
    return column == "launch_day" and bool(types.is_date(type_))


def _text(value: Any) -> str:
    """A Parquet value as CSV would have it."""
    if value is None:
        return ""
    if isinstance(value, list):
        return " ".join(filter(None, value))
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


def _check_columns(path: Path, columns: list[str], layout: Layout) -> None:
    for column in columns:
        if column not in layout.columns:
            near = get_close_matches(column.lower(), layout.columns, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(layout.columns)}"
            raise FileRefusedError(f"{path}: unknown column {column!r}; {hint}")
    if twice := [column for column in layout.columns if columns.count(column) > 1]:
        raise FileRefusedError(f"{path}: column {twice[0]!r} is there more than once; keep one")
    if missing := [column for column in layout.required if column not in columns]:
        raise FileRefusedError(f"{path}: column {missing[0]!r} is missing; add it")
    if not set(columns) & set(layout.one_of):
        raise FileRefusedError(f"{path}: add one or more of the columns {', '.join(layout.one_of)}")
