"""A secret of the installation: made once, whoever comes first."""

import stat
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from kvitto.kernel.home import keep_once

MANY = 8


def test_all_who_make_a_secret_at_once_read_the_same_whole_one(tmp_path):
    path, together = tmp_path / "keys" / "one.key", Barrier(MANY)

    def made(number):
        together.wait()
        keep_once(path, bytes([number]) * 32)
        return path.read_bytes()

    with ThreadPoolExecutor(MANY) as threads:
        (found,) = set(threads.map(made, range(MANY)))

    assert found in {bytes([number]) * 32 for number in range(MANY)}
    assert list(path.parent.iterdir()) == [path]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
