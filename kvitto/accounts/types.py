"""The two kinds of account."""

from enum import StrEnum


class Kind(StrEnum):
    """Which face an account belongs to."""

    MEMBER = "member"
    STAFF = "staff"
