"""The forms about passwords that both faces have. What is typed is never repeated: it is a secret."""

from typing import TYPE_CHECKING

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

LONGEST_PASSWORD = 500


def _password(label: "StrPromise", autocomplete: str, help_text: "StrPromise | str" = "") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete, "data-password": ""})
    return forms.CharField(label=label, help_text=help_text, strip=False, max_length=LONGEST_PASSWORD, widget=widget)


class NewPasswordForm(forms.Form):
    """A new password; the rules that it breaks are said at its field."""

    password = _password(
        _("New password"),
        "new-password",
        _("At least 10 characters. A few words in a row are easy to remember and hard to guess."),
    )

    @sensitive_variables()
    def clean_password(self) -> str:
        """Raises what Django's validators say."""
        password = str(self.cleaned_data["password"])
        validate_password(password)
        return password


class ChangePasswordForm(NewPasswordForm):
    """A new password for somebody who knows the one they have."""

    current = _password(_("Current password"), "current-password")

    field_order = ("current", "password")

    def wrong(self) -> None:
        """The current password is another."""
        self.add_error("current", _("This is not your current password."))
