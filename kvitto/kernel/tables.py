"""Reading tables, row by row, from CSV, NDJSON and Parquet files: every value as text, as CSV has it."""

import csv
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum, auto
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from kvitto.kernel.errors import InvalidError
from kvitto.kernel.rows import Row

_DELIMITERS = (",", ";", "\t")


class Form(Enum):
    """How a column may be kept besides as text, without a guess: numbers lose leading zeros."""

    WORDS = auto()  # a list of text
    NUMBER = auto()
    DAY = auto()
    INSTANT = auto()  # with a time zone


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns a file may have."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()  # at least one of them is there
    forms: Mapping[str, Form] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.required, *self.one_of, *self.optional)


Rows = Iterator[tuple[int, Row]]  # each row's number, and the row


class FileRefusedError(InvalidError):
    """A file that cannot be used at all; nothing of it was loaded."""


def read(path: Path, layout: Layout) -> Rows:
    """Number and content of each row that is not blank, after the columns have been checked."""
    return recognized(path, [layout])[2]


def recognized(path: Path, layouts: Sequence[Layout]) -> tuple[Layout, Sequence[str], Rows]:
    """Which of the layouts a file has (the one that knows the most of its columns), its columns, and its rows.

    Raises FileRefusedError for a file that cannot be used, also when half read.
    """
    known = {column for layout in layouts for column in layout.columns}
    if path.suffix == ".parquet":
        columns = _parquet_columns(path)
        rows = _parquet_rows(path, columns)
    elif path.suffix == ".ndjson":
        columns = _json_columns(path)
        rows = _json_rows(path, columns)
    elif path.suffix in {".csv", ".tsv", ".txt"}:
        columns, delimiter = _csv_columns(path, known)
        rows = _csv_rows(path, columns, delimiter)
    else:
        raise FileRefusedError(f"{path}: the name must end in .csv, .ndjson or .parquet")
    layout = max(layouts, key=lambda layout: len(set(columns) & set(layout.columns)))
    _check_columns(path, columns, layout)
    if path.suffix == ".parquet":
        _check_types(path, layout)
    return layout, columns, rows


def _csv_columns(path: Path, known: Collection[str]) -> tuple[list[str], str]:
    """The columns and the delimiter: the one that makes the most known columns of the first line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            line = file.readline()
    except UnicodeDecodeError as error:
        raise FileRefusedError(f"{path}: not UTF-8 in its first row; save it as UTF-8") from error
    splits = [
        ([column.strip() for column in next(csv.reader([line], delimiter=delimiter), [])], delimiter)
        for delimiter in _DELIMITERS
    ]
    return max(splits, key=lambda split: len(set(split[0]) & set(known)))


def _csv_rows(path: Path, columns: Sequence[str], delimiter: str) -> Rows:
    number = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            file.readline()
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


def _json_columns(path: Path) -> list[str]:
    with path.open("rb") as file:
        first = next((line for line in file if line.strip()), b"{}")
    row = _json_row(first)
    if isinstance(row, str):
        raise FileRefusedError(f"{path}: the first line is {row}")
    return list(row)


def _json_rows(path: Path, columns: Sequence[str]) -> Rows:
    keys = frozenset(columns)
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            row = _json_row(line)
            if not isinstance(row, str) and row.keys() != keys:
                row = "has other keys than the first line; write null where there is no value"
            yield number, row


def _json_row(line: bytes) -> Row:
    """A line's values as text, or what is wrong with it."""
    try:
        values = msgspec.json.decode(line)
    except msgspec.DecodeError:
        return "not JSON"
    if not isinstance(values, dict):
        return "not an object"
    if odd := [key for key, value in values.items() if not _is_plain(value)]:
        return f"{odd[0]!r} is neither text, null nor a list of text; write it as text"
    return {key: _text(value) for key, value in values.items()}


def _is_plain(value: Any) -> bool:
    return (
        value is None
        or isinstance(value, str)
        or (isinstance(value, list) and all(isinstance(each, str) for each in value))
    )


def _parquet_columns(path: Path) -> list[str]:
    with _parquet(path) as file:
        return list(file.schema_arrow.names)


def _parquet_rows(path: Path, columns: Sequence[str]) -> Rows:
    number = 0
    try:
        with _parquet(path) as file:
            for batch in file.iter_batches(batch_size=8192):
                for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    number += 1
                    yield number, dict(zip(columns, map(_text, values), strict=True))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise FileRefusedError(f"{path}: not readable as Parquet after row {number}: {error}") from error


def _parquet(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise FileRefusedError(f"{path}: not readable as Parquet: {error}") from error


def _check_types(path: Path, layout: Layout) -> None:
    with _parquet(path) as file:
        for column in file.schema_arrow:
            if not _fits(column.type, layout.forms.get(column.name)):
                raise FileRefusedError(f"{path}: column {column.name!r} is {column.type}; write it as text")


def _fits(type_: pa.DataType, form: Form | None) -> bool:
    """Whether a Parquet column's type can be read without guessing."""
    types = pa.types
    if types.is_dictionary(type_):
        type_ = type_.value_type
    if types.is_string(type_) or types.is_large_string(type_) or types.is_null(type_):
        return True
    match form:
        case Form.WORDS:
            return bool((types.is_list(type_) or types.is_large_list(type_)) and types.is_string(type_.value_type))
        case Form.NUMBER:
            return any(fits(type_) for fits in (types.is_integer, types.is_floating, types.is_decimal))
        case Form.DAY:
            return bool(types.is_date(type_))
        case Form.INSTANT:
            return bool(types.is_timestamp(type_) and type_.tz)
        case None:
            return False


def _text(value: Any) -> str:
    """A value as CSV would have it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return " ".join(filter(None, value))
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _check_columns(path: Path, columns: Sequence[str], layout: Layout) -> None:
    for column in columns:
        if column not in layout.columns:
            near = get_close_matches(column.lower(), layout.columns, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(layout.columns)}"
            raise FileRefusedError(f"{path}: unknown column {column!r}; {hint}")
    if twice := [column for column in layout.columns if columns.count(column) > 1]:
        raise FileRefusedError(f"{path}: column {twice[0]!r} is there more than once; keep one")
    if missing := [column for column in layout.required if column not in columns]:
        raise FileRefusedError(f"{path}: column {missing[0]!r} is missing; add it")
    if layout.one_of and not set(columns) & set(layout.one_of):
        raise FileRefusedError(f"{path}: add one or more of the columns {', '.join(layout.one_of)}")
