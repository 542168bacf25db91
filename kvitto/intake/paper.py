"""What somebody reads off a receipt on paper, as the form of members' pages and of a service point."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kvitto.intake.types import Claimed
from kvitto.kernel.money import typed_cents


class PaperForm(forms.Form):
    """Which purchase it was: its day, its total, and the till and number or the code."""

    business_day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    total = forms.CharField(
        label=_("Total, €"),
        help_text=_("To the cent, as on the paper. A receipt with another total is not the one that is meant."),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    workstation = forms.CharField(
        label=_("Till"), max_length=40, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    sequence = forms.IntegerField(
        label=_("Receipt number"),
        min_value=0,
        max_value=2**63 - 1,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    code = forms.CharField(
        label=_("Receipt code"),
        help_text=_("In the place of till and number, where one is printed."),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_total(self) -> int:
        """In cents."""
        cents = typed_cents(self.cleaned_data["total"])
        if cents is None:
            raise forms.ValidationError(_("That is not an amount: write it as 12,50."))
        return cents

    def clean(self) -> dict[str, Any]:
        """Till and number, or the code."""
        given: dict[str, Any] = super().clean() or {}
        whole = given.get("workstation") and given.get("sequence") is not None
        if not (whole or given.get("code")) and "sequence" not in self.errors:
            self.add_error(None, _("Write the till and the number of the receipt, or its code."))
        return given

    def claimed(self, store_id: int) -> Claimed:
        """The purchase that the form names."""
        given = self.cleaned_data
        named = (
            {"code": given["code"]} if given["code"] else {each: given[each] for each in ("workstation", "sequence")}
        )
        return Claimed(store_id, given["business_day"], given["total"], **named)
