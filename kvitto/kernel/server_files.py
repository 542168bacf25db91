"""The files of the embedded server: where they lie, whose they are, and what stands in the ones we write."""

import fcntl
import hashlib
import json
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from kvitto.kernel.errors import SetupError
from kvitto.kernel.server_process import Account, exists, is_postmaster, pid_in

Role = Literal["web", "owner"]
USERS: dict[Role, str] = {"web": "kvitto_web", "owner": "kvitto_owner"}
PORT = 5432  # part of the socket's name only: nothing listens on the network

_SOCKET = f".s.PGSQL.{PORT}"
_SOCKET_PATH_BYTES = 107  # sun_path of unix(7) without its closing zero
_LOG_BYTES = 10_000_000

_HBA = "# Written by kvitto at each start.\n" + "".join(f"local all {user} scram-sha-256\n" for user in USERS.values())

# Nothing a statement holds reaches the log: no errors of statements (they go to whoever sent them), no statement texts,
# no details, which quote rows and the statement of a crashed session.
_CONFIGURATION = """\
# Written by kvitto at each start.
hba_file = '{hba}'
listen_addresses = ''
port = {port}
unix_socket_directories = '{sockets}'
max_connections = 100
max_locks_per_transaction = 256   # a query over every partition locks each
shared_buffers = 256MB
work_mem = 16MB
maintenance_work_mem = 128MB
dynamic_shared_memory_type = mmap # in the data folder: a log-out may clear a user's /dev/shm, containers give it 64 MB
fsync = on
synchronous_commit = on
max_wal_size = 2GB                # an import of 150,000 receipts without forced checkpoints
checkpoint_timeout = 15min
wal_compression = on
random_page_cost = 1.1            # solid-state disks
allow_alter_system = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
log_min_messages = log
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
lc_messages = 'C'
"""


class ServerFiles:
    """The paths below `<home>/postgres` and the folder of the socket."""

    def __init__(self, home: Path) -> None:
        if re.search(r'["$`\\\n]', str(home)):  # pg_ctl puts its paths into a shell command between double quotes
            raise SetupError(f"{str(home)!r} holds a quote, $, `, \\ or line break; set KVITTO_HOME to another folder")
        self.base = home / "postgres"
        self.data = self.base / "data"
        self.unfinished = self.base / "data.unfinished"
        self.log = self.base / "log" / "postgres.log"
        self.passwords_file = self.base / "passwords.json"
        self.configuration = self.base / "postgresql.conf"

    def make_base(self) -> None:
        """Make `<home>/postgres` when it is missing; the modes of folders that exist are not ours to change."""
        self.base.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.base.mkdir(mode=0o700)
        except FileExistsError:
            return
        if os.geteuid() == 0:
            self.base.chmod(0o711)  # the server's account passes through to its own folders; it cannot list or write

    def passwords(self) -> dict[Role, str]:
        """The roles' passwords, made on first use.

        The file appears whole or not at all, and of several processes that make it at once one wins.
        """
        if not self.passwords_file.exists():
            self.make_base()
            draft = self.base / f"passwords.{secrets.token_hex(8)}"
            made = {role: secrets.token_urlsafe(32) for role in USERS}
            try:
                _write_new(draft, json.dumps(made) + "\n", mode=0o600)
                self.passwords_file.hardlink_to(draft)
            except FileExistsError:
                pass
            finally:
                draft.unlink(missing_ok=True)
            sync_folder(self.base)
        found = json.loads(self.passwords_file.read_text())
        return {role: str(found[role]) for role in USERS}

    def socket_folder(self) -> Path:
        """The folder of the socket, the same for every process whatever its environment.

        `<home>/postgres/run`, or a short name in the system's temporary folder when that path is too long for a socket
        or holds what a list of hosts cannot.
        """
        folder = self.base / "run"
        socket = os.fsencode(folder / _SOCKET)
        if len(socket) <= _SOCKET_PATH_BYTES and re.fullmatch(rb"[A-Za-z0-9._/+-]+", socket):
            return folder
        owner = self.base.stat().st_uid if self.base.exists() else os.geteuid()
        digest = hashlib.sha256(f"{owner}:".encode() + os.fsencode(self.base)).hexdigest()[:20]
        # Not TMPDIR or XDG_RUNTIME_DIR: they differ between a login, a service and cron, and the latter ends with the
        # login. What somebody else may have put there is refused by `make_private`.
        return Path("/") / "tmp" / f"kvitto-{digest}"

    def lay_out(self, account: Account) -> None:
        """Make the account's own folders and write the configuration; the log is put aside when it has grown."""
        make_private(self.log.parent, account)
        make_private(self.socket_folder(), account)
        hba = self.base / "pg_hba.conf"
        _replace(hba, _HBA)
        quoted = {"hba": str(hba).replace("'", "''"), "sockets": self.socket_folder(), "port": PORT}
        _replace(self.configuration, _CONFIGURATION.format(**quoted))
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
            self.log.replace(self.log.with_suffix(".old.log"))

    def log_size(self) -> int:
        """Bytes in the log."""
        return self.log.stat().st_size if self.log.exists() else 0

    def log_since(self, offset: int) -> str:
        """The last lines of the log from a byte offset on."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as file:
            file.seek(offset)
            return last_lines(file.read().decode(errors="replace"))

    def postmaster(self) -> int | None:
        """The process id of the server of this data folder, when it lives where we can see it."""
        pid = pid_in(self.data / "postmaster.pid")
        return pid if pid is not None and is_postmaster(pid, self.data) else None

    def clear_stale_locks(self) -> None:
        """Remove PostgreSQL's lock files when they name a living process that is not our server.

        PostgreSQL itself clears those of dead processes (and then checks that no session of theirs lives on), but takes
        any living one for a server. Call it under the lock and when nothing answers. The shared memory of sessions that
        outlive their server is found by the data folder's inode, with or without these files.
        """
        for file in (self.data / "postmaster.pid", self.socket_folder() / f"{_SOCKET}.lock"):
            if not file.exists():
                continue
            pid = pid_in(file)
            if pid is None or (exists(pid) and not is_postmaster(pid, self.data)):
                file.unlink(missing_ok=True)

    @contextmanager
    def locked(self, deadline: float) -> Iterator[int]:
        """Hold the lock of starting and stopping; yields its file descriptor. `deadline` is on the monotonic clock."""
        descriptor = os.open(self.base / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise SetupError(
                            f"another process has been starting or stopping the database for minutes; it holds "
                            f"{self.base / 'lock'}: end it, then try again"
                        ) from None
                    time.sleep(0.05)
            yield descriptor
        finally:
            os.close(descriptor)


def last_lines(text: str, count: int = 12) -> str:
    """The last lines of a program's output."""
    return "\n".join(text.strip().splitlines()[-count:])


def make_private(folder: Path, account: Account) -> None:
    """Make a folder of the account's own with mode 0700; raise SetupError when one is there that is not so."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        pass
    else:
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)
    found = folder.lstat()
    if (
        not stat.S_ISDIR(found.st_mode)
        or found.st_uid not in {account.uid, os.geteuid()}
        or stat.S_IMODE(found.st_mode) & 0o777 != 0o700
    ):
        raise SetupError(f"{folder} is not a folder of the database's own with mode 0700; look whose it is, remove it")
    if found.st_uid != account.uid:  # root was interrupted between making it and giving it away
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_new(path: Path, text: str, *, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(file.fileno(), mode)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        _write_new(draft, text, mode=0o644)  # read by the server's account; holds nothing secret
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
