"""Everything the database holds, as bytes, to search for what must not be there."""

import re

from django.db import connections


def tables():
    """Every table of the database but partitions, whose rows their parent gives."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname"
        )
        return [name for (name,) in cursor.fetchall()]


def dump(form):
    """Every committed row of every table, as the owner role reads it; `form` is TEXT or BINARY."""
    connections["owner"].ensure_connection()
    found = {}
    with connections["owner"].connection.cursor() as cursor:
        for table in tables():
            with cursor.copy(f"COPY (SELECT * FROM {table}) TO STDOUT (FORMAT {form})") as copy:
                found[table] = b"".join(bytes(block) for block in copy)
    return found


def places_of_text(text):
    """The tables with this text in any value, whatever its case; bytes and documents are searched, too."""
    wanted = re.compile(re.escape(text.encode()), re.IGNORECASE)
    return {table for table, content in dump("BINARY").items() if wanted.search(content)}


def places_of_number(number):
    """The tables with this number as a value of its own or inside a document."""
    wanted = re.compile(rb"(?<![0-9])%d(?![0-9])" % number)
    return {table for table, content in dump("TEXT").items() if wanted.search(content)}
