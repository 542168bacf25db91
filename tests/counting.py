"""Every statement that goes to the database, Django's and those of our own cursors, which Django does not count."""

from contextlib import contextmanager

import psycopg


@contextmanager
def statements():
    """The SQL of the statements run inside, in order; without BEGIN and COMMIT."""
    run = psycopg.Cursor.execute
    seen = []

    def noted(self, query, *args, **kwargs):
        seen.append(query)
        return run(self, query, *args, **kwargs)

    psycopg.Cursor.execute = noted
    try:
        yield seen
    finally:
        psycopg.Cursor.execute = run
