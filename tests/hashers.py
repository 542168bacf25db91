"""The program's own password hasher with the least work: the tests make and check some hundred passwords."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class LeastWork(Argon2PasswordHasher):
    """The same algorithm and the same form of a hash, which is dear by design, at a hundredth of its price."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
