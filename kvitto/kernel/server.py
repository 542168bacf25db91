"""The embedded PostgreSQL server: a daemon with its data under the installation's home, on a Unix socket only.

It outlives whoever started it. Whether it runs is decided by connecting, never by a file that names a process.
"""

import os
import shlex
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg.conninfo import make_conninfo

from kvitto.kernel.errors import SetupError
from kvitto.kernel.server_files import PORT, USERS, Role, ServerFiles, last_lines, make_private, sync_folder
from kvitto.kernel.server_process import MAJOR, Account, Runner, account_for, is_postmaster, require_owner, runner_for

__all__ = ["EmbeddedServer", "Role", "Status"]

DATABASE = "kvitto"
PATIENCE_SECONDS = 180  # recovery after a crash replays up to max_wal_size

_ADMIN = "kvitto_admin"  # the superuser that initdb wants; pg_hba.conf lets nobody sign in as it
_ORPHANS = "pre-existing shared memory block"  # sessions that outlive a killed server for a moment
_MENDS = {
    "No space left on device": "free space on the disk of {base}",
    "Cannot allocate memory": "free memory: the server takes 256 MB and 10 MB a connection",
    "ermission": "the data folder must belong to the server's user, with mode 0700",
    "ownership": "the data folder must belong to the server's user, with mode 0700",
}


@dataclass(frozen=True, slots=True)
class Status:
    """What can be said of the server now. `pid` without `running`: it starts, recovers or stops."""

    running: bool
    pid: int | None
    version: str | None  # of the running server
    data: Path
    socket_directory: Path


