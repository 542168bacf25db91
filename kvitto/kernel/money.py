"""Money is integer cents with a currency; on the wire it is a string with two decimals."""

import re

END = r"$(?!\n)"  # the end of the text: a bare $ would let a line break follow
AMOUNT_PATTERN = rf"^-?[0-9]{{1,9}}\.[0-9]{{2}}{END}"
_AMOUNT = re.compile(AMOUNT_PATTERN)
_TYPED = re.compile(r"(-?)([0-9]{1,7})(?:[.,]([0-9]{1,2}))?")
_SPACES = re.compile(r"\s+")


def cents(amount: str) -> int:
    """Cents of an amount whose form has been checked already: `"-1.05"` is -105."""
    return int(amount.replace(".", "", 1))


def parse_amount(text: str) -> int:
    """Cents of a text, checked here.

    Raises ValueError for anything but `-?[0-9]{1,9}.[0-9]{2}`: no floats, exponents, NaN, signs or digits of other
    scripts.
    """
    if not _AMOUNT.match(text):
        raise ValueError(f"not an amount with two decimals: {text[:30]!r}")
    return cents(text)


def typed_cents(text: str) -> int | None:
    """The cents of an amount as people type it, such as `12,50`, `12` or `1 234.5`; None for what is none."""
    found = _TYPED.fullmatch(_SPACES.sub("", text))
    if found is None:
        return None
    sign, whole, part = found.groups()
    cents_ = int(whole) * 100 + int((part or "0").ljust(2, "0"))
    return -cents_ if sign else cents_


def amount(cents_: int) -> str:
    """The wire form of cents: -105 is `"-1.05"`."""
    sign = "-" if cents_ < 0 else ""
    whole, part = divmod(abs(cents_), 100)
    return f"{sign}{whole}.{part:02d}"


def vat_in(gross_cents: int, rate_hundredths: int) -> int:
    """The tax in an amount that includes it, in cents, half away from zero: gross * rate / (100 % + rate).

    The rate is in hundredths of a percent: 13.5 % is 1350.
    """
    whole = 10_000 + rate_hundredths
    tax = (2 * abs(gross_cents) * rate_hundredths + whole) // (2 * whole)
    return -tax if gross_cents < 0 else tax
