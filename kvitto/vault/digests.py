"""Keyed digests: equal only for equal input, useless without the digest key."""

import hmac

from kvitto.vault.keyring import keyring


def receipt_digest(canonical: bytes) -> bytes:
    """HMAC-SHA256 of a receipt's canonical form, 32 bytes."""
    return hmac.digest(keyring().digest, b"receipt\0" + canonical, "sha256")


def goods_digest(person_id: int, chain: str, code: str) -> bytes:
    """HMAC-SHA256 of what one person bought, by the chain's code of it, 32 bytes: finds what comes back, tells nothing else."""
    return hmac.digest(keyring().digest, f"goods\0{person_id}\0{chain}\0{code}".encode(), "sha256")


def card_digest(number: str) -> bytes:
    """HMAC-SHA256 of a card number, 32 bytes: finds the number again when it is registered, tells nothing before."""
    return hmac.digest(keyring().digest, b"card\0" + number.encode(), "sha256")