class EmbeddedServer:
    """The server of one home. Objects hold no state: any process may make one at any time."""

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()  # one name for one place, however it was reached
        self._files = ServerFiles(self.home)

    def url(self, role: Role) -> str:
        """The connection URL of a role; works before the first start (the passwords are made when they are missing)."""
        with self._explained():
            return self._url(role)

    def start(self) -> None:
        """Make sure that the server runs and lets us in: make, start or recover it, or find it running.

        Safe to call at any time and from several processes at once. Raises SetupError with the last lines of the log
        and what to do.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        with self._explained():
            self._files.passwords()
            if not self._answers():
                with self._files.locked(deadline) as lock:
                    if not self._answers():
                        self._bring_up(lock, deadline)
            self._sign_in()

    def stop(self) -> bool:
        """Stop the server, ending its sessions (PostgreSQL's fast mode); False when none ran.

        Raises SetupError when it does not end in time or lives where we cannot see it.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        with self._explained():
            if not self._files.base.exists():
                return False
            with self._files.locked(deadline):
                pid = self._files.postmaster()
                if pid is None:
                    if self._answers():
                        raise SetupError(f"the server of {self.home} runs in another container: stop it there")
                    return False
                os.kill(pid, signal.SIGINT)
                while is_postmaster(pid, self._files.data):
                    if time.monotonic() > deadline:
                        raise SetupError(f"process {pid} does not stop; see {self._files.log}, then try again")
                    time.sleep(0.05)
                return True

    def status(self) -> Status:
        """Whether it runs, as which process and version, and where; makes and changes nothing."""
        with self._explained():
            running = self._answers()
            return Status(
                running=running,
                pid=self._files.postmaster(),
                version=self._sign_in() if running else None,
                data=self._files.data,
                socket_directory=self._files.socket_folder(),
            )

    def _url(self, role: Role) -> str:
        password = quote(self._files.passwords()[role], safe="")
        host = quote(str(self._files.socket_folder()), safe="")
        # Both sides prove the password: a server that somebody put in the socket's place is not talked to.
        return f"postgresql://{USERS[role]}:{password}@/{DATABASE}?host={host}&port={PORT}&require_auth=scram-sha-256"

    def _answers(self) -> bool:
        """Whether a server accepts connections on our socket, whatever it then thinks of our password."""
        target = make_conninfo(
            host=str(self._files.socket_folder()), port=PORT, user=USERS["owner"], dbname=DATABASE, connect_timeout=5
        )
        return psycopg.pq.PGconn.ping(target.encode()) == psycopg.pq.Ping.OK

    def _sign_in(self) -> str:
        """Connect as the owner; the server's version."""
        try:
            with psycopg.connect(self._url("owner"), connect_timeout=30) as connection:
                return connection.info.parameter_status("server_version") or ""
        except psycopg.OperationalError as error:
            mend = f"see {self._files.log}"
            if "password authentication failed" in str(error):
                mend = f"{self._files.passwords_file} is not the one of {self._files.data}: restore it from the backup"
            raise SetupError(f"the server of {self.home} runs but refuses the owner role: {error}; {mend}") from error

    def _bring_up(self, lock: int, deadline: float) -> None:
        files = self._files
        account = account_for(files.data, files.base)
        runner = runner_for(account, files.base)
        files.lay_out(account)
        if not files.data.exists():
            self._create(runner, account, lock)
        require_owner(files.data, account)
        self._require_version()
        self._launch(runner, deadline)

    def _create(self, runner: Runner, account: Account, lock: int) -> None:
        """Make the data folder with both roles and the database; it gets its name when it is complete and on disk.

        The programs inherit the lock: when we are killed, the next starter waits until they have ended.
        """
        folder = self._files.unfinished
        if folder.exists():
            shutil.rmtree(folder)
        make_private(folder, account)
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        options = [f"--username={_ADMIN}", "--auth=reject", *locale, "--data-checksums", "--no-instructions"]
        made = runner.run("initdb", f"--pgdata={folder}", *options, keep=(lock,))
        if made.returncode == 0:
            quiet = ["-c", "exit_on_error=on", "-c", "log_min_error_statement=panic"]
            statements = _bootstrap_statements(self._files.passwords())
            single = ["--single", "-D", str(folder), *quiet, "postgres"]
            made = runner.run("postgres", *single, feed=statements, keep=(lock,))
        if made.returncode != 0:
            raise self._failed("the database cannot be created", last_lines(made.stdout))
        folder.rename(self._files.data)
        sync_folder(self._files.base)

    def _require_version(self) -> None:
        file = self._files.data / "PG_VERSION"
        found = file.read_text().strip() if file.exists() else "no PostgreSQL"
        if found != MAJOR:
            raise SetupError(
                f"{self._files.data} is of version {found}, this kvitto runs PostgreSQL {MAJOR}; dump it with "
                "the kvitto that made it and load the dump into a new home, or set KVITTO_HOME to another folder"
            )

    def _launch(self, runner: Runner, deadline: float) -> None:
        """Start the server and wait until it answers: through recovery, and until a killed one's sessions end."""
        files = self._files
        since = files.log_size()
        while not self._answers():
            left = deadline - time.monotonic()
            if left <= 0:
                what = f"the server does not answer after {PATIENCE_SECONDS} s; a recovery may need longer"
                raise self._failed(what, files.log_since(since))
            if files.postmaster() is None:  # else it starts already: its starter was killed
                files.clear_stale_locks()
                options = f"-c config_file={shlex.quote(str(files.configuration))}"
                where = ["-D", str(files.data), "-l", str(files.log), "-o", options]
                done = runner.run("pg_ctl", "start", "-s", "-w", "-t", str(int(left) + 1), *where)
                said = files.log_since(since) or last_lines(done.stdout)
                if done.returncode != 0 and files.postmaster() is None and _ORPHANS not in said:
                    raise self._failed("the server does not start", said)
            time.sleep(0.1)

    def _failed(self, what: str, said: str) -> SetupError:
        mend = next((text for sign, text in _MENDS.items() if sign in said), "mend what it says")
        mend = mend.format(base=self._files.base)
        return SetupError(f"{what} ({self.home}):\n{said}\n{mend}, then run: kvitto db start (log: {self._files.log})")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Errors of the file system become SetupErrors that name the file and the mend."""
        try:
            yield
        except PermissionError as error:
            raise SetupError(
                f"{error.filename or self.home}: permission denied; run kvitto as the user who made {self.home}, "
                "or set KVITTO_HOME to a folder of your own"
            ) from error
        except OSError as error:
            raise SetupError(
                f"{error.filename or self.home}: {error.strerror}; mend it, or set KVITTO_HOME to another folder"
            ) from error


def _bootstrap_statements(passwords: dict[Role, str]) -> str:
    """What the single-user server runs once, one statement a line. The passwords are of URL-safe characters only."""
    plain = "LOGIN NOSUPERUSER NOCREATEROLE NOBYPASSRLS NOREPLICATION"
    return (
        f"CREATE ROLE {USERS['owner']} {plain} CREATEDB PASSWORD '{passwords['owner']}';\n"
        f"CREATE ROLE {USERS['web']} {plain} NOCREATEDB PASSWORD '{passwords['web']}';\n"
        f"CREATE DATABASE {DATABASE} OWNER {USERS['owner']};\n"
    )
