"""The backend under the name that Django looks for."""

from typing import Any

from django.db.backends.postgresql import base

from kvitto.kernel import identity


class DatabaseWrapper(base.DatabaseWrapper):
    """Remembers what its connection was last told; a new connection, and one after a rollback, is told anew.

    A session setting made inside a transaction goes back with it: that is why a rollback makes what was told uncertain.
    """

    _told: identity.Identity | None = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection, new or from the pool, that was told nothing by this thread."""
        self._told = None
        return super().get_new_connection(conn_params)

    def create_cursor(self, name: str | None = None) -> Any:
        """Every cursor of Django's, in a transaction or outside, comes from here."""
        self.tell()
        return super().create_cursor(name)

    def tell(self) -> None:
        """Tell the connection who asks, when it was last told of somebody else. For cursors past Django, too."""
        asks = identity.current()
        if asks != self._told:
            self._told = None
            identity.tell(self.connection, asks)
            self._told = asks

    def _rollback(self) -> None:
        self._told = None
        super()._rollback()  # type: ignore[misc]  # the stubs lack it

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]  # the stubs lack it
        self._told = None  # after it: its own cursor has told what now is taken back
