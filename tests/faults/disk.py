"""Small disks, which can be filled to the last byte and freed again. It takes the right to mount one."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kvitto.kernel.server import EmbeddedServer

HOME, AHEAD = "512m", "256m"  # room for both registers, and for what is written ahead


class NotPermittedError(Exception):
    """A disk cannot be mounted here."""


@contextmanager
def small(folder: Path, size: str = HOME) -> Iterator[None]:
    """The folder is an empty disk as long as the context lasts. Raises NotPermittedError."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "kvitto-faults", str(folder)]
    try:
        subprocess.run(mount, capture_output=True, check=True, text=True)
    except FileNotFoundError:
        raise NotPermittedError("there is no mount") from None
    except subprocess.CalledProcessError as error:
        raise NotPermittedError(error.stderr.strip()) from None
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def ahead(server: EmbeddedServer) -> Iterator[Path]:
    """What the database writes ahead is on a disk of its own as long as the context lasts, and lost after it: its folder."""
    server.stop()
    folder = server.status().data / "pg_wal"
    before = folder.with_name("pg_wal_before")
    folder.rename(before)
    with small(folder, AHEAD):
        subprocess.run(["cp", "-a", f"{before}/.", str(folder)], check=True)
        server.start()
        try:
            yield folder
        finally:
            server.stop()


def fill(folder: Path) -> None:
    """Leave no byte of the folder's disk free."""
    with _ballast(folder).open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            with suppress(OSError):  # no space left
                while True:
                    file.write(bytes(size))


def free(folder: Path) -> None:
    """Give back what `fill` took."""
    _ballast(folder).unlink()


def _ballast(folder: Path) -> Path:
    return folder / "ballast"
