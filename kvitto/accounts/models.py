"""One user table for two faces, its sessions and second factors, and what is counted of failed tries."""

from typing import TYPE_CHECKING

from django.contrib.auth.models import AbstractBaseUser
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from kvitto.accounts.types import FactorKind, Kind
from kvitto.kernel.privacy import FieldClass, Held, Rule, reference

if TYPE_CHECKING:
    from kvitto.accounts.sessions import SessionStore


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
            FieldClass.CREDENTIAL,
            "a hash, never the password itself; proves the person at sign-in",
            Rule.ACCOUNT,
            exported=False,
        )
        last_login = Held(
            FieldClass.TRACE, "shown to the person, to notice a stranger's use", Rule.ACCOUNT, exported=True
        )
        kind = Held(FieldClass.NONE, "which face the account belongs to", Rule.ACCOUNT, exported=True)
        is_active = reference("a closed account cannot sign in")
        created_at = Held(FieldClass.TRACE, "when the account was opened", Rule.ACCOUNT, exported=True)


class Session(AbstractBaseSession):
    """A browser that is signed in, or about to be: nobody else gets one."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    device = models.CharField(max_length=40)

    class Meta:
        db_table = "accounts_session"

    class Privacy:
        session_key = Held(
            FieldClass.CREDENTIAL, "the cookie's value: lets the browser stay signed in", Rule.SESSION, exported=False
        )
        session_data = Held(
            FieldClass.IDENTIFIER, "which account is signed in, and since which password", Rule.SESSION, exported=False
        )
        expire_date = Held(FieldClass.TRACE, "when the browser has to sign in again", Rule.SESSION, exported=False)
        account = Held(
            FieldClass.IDENTIFIER, "lets a person see and end their own sessions", Rule.SESSION, exported=False
        )
        started_at = Held(
            FieldClass.TRACE, "shown to the person; no session lasts for ever", Rule.SESSION, exported=True
        )
        seen_at = Held(FieldClass.TRACE, "shown to the person; an unused session ends", Rule.SESSION, exported=True)
        device = Held(
            FieldClass.TRACE,
            "coarse words such as Firefox on Android, to tell own from strange",
            Rule.SESSION,
            exported=True,
        )

    @classmethod
    def get_session_store_class(cls) -> "type[SessionStore]":
        """Django asks the model for its store."""
        from kvitto.accounts.sessions import SessionStore

        return SessionStore


class Failure(models.Model):
    """How often something was tried in vain, named by a keyed digest only."""

    digest = models.BinaryField(primary_key=True)
    failures = models.IntegerField()
    last_at = models.DateTimeField(db_index=True)
    free_at = models.DateTimeField()

    class Meta:
        db_table = "accounts_failure"

    class Privacy:
        digest = Held(
            FieldClass.IDENTIFIER,
            "keyed digest of a name, of a network or of both; neither can be read from it",
            Rule.FAILURE,
            exported=False,
        )
        failures = Held(FieldClass.TRACE, "how many tries failed", Rule.FAILURE, exported=False)
        last_at = Held(FieldClass.TRACE, "when it is forgotten", Rule.FAILURE, exported=False)
        free_at = Held(FieldClass.TRACE, "until when the next try has to wait", Rule.FAILURE, exported=False)


class Factor(models.Model):
    """What somebody has besides a password: an app that shows one-time codes, or a passkey."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=7)
    name = models.CharField(max_length=40)
    sealed = models.BinaryField()
    counter = models.BigIntegerField()
    added_at = models.DateTimeField()
    used_at = models.DateTimeField()

    class Meta:
        db_table = "accounts_factor"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=[str(kind) for kind in FactorKind]), name="accounts_factor_kind"
            )
        ]

    class Privacy:
        id = Held(FieldClass.IDENTIFIER, "names the factor on its owner's page", Rule.ACCOUNT, exported=False)
        account = Held(FieldClass.IDENTIFIER, "whose factor it is", Rule.ACCOUNT, exported=False)
        kind = Held(FieldClass.CREDENTIAL, "how it is checked", Rule.ACCOUNT, exported=True)
        name = Held(FieldClass.IDENTIFIER, "the owner tells own devices apart by it", Rule.ACCOUNT, exported=True)
        sealed = Held(
            FieldClass.CREDENTIAL,
            "an app's secret or a passkey's public half, sealed by the vault",
            Rule.ACCOUNT,
            exported=False,
        )
        counter = Held(
            FieldClass.CREDENTIAL, "what was used last: nothing is taken twice", Rule.ACCOUNT, exported=False
        )
        added_at = Held(FieldClass.TRACE, "shown to the owner", Rule.ACCOUNT, exported=True)
        used_at = Held(FieldClass.TRACE, "shown to the owner, to notice a stranger's use", Rule.ACCOUNT, exported=True)


class RecoveryCode(models.Model):
    """One of the codes on paper for a lost device. The row goes when the code is used."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    digest = models.BinaryField(unique=True)

    class Meta:
        db_table = "accounts_recovery_code"

    class Privacy:
        id = Held(FieldClass.CREDENTIAL, "names the row", Rule.ACCOUNT, exported=False)
        account = Held(FieldClass.IDENTIFIER, "whose code it is", Rule.ACCOUNT, exported=False)
        digest = Held(
            FieldClass.CREDENTIAL, "keyed digest; the code cannot be read from it", Rule.ACCOUNT, exported=False
        )


class Token(models.Model):
    """What a member's own tools show to read their receipts: one an account."""

    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="+", primary_key=True)
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    free_at = models.DateTimeField()

    class Meta:
        db_table = "accounts_token"

    class Privacy:
        account = Held(FieldClass.IDENTIFIER, "whose receipts the token opens", Rule.ACCOUNT, exported=False)
        digest = Held(FieldClass.CREDENTIAL, "a digest; the token cannot be read from it", Rule.ACCOUNT, exported=False)
        made_at = Held(FieldClass.TRACE, "shown to the owner; no token lasts for ever", Rule.ACCOUNT, exported=True)
        used_at = Held(FieldClass.TRACE, "shown to the owner, to notice a stranger's use", Rule.ACCOUNT, exported=True)
        free_at = Held(FieldClass.TRACE, "keeps a tool from asking too often", Rule.ACCOUNT, exported=False)
