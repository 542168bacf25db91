"""Who gets in at which face."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from kvitto.accounts.models import Account
from kvitto.kernel import identity


class FaceBackend(BaseBackend):
    """Checks a user name and a password at the face the request came to."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **_others: Any,
    ) -> Account | None:
        """The account; None when anything is wrong.

        An account of the other kind and a closed one are looked up like a name that nobody has, so the answer and its
        time say nothing about them. Every path runs the password hasher once: without it, a quick answer would tell
        which names exist.
        """
        face = getattr(request, "face", None)
        if face is None or username is None or password is None:
            return None
        with identity.presenting(name=username):
            account = Account.objects.filter(username=username, kind=face.kind, is_active=True).first()
            if account is None:
                make_password(password)
                return None
            return account if account.check_password(password) else None  # may store the hash anew

    def get_user(self, user_id: int) -> Account | None:
        """The account of a session; None once it is closed. That its kind fits the face is the middleware's part."""
        return Account.objects.filter(pk=user_id, is_active=True).first()
