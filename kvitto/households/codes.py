"""What is stored of an invitation's code: a keyed digest."""

from django.utils.crypto import salted_hmac


def digest(code: str) -> bytes:
    """32 bytes; equal only for the same code."""
    return salted_hmac("kvitto.households.codes", code, algorithm="sha256").digest()
