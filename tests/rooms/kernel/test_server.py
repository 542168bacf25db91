"""The embedded PostgreSQL server: outlives its starter, recovers, stays private, touches nothing but its own."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from kvitto.doors.cli import db as command_line
from kvitto.kernel.errors import SetupError
from kvitto.kernel.server import EmbeddedServer

ROOT = Path(__file__).parents[3]
NOBODY = 65534
SERVER = (
    "import sys, pathlib; from kvitto.kernel.server import EmbeddedServer as Server;"
    " s = Server(pathlib.Path(sys.argv[1]))"
)
# Through a shell, since setpriv itself still has root's capabilities when it looks the program up.
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "sh", "-c", 'exec "$@"', "sh"]
ENVIRONMENT = {"PYTHONPATH": f"{ROOT}:{Path(psycopg.__file__).parents[1]}", "PYTHONDONTWRITEBYTECODE": "1"}

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED HERE: only root can drop to another user")


@contextmanager
def open_folder():
    """A folder with a short name that everybody may enter, unlike pytest's own when root runs it."""
    path = Path(tempfile.mkdtemp(prefix="kvitto-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def folder():
    with open_folder() as path:
        yield path


@pytest.fixture
def server_of(folder):
    """Makes the server of a home below `folder`; stopped at the test's end."""
    made = []

    def make(name="home"):
        made.append(EmbeddedServer(folder / name))
        return made[-1]

    yield make
    for server in made:
        server.stop()
        socket_directory = server.status().socket_directory
        if not socket_directory.is_relative_to(server.home):
            shutil.rmtree(socket_directory, ignore_errors=True)


@pytest.fixture(scope="module")
def used_home():
    """The home of a server that has run and was stopped."""
    with open_folder() as path:
        server = EmbeddedServer(path / "home")
        server.start()
        server.stop()
        yield server.home


@pytest.fixture
def used_server_of(server_of, used_home):
    """Like `server_of`, with a copy of a database that has run before: the first start is half of most tests' time."""

    def make(name="home"):
        server = server_of(name)
        server.home.mkdir(parents=True)
        subprocess.run(["cp", "-a", used_home / "postgres", server.home], check=True)
        return server

    return make


@pytest.fixture(scope="module")
def running():
    """One started server for the tests that only look at it."""
    with open_folder() as path:
        server = EmbeddedServer(path / "home")
        server.start()
        yield server
        server.stop()


def python(code, *arguments, program=sys.executable, prefix=(), **options):
    """A Python process that has `s`, the server of the home given as first argument."""
    return subprocess.Popen(
        [*prefix, program, "-c", f"{SERVER}; {code}", *map(str, arguments)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
        **options,
    )


@pytest.fixture(scope="session")
def nobody():
    """How to run Python as a user without privileges: one that such a user reaches, ours or the system's."""
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED HERE: only root can become another user")
    system = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    for program in (sys.executable, system):
        trial = [*AS_NOBODY, program, "-c", "import kvitto.kernel.server"]
        if subprocess.run(trial, env=ENVIRONMENT, cwd="/", capture_output=True, check=False).returncode == 0:
            return {"program": program, "prefix": AS_NOBODY}
    pytest.skip(f"NOT TESTED HERE: an ordinary user reaches neither {sys.executable} and {ROOT} nor {system}")


def finish(process):
    """Its output; fails with its errors."""
    with process:
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


def ask(server, statement, role="owner"):
    with psycopg.connect(server.url(role)) as connection:
        return connection.execute(statement).fetchone()[0]


def execute(server, statement, role="owner"):
    with psycopg.connect(server.url(role)) as connection:
        connection.execute(statement)


def kill(server):
    """Kill the server process; returns when it has gone."""
    pid = server.status().pid
    os.kill(pid, signal.SIGKILL)
    while server.status().pid == pid:
        time.sleep(0.01)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


# Who gets in, and what is on the disk


def test_the_database_is_utf8_with_checksums_and_bytewise_order_and_knows_letters(running):
    row = "SELECT encoding, datlocprovider::text, datlocale FROM pg_database WHERE datname = 'kvitto'"
    with psycopg.connect(running.url("web")) as connection:
        assert connection.execute(row).fetchone() == (6, "b", "C.UTF-8")
        assert connection.execute("SELECT upper('smörgås'), 'Z' < 'a'").fetchone() == ("SMÖRGÅS", True)
    assert ask(running, "SHOW data_checksums") == "on"


@pytest.mark.parametrize(("name", "value"), [("fsync", "on"), ("synchronous_commit", "on"), ("listen_addresses", "")])
def test_commits_are_durable_and_nothing_listens_on_the_network(running, name, value):
    assert ask(running, f"SHOW {name}") == value


def test_the_roles_can_do_no_more_than_their_work(running):
    with psycopg.connect(running.url("owner")) as connection:
        roles = connection.execute(
            "SELECT rolname, rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, rolreplication FROM pg_roles"
            " WHERE rolname LIKE 'kvitto!_%' ESCAPE '!' AND rolname <> 'kvitto_admin' ORDER BY 1"
        ).fetchall()
    assert roles == [
        ("kvitto_owner", False, True, False, False, False),
        ("kvitto_web", False, False, False, False, False),
    ]
    assert ask(running, "SELECT datdba::regrole::text FROM pg_database WHERE datname = 'kvitto'") == "kvitto_owner"


@pytest.mark.parametrize("statement", ["CREATE TABLE public.t (a int)", "SELECT rolpassword FROM pg_authid"])
def test_the_web_role_neither_creates_tables_nor_reads_password_hashes(running, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        execute(running, statement, role="web")


def test_a_wrong_password_is_refused(running):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(running.url("web"), password="wrong")


@pytest.mark.parametrize("user", ["kvitto_admin", "root", "postgres"])
def test_nobody_but_the_two_roles_signs_in(running, user):
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
        psycopg.connect(running.url("web"), user=user)


def test_passwords_and_socket_are_private(running):
    assert mode(running.home / "postgres" / "passwords.json") == 0o600
    assert mode(running.status().socket_directory) == 0o700
    assert mode(running.status().data) == 0o700


def test_the_log_holds_no_value_of_a_statement(running):
    execute(running, "CREATE TABLE logged (card text PRIMARY KEY, cents int)")
    with psycopg.connect(running.url("owner"), autocommit=True) as connection:
        connection.execute("INSERT INTO logged VALUES ('9990001', 1)")
        for statement in ("INSERT INTO logged VALUES ('9990001', 1)", "SELECT '9990001x'::int", "SELEC 9990001"):
            with pytest.raises(psycopg.Error):
                connection.execute(statement)
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO logged VALUES (%s, %s)", ["9990001", 2])
    log = (running.home / "postgres" / "log" / "postgres.log").read_text()
    assert "ready to accept connections" in log
    assert "9990001" not in log


def test_modes_of_the_home_and_its_parents_stay(server_of):
    server = server_of("above/home")
    modes = {server.home.parent: 0o2750 if os.geteuid() else 0o2751, server.home: 0o1775}
    for path, wanted in modes.items():
        path.mkdir(parents=True)
        path.chmod(wanted)
    server.start()
    assert {path: mode(path) for path in modes} == modes


# Before and besides a start


def test_a_server_never_started_has_a_status_and_stops_without_leaving_a_trace(server_of):
    server = server_of()
    status = server.status()
    assert (status.running, status.pid, status.version) == (False, None, None)
    assert server.stop() is False
    assert not server.home.exists()


def test_processes_that_ask_for_the_url_first_agree_on_the_password(server_of):
    server = server_of()
    with ThreadPoolExecutor(8) as pool:
        urls = set(pool.map(lambda _: EmbeddedServer(server.home).url("web"), range(32)))
    assert urls == {server.url("web")}
    assert [path.name for path in (server.home / "postgres").iterdir()] == ["passwords.json"]


def test_a_home_that_a_shell_would_read_otherwise_is_refused(folder):
    with pytest.raises(SetupError, match="KVITTO_HOME"):
        EmbeddedServer(folder / "a$(b)")


def test_the_command_line_starts_tells_and_stops(server_of, monkeypatch):
    server = server_of()
    monkeypatch.setenv("KVITTO_HOME", str(server.home))
    monkeypatch.delenv("KVITTO_DATABASE_URL", raising=False)
    monkeypatch.delenv("KVITTO_DATABASE_OWNER_URL", raising=False)
    kvitto = CliRunner()

    def status():
        return json.loads(kvitto.invoke(command_line.app, ["status", "--json"]).stdout.splitlines()[-1])

    assert status()["running"] is False
    assert kvitto.invoke(command_line.app, ["start"]).exit_code == 0
    assert status() == {
        "running": True,
        "pid": server.status().pid,
        "version": server.status().version,
        "data": str(server.home / "postgres" / "data"),
        "socket_directory": str(server.home / "postgres" / "run"),
    }
    assert kvitto.invoke(command_line.app, ["stop"]).exit_code == 0
    assert status()["running"] is False


# Deaths


def test_the_server_outlives_a_killed_starter(used_server_of):
    server = used_server_of()
    with python(
        "s.start(); print('started', flush=True); sys.stdin.read()", server.home, stdin=subprocess.PIPE
    ) as starter:
        assert starter.stdout.readline() == "started\n"
        starter.kill()
    pid = server.status().pid
    assert ask(server, "SELECT 1") == 1
    server.start()
    assert server.status().pid == pid
    assert server.stop() is True
    assert server.status().running is False


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["data.unfinished/base", "data"])
def test_a_starter_killed_in_the_middle_of_the_first_start_spoils_nothing(server_of, moment):
    server = server_of()
    with python("s.start()", server.home) as starter:
        while not (server.home / "postgres" / moment).exists():
            assert starter.poll() is None, starter.stderr.read()
            time.sleep(0.001)
        starter.kill()
    server.start()
    assert ask(server, "SELECT current_user", role="web") == "kvitto_web"


def test_a_killed_server_recovers_with_what_was_committed(used_server_of):
    server = used_server_of()
    server.start()
    execute(server, "CREATE TABLE kept AS SELECT 7 AS a")
    kill(server)
    assert server.status().running is False
    server.start()
    assert ask(server, "SELECT a FROM kept") == 7


def test_a_stale_pid_that_another_process_has_now_neither_blocks_nor_is_killed(used_server_of):
    server = used_server_of()
    server.start()
    socket_directory, data = server.status().socket_directory, server.status().data
    pid = str(server.status().pid)
    kill(server)
    # A process of the server's own user: PostgreSQL ignores those of others by itself.
    owner = data.stat()
    with subprocess.Popen(["sleep", "600"], user=owner.st_uid, group=owner.st_gid) as innocent:
        for file in (data / "postmaster.pid", socket_directory / ".s.PGSQL.5432.lock"):
            file.write_text(file.read_text().replace(pid, str(innocent.pid), 1))
        assert server.stop() is False
        assert server.status().pid is None
        server.start()
        assert ask(server, "SELECT 1") == 1
        server.stop()
        assert innocent.poll() is None
        innocent.kill()


def test_an_empty_pid_file_left_by_a_crash_does_not_block(used_server_of):
    server = used_server_of()
    server.start()
    kill(server)
    (server.status().data / "postmaster.pid").write_text("")
    server.start()
    assert ask(server, "SELECT 1") == 1


@pytest.mark.slow
def test_several_processes_start_one_server(server_of):
    server = server_of()
    starters = [python("s.start(); print(s.status().pid, s.url('web'))", server.home) for _ in range(4)]
    assert {finish(starter).strip() for starter in starters} == {f"{server.status().pid} {server.url('web')}"}


# Places


@pytest.mark.slow
def test_two_homes_run_side_by_side(used_server_of):
    first, second = used_server_of("first"), used_server_of("second")
    first.start()
    second.start()
    execute(first, "CREATE TABLE only_here (a int)")
    assert ask(second, "SELECT to_regclass('only_here')") is None
    first.stop()
    assert ask(second, "SELECT 1") == 1


@pytest.mark.parametrize("name", ["long" * 30, "with space, comma, 'quote' and å"])
def test_a_home_whose_path_no_socket_can_have_gets_a_short_private_socket_folder(used_server_of, name):
    server = used_server_of(name)
    server.start()
    socket_directory = server.status().socket_directory
    assert not socket_directory.is_relative_to(server.home)
    assert mode(socket_directory) == 0o700
    assert socket_directory.stat().st_uid == server.status().data.stat().st_uid
    assert ask(server, "SELECT current_user", role="web") == "kvitto_web"


def test_a_socket_folder_that_others_can_enter_is_refused(server_of):
    server = server_of("long" * 30)
    server.url("web")
    server.status().socket_directory.mkdir()
    server.status().socket_directory.chmod(0o755)
    with pytest.raises(SetupError, match="mode 0700"):
        server.start()


@as_root
def test_a_home_below_a_folder_closed_to_the_servers_user_works_without_opening_it(server_of):
    server = server_of("closed/home")
    closed = server.home.parent
    closed.mkdir(parents=True)
    closed.chmod(0o700)
    server.start()
    assert ask(server, "SELECT 1") == 1
    assert mode(closed) == 0o700
    assert server.status().data.stat().st_uid != 0


@as_root
def test_the_server_gets_no_capability_that_it_does_not_need(running):
    status = Path(f"/proc/{running.status().pid}/status").read_text()
    capabilities = {line.split(":")[0]: int(line.split()[1], 16) for line in status.splitlines() if "Cap" in line}
    assert (capabilities["CapEff"], capabilities["CapAmb"]) == (0, 0)


@pytest.mark.slow
@as_root
@pytest.mark.parametrize(
    ("missing", "works"),
    [("-dac_read_search,-sys_ptrace", True), ("-dac_read_search,-dac_override", False)],
)
def test_a_closed_folder_is_crossed_with_the_capabilities_of_a_container_or_refused_with_the_mend(
    server_of, missing, works
):
    server = server_of("closed/home")
    server.home.mkdir(parents=True)
    server.home.parent.chmod(0o700)
    with python("s.start()", server.home, prefix=["setpriv", f"--bounding-set={missing}"]) as starter:
        _, errors = starter.communicate(timeout=120)
    assert (starter.returncode == 0) is works, errors
    assert works or "SetupError" in errors
    assert works or "set KVITTO_HOME" in errors


@pytest.mark.slow
def test_an_ordinary_user_runs_a_server_of_their_own(server_of, nobody):
    server = server_of()
    server.home.mkdir(parents=True)
    os.chown(server.home, NOBODY, NOBODY)
    out = finish(python("s.start(); print(s.stop(), s.status().running); s.start()", server.home, **nobody))
    assert out.split() == ["True", "False"]
    assert Path(f"/proc/{server.status().pid}").stat().st_uid == NOBODY
    assert {path.stat().st_uid for path in server.home.rglob("*")} == {NOBODY}


@pytest.mark.slow
def test_root_starts_a_users_home_as_that_user(server_of, nobody):
    server = server_of()
    server.home.mkdir(parents=True)
    os.chown(server.home, NOBODY, NOBODY)
    finish(python("s.url('web')", server.home, **nobody))
    server.start()
    assert Path(f"/proc/{server.status().pid}").stat().st_uid == NOBODY


def test_an_ordinary_user_cannot_use_the_home_of_another(running, nobody):
    with python("s.start()", running.home, **nobody) as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "SetupError" in errors
    assert "run kvitto as the user who made" in errors


# What cannot start says why


def test_data_that_cannot_be_served_is_refused_with_the_reason_and_the_mend(used_server_of):
    server = used_server_of()
    data = server.status().data
    data.chmod(0o755)
    with pytest.raises(SetupError, match=r"(?s)invalid permissions.*mode 0700.*kvitto db start.*postgres\.log"):
        server.start()
    (data / "PG_VERSION").write_text("17\n")
    with pytest.raises(SetupError, match=r"version 17.*PostgreSQL 18"):
        server.start()


def test_a_lost_password_file_is_named(used_server_of):
    server = used_server_of()
    server.start()
    (server.home / "postgres" / "passwords.json").unlink()
    with pytest.raises(SetupError, match=r"passwords\.json is not the one of .*backup"):
        server.start()


def test_a_home_that_cannot_be_made_is_named(server_of):
    server = server_of("file/home")
    server.home.parent.write_text("not a folder")
    with pytest.raises(SetupError, match=r"file/home.*KVITTO_HOME"):
        server.start()
    server.home.parent.unlink()
