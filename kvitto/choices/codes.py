"""What is stored of the code in a letter: a keyed digest."""

from django.utils.crypto import salted_hmac


def digest(person_id: int, code: str) -> bytes:
    """32 bytes; equal only for the same person's same code."""
    return salted_hmac("kvitto.choices.codes", f"{person_id}:{code}", algorithm="sha256").digest()
