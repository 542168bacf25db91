"""A password's hash, made once in a run: members of a hundred tests have the same password, and a hash is dear by design."""

from functools import cache

from django.contrib.auth.hashers import Argon2PasswordHasher


class OnceHasher(Argon2PasswordHasher):
    """The program's own hasher, which remembers what it gave for a password."""

    def encode(self, password, salt):  # noqa: ARG002  as hashers are called
        return hashed(password)


@cache
def hashed(password):
    """As strong as any other: the server finds nothing to mend in it."""
    program = Argon2PasswordHasher()
    return program.encode(password, program.salt())
