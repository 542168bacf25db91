"""The two key files: made once, read by their owner only, and never replaced under sealed data."""

import stat
from contextlib import contextmanager

import pytest
from django.db import connection, connections

from kvitto.kernel.db import opened
from kvitto.kernel.errors import SetupError
from kvitto.vault import actions as vault
from kvitto.vault import digests, keyring
from kvitto.vault.types import Compartment, ToOpen, ToSeal
from tests.cast import NOW, TILL

QUARTER = 2026 * 4 + 3


@contextmanager
def a_new_installation(home):
    """A register without sealed data, and a home without key files."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("DELETE FROM vault_keyring")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("KVITTO_HOME", str(home))
        keyring.forget()
        yield
    keyring.forget()


@pytest.fixture
def cast(committed_cast, tmp_path):
    """The cast in an installation that has no key files yet."""
    with a_new_installation(tmp_path):
        yield committed_cast


@pytest.fixture
def keys(cast, tmp_path):
    """The folder of its key files."""
    return tmp_path / "keys"


def seal(person_id):
    with opened():
        return vault.seal(items=[ToSeal(person_id, QUARTER, b"milk", b"")], compartment=Compartment.LINES)[0]


def open_blob(blob):
    return vault.open_sealed(items=[ToOpen(blob, b"")], by=TILL, purpose="test", subject=None, period=None, now=NOW)[0]


def count(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return cursor.fetchone()[0]


def test_the_first_sealing_makes_both_files_for_their_owner_only(cast, keys):
    seal(cast.aino)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in keys.iterdir()}
    assert modes == {"master.key": 0o600, "digest.key": 0o600}
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    assert len({path.read_bytes() for path in keys.iterdir()}) == 2


def test_the_files_are_kept(cast, keys):
    blob = seal(cast.aino)
    before = [path.read_bytes() for path in sorted(keys.iterdir())]
    keyring.forget()

    assert open_blob(blob) == b"milk"
    assert [path.read_bytes() for path in sorted(keys.iterdir())] == before


@pytest.mark.parametrize("lost", [["master.key"], ["digest.key"], ["master.key", "digest.key"]], ids="+".join)
def test_a_lost_file_stops_the_work_while_sealed_data_exist(cast, keys, lost):
    seal(cast.aino)
    for name in lost:
        (keys / name).unlink()
    keyring.forget()

    with pytest.raises(SetupError, match=rf"{lost[0]} is missing.*restore it"):
        seal(cast.aino)
    assert not any((keys / name).exists() for name in lost), "a new key would hide that the old one is lost"


@pytest.mark.parametrize("name", ["master.key", "digest.key"])
def test_another_installations_file_is_refused(cast, keys, name):
    seal(cast.aino)
    (keys / name).write_bytes(bytes(32))
    keyring.forget()

    with pytest.raises(SetupError, match=rf"{name} is not the key this register is sealed with"):
        seal(cast.aino)


def test_a_file_that_others_can_read_or_write_is_refused(cast, keys):
    seal(cast.aino)

    for name in ("master.key", "digest.key"):
        for mode in (0o640, 0o604, 0o620, 0o602, 0o644):
            (keys / name).chmod(mode)
            keyring.forget()
            with pytest.raises(SetupError, match=rf"chmod 600 .*{name}"):
                seal(cast.aino)
        (keys / name).chmod(0o600)

    keyring.forget()
    seal(cast.aino)


def test_a_damaged_file_is_refused(cast, keys):
    seal(cast.aino)

    for content in (b"", b"short", bytes(33)):
        (keys / "master.key").write_bytes(content)
        keyring.forget()
        with pytest.raises(SetupError, match="damaged"):
            seal(cast.aino)


def test_files_restored_before_the_first_sealing_are_used(cast, keys):
    keys.mkdir(mode=0o700)
    for name in ("master.key", "digest.key"):
        (keys / name).touch(mode=0o600)
        (keys / name).write_bytes(name.encode().ljust(32))

    seal(cast.aino)

    assert (keys / "master.key").read_bytes() == b"master.key".ljust(32)


def test_migrating_leaves_the_fingerprints_of_the_key_files(db):
    """So that no act, also one that is undone, is the first to make them."""
    assert count("vault_keyring") == 1


def test_digests_depend_on_the_installations_key(committed, tmp_path):
    here = digests.card_digest("92460000")

    with a_new_installation(tmp_path):
        assert digests.card_digest("92460000") != here
