"""The forms around second factors. Codes are never repeated."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

NAME = _("Name of the device")
NAME_HINT = _("By it you tell your devices apart, such as “work phone”.")


def _code(label: Any, help_text: Any, **attrs: Any) -> forms.CharField:
    shown = {"autocomplete": "one-time-code", "spellcheck": "false", **attrs}
    widget = forms.TextInput(attrs=shown)
    widget.is_required = True
    return forms.CharField(label=label, help_text=help_text, max_length=60, widget=widget)


class _SecretForm(forms.Form):
    """What was typed into the field `secret` is not given back."""

    secret = ""

    def wrong(self, message: Any) -> None:
        """What was given is not taken; the field is empty again."""
        self.add_error(self.secret, message)
        self.data = {name: value for name, value in self.data.items() if name != self.add_prefix(self.secret)}


class CodeForm(_SecretForm):
    """A one-time code."""

    secret = "code"  # noqa: S105 - a field's name
    code = _code(_("Code"), _("The six digits that your app shows now."), inputmode="numeric")


class RecoveryForm(_SecretForm):
    """A recovery code."""

    secret = "recovery"  # noqa: S105 - a field's name
    recovery = _code(
        _("Recovery code"),
        _("One of the codes you wrote down, such as k7qf-2m9d-x4ht. It works once."),
        autocomplete="off",
    )


class NewAppForm(CodeForm):
    """A name for an app, and a code to show that it is set up."""

    name = forms.CharField(label=NAME, help_text=NAME_HINT, max_length=40)

    field_order = ("code", "name")


class NewPasskeyForm(forms.Form):
    """A name for a passkey; the browser fills in the rest."""

    name = forms.CharField(label=NAME, help_text=NAME_HINT, max_length=40)
