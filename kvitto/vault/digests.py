"""Keyed digests: equal only for equal input, useless without the digest key."""

import hmac

from kvitto.vault.keyring import keyring


def receipt_digest(canonical: bytes) -> bytes:
    """HMAC-SHA256 of a receipt's canonical form, 32 bytes."""
    return hmac.digest(keyring().digest, b"receipt\0" + canonical, "sha256")


def card_digest(number: str) -> bytes:
    """HMAC-SHA256 of a card number, 32 bytes: finds the number again when it is registered, tells nothing before."""
    return hmac.digest(keyring().digest, b"card\0" + number.encode(), "sha256")
