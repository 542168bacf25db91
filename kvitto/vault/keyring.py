"""The two key files of an installation, and the ciphers made of them.

`master.key` wraps data keys; `digest.key` keys the content hashes of receipts and of unknown cards. They are made together
on first use, 0600, and never while the register has been sealed with others: a missing or foreign file stops the work
instead of starting anew.
"""

import hashlib
import hmac
import secrets
import stat
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection, transaction

from kvitto.kernel.errors import SetupError
from kvitto.kernel.home import home, keep_once

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Keyring:
    """The master cipher and the secret of the digests."""

    master: AESGCM
    digest: bytes


def keyring() -> Keyring:
    """The installation's keys; SetupError when a file is missing, foreign or readable by others."""
    return _load()


def forget() -> None:
    """Read the files again at the next use: for a restored installation, and for tests that swap them."""
    _load.cache_clear()


@cache
def _load() -> Keyring:
    folder = home() / "keys"
    paths = [folder / "master.key", folder / "digest.key"]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('kvitto.vault.keyring'))")
        cursor.execute("SELECT master, digest FROM vault_keyring")
        known = cursor.fetchone()
        if known is None and not any(path.exists() for path in paths):
            for path in paths:
                keep_once(path, secrets.token_bytes(KEY_BYTES))
        keys = [_read(path) for path in paths]
        prints = [_fingerprint(key) for key in keys]
        if known is None:
            cursor.execute("INSERT INTO vault_keyring (id, master, digest, made_at) VALUES (1, %s, %s, now())", prints)
        else:
            for path, fingerprint, expected in zip(paths, prints, known, strict=True):
                if not hmac.compare_digest(fingerprint, bytes(expected)):
                    raise SetupError(f"{path} is not the key this register is sealed with; restore the right one")
    return Keyring(master=AESGCM(keys[0]), digest=keys[1])


def _read(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        key = path.read_bytes()
    except FileNotFoundError:
        raise SetupError(f"{path} is missing while sealed data exist; restore it from the key backup") from None
    if stat.S_IMODE(mode) & 0o077:
        raise SetupError(f"{path} can be read by others; run: chmod 600 {path}")
    if len(key) != KEY_BYTES:
        raise SetupError(f"{path} is damaged ({len(key)} bytes, not {KEY_BYTES}); restore it from the key backup")
    return key


def _fingerprint(key: bytes) -> bytes:
    return hashlib.sha256(b"kvitto key fingerprint\0" + key).digest()[:16]
