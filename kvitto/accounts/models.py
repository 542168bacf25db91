"""One user table for two faces."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import models

from kvitto.accounts.types import Kind
from kvitto.kernel.privacy import FieldClass, Held, Rule, reference


class Account(AbstractBaseUser):
    """Somebody who can sign in, at one face only."""

    username = models.CharField(max_length=150, unique=True)
    kind = models.CharField(max_length=6)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["kind"]

    class Meta:
        db_table = "accounts_account"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=[str(kind) for kind in Kind]), name="accounts_account_kind"
            )
        ]

    class Privacy:
        id = Held(FieldClass.IDENTIFIER, "names the account to other tables", Rule.ACCOUNT, exported=False)
        username = Held(FieldClass.IDENTIFIER, "the person signs in with it", Rule.ACCOUNT, exported=True)
        password = Held(
            FieldClass.CREDENTIAL, "Argon2 hash; proves the person at sign-in", Rule.ACCOUNT, exported=False
        )
        last_login = Held(
            FieldClass.TRACE, "shown to the person, to notice a stranger's use", Rule.ACCOUNT, exported=True
        )
        kind = Held(FieldClass.NONE, "which face the account belongs to", Rule.ACCOUNT, exported=True)
        is_active = reference("a closed account cannot sign in")
        created_at = Held(FieldClass.TRACE, "when the account was opened", Rule.ACCOUNT, exported=True)
