"""The key that signs the log's checkpoints: `keys/audit.key` of the installation, made on first use."""

import stat
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kvitto.kernel.errors import SetupError
from kvitto.kernel.home import home, keep_once

SEED_BYTES = 32


@cache
def key() -> Ed25519PrivateKey:
    """The installation's key. SetupError when its file is damaged or readable by others."""
    path = home() / "keys" / "audit.key"
    if not path.exists():
        keep_once(path, Ed25519PrivateKey.generate().private_bytes_raw())
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise SetupError(f"{path} can be read by others: chmod 600 it")
    seed = path.read_bytes()
    if len(seed) != SEED_BYTES:
        raise SetupError(f"{path} is damaged; restore it from the key backup")
    return Ed25519PrivateKey.from_private_bytes(seed)


def public_key() -> bytes:
    """What others check the signatures with."""
    return key().public_key().public_bytes_raw()
