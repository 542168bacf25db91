"""Log lines without personal values: PostgreSQL quotes whole rows in the details of its errors."""

import logging
import re

_QUOTED = re.compile(r"^(DETAIL|CONTEXT|HINT|STATEMENT): .*$", re.MULTILINE)


class ValuelessFormatter(logging.Formatter):
    """Leaves out what the database quotes of its rows."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, with each quoting replaced by the word it began with."""
        return _QUOTED.sub(r"\1: (left out)", super().format(record))
