"""What stops a request before it comes to a receipt."""

from kvitto.kernel.errors import KvittoError


class RequestError(KvittoError):
    """A request that is not taken: its status, and what the sender is told."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        self.status = status
        self.headers = headers or {}
        super().__init__(message)


class BusyError(RequestError):
    """More is waiting than is good. Nothing of the request was looked at."""

    def __init__(self, seconds: int, why: str = "more is waiting than can be taken in now") -> None:
        super().__init__(503, f"{why}: send it again in {seconds} s", {"Retry-After": str(seconds)})
