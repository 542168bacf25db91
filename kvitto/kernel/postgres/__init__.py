"""Django's PostgreSQL backend, which tells each connection who asks before a cursor is opened on it."""
