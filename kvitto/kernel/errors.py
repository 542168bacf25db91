"""The base of every error a room raises on purpose; one middleware maps them to HTTP answers."""


class KvittoError(Exception):
    """Something a caller can act on. The message says what, where and what to do; it never holds a personal value."""

    status = 500


class NotFoundError(KvittoError):
    """It does not exist, or is not yours: the answer is the same for both."""

    status = 404


class RefusedError(KvittoError):
    """Known, and not allowed."""

    status = 403


class ConflictError(KvittoError):
    """What is asked for contradicts what is stored."""

    status = 409


class InvalidError(KvittoError):
    """The input breaks a rule; the message names the place."""

    status = 422


class SetupError(KvittoError):
    """The installation is not as it must be; the message names the mend."""
