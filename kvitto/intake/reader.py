"""Receipt files, plain, .gz, .zst, or standard input: as pieces, and of the own format as blocks of whole lines.

Memory stays flat whatever the file: a piece is about three megabytes, and a line longer than a receipt may be is skipped, not held.
"""

import gzip
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast

from backports import zstd

from kvitto.intake.formats import MAX_BYTES
from kvitto.intake.types import Raw, Reason, Refusal
from kvitto.kernel.errors import InvalidError

BLOCK_BYTES = 3 * 1024 * 1024
HEAD_BYTES = 8 * 1024  # enough to see what a file is
MOST_RATIO = 200  # bytes a compressed byte may become: receipts become about 15, repeated ones about 100
ANY_RATIO = 64 * 1024 * 1024  # bytes below which any ratio is taken


class UnreadableFileError(InvalidError):
    """A file is missing, cut off, or not what its ending says. What was read before the place is recorded."""


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines, and the number of the first. `too_long`: one line that was longer than a receipt may be."""

    first_line: int
    body: bytes
    too_long: bool = False

    def receipts(self) -> list[Raw]:
        """The receipts of the block; empty lines are none."""
        if self.too_long:
            message = f"a receipt may have {MAX_BYTES} bytes; this line is longer"
            return [Raw(self.first_line, b"", Refusal(Reason.TOO_LARGE, "$", message))]
        lines = self.body.split(b"\n")
        return [Raw(number, line) for number, line in enumerate(lines, start=self.first_line) if line.strip()]


def blocks(name: str, *, on_bytes: Callable[[int], None] | None = None) -> Iterator[Block]:
    """The blocks of a file, or of standard input for `-`; `on_bytes` hears how far the (compressed) file has been read.

    UnreadableFileError when the file cannot be read to its end; the blocks before are good.
    """
    first_line = 1

    def place() -> str:
        return f"line {first_line}"

    for block in blocks_of(chunks(name, on_bytes=on_bytes, place=place)):
        yield block
        first_line = block.first_line + block.body.count(b"\n") + 1


def blocks_of(pieces: Iterable[bytes]) -> Iterator[Block]:
    """The blocks of a file's bytes."""
    first_line = 1
    pending = b""
    skipping = False
    for chunk in pieces:
        rest = chunk
        if skipping:
            _, newline, rest = chunk.partition(b"\n")
            if not newline:
                continue
            skipping = False
            first_line += 1
        whole, newline, rest = (pending + rest).rpartition(b"\n")
        if newline:
            yield Block(first_line, whole)
            first_line += whole.count(b"\n") + 1
        pending = rest
        if len(pending) > MAX_BYTES:
            yield Block(first_line, b"", too_long=True)
            pending, skipping = b"", True
    if pending:
        yield Block(first_line, pending)


def head(name: str) -> bytes:
    """How a file begins; standard input loses nothing by it. UnreadableFileError."""
    with _source(name) as (stream, _):
        try:
            return cast("BufferedReader", stream).peek(HEAD_BYTES)[:HEAD_BYTES]
        except (EOFError, OSError, zstd.ZstdError):
            return b""  # whoever reads it says what is wrong


def chunks(
    name: str, *, on_bytes: Callable[[int], None] | None = None, place: Callable[[], str] | None = None
) -> Iterator[bytes]:
    """A file's bytes, uncompressed; `on_bytes` hears how far the (compressed) file has been read.

    UnreadableFileError, which names the `place`, when it is cut off, broken or grows out of all proportion.
    """
    given = 0
    with _source(name) as (stream, position):
        while chunk := _read(stream, name, place() if place else f"byte {given}"):
            given += len(chunk)
            if name != "-" and given > ANY_RATIO + MOST_RATIO * position():
                raise UnreadableFileError(
                    f"{name} becomes more than {MOST_RATIO} times as large: no receipts do. What was read is recorded"
                )
            if on_bytes:
                on_bytes(position())
            yield chunk


@contextmanager
def _source(name: str) -> Iterator[tuple[BinaryIO, Callable[[], int]]]:
    """The uncompressed stream, and how far its file has been read."""
    if name == "-":
        yield sys.stdin.buffer, lambda: 0
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115  closed below
    except OSError as error:
        raise UnreadableFileError(f"{name} cannot be read: {error.strerror}") from None
    with file:
        if name.endswith(".gz"):
            yield cast("BinaryIO", gzip.GzipFile(fileobj=file)), file.tell
        elif name.endswith(".zst"):
            yield cast("BinaryIO", zstd.ZstdFile(file)), file.tell
        else:
            yield file, file.tell


def _read(stream: BinaryIO, name: str, place: str) -> bytes:
    try:
        return stream.read(BLOCK_BYTES)
    except EOFError:
        raise UnreadableFileError(
            f"{name} is cut off after {place}; what was read is recorded: get the whole file and import it again"
        ) from None
    except (OSError, zstd.ZstdError) as error:
        raise UnreadableFileError(f"{name} cannot be read after {place}: {error}") from None
