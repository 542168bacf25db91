"""Forms of the members' pages. What is typed is never repeated when it is a secret."""

from typing import Any

from django import forms
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.utils.translation import gettext_lazy as _

from kvitto.accounts.actions import LONGEST_USERNAME
from kvitto.accounts.forms import NewPasswordForm
from kvitto.warranties.rules import LONGEST_ITEM, LONGEST_NOTE


class CodeForm(forms.Form):
    """A card and the code that its holder got. Whether they fit is said once for both."""

    card = forms.CharField(
        label=_("Member card number"),
        help_text=_("The long number on the front of your card."),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric", "autofocus": True}),
    )
    code = forms.CharField(
        label=_("Code"),
        help_text=_("Eight letters and digits, such as K7QF-2M9D. Capitals and gaps do not matter."),
        max_length=60,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )


class NewAccountForm(NewPasswordForm):
    """A user name and a password for somebody who had none."""

    username = UsernameField(
        label=_("User name"),
        help_text=_("You sign in with it. Letters, digits and the signs @ . + - _ only; capitals matter."),
        max_length=LONGEST_USERNAME,
        validators=[
            UnicodeUsernameValidator(
                message=_("A user name has letters, digits and the signs @ . + - _ only, without spaces.")
            )
        ],
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )

    field_order = ("username", "password")


class JoinForm(forms.Form):
    """The code of an invitation to a household."""

    code = forms.CharField(
        label=_("Code of the invitation"),
        help_text=_("Eight letters and digits, such as K7QF-2M9D. Capitals and gaps do not matter."),
        max_length=60,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )


class MinorForm(forms.Form):
    """A child who comes into the register with their household."""

    given_name = forms.CharField(
        label=_("Given name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    family_name = forms.CharField(
        label=_("Family name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    birth_date = forms.DateField(label=_("Date of birth"), widget=forms.DateInput(attrs={"type": "date"}))


class CorrectionForm(forms.Form):
    """What the owner of a warranty receipt says of it."""

    item = forms.CharField(
        label=_("What it is"), max_length=LONGEST_ITEM, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    ends_on = forms.DateField(
        label=_("The guarantee ends on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    note = forms.CharField(
        label=_("My own note"),
        help_text=_("Where the papers are, who repairs it: for your eyes alone."),
        max_length=LONGEST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def taken(form: forms.Form) -> None:
    """The user name is somebody else's."""
    form.add_error("username", _("This user name is taken. Choose another."))


def refused(form: forms.Form, message: Any) -> None:
    """The form as a whole is refused."""
    form.add_error(None, message)
