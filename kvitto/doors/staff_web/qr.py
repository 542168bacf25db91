"""A QR code as one path of an SVG: which squares are black, the library says."""

from dataclasses import dataclass
from itertools import groupby

from qrcode.constants import ERROR_CORRECT_M  # type: ignore[import-untyped]
from qrcode.main import QRCode  # type: ignore[import-untyped]

QUIET = 4  # squares of white around, which scanners need


@dataclass(frozen=True, slots=True)
class Drawing:
    """`<svg viewBox="{{ box }}"><path d="{{ path }}"/></svg>`."""

    box: str
    path: str


def draw(text: str) -> Drawing:
    """The QR code of a text."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(text)
    code.make()
    rows = code.get_matrix()
    side = len(rows) + 2 * QUIET
    return Drawing(f"{-QUIET} {-QUIET} {side} {side}", "".join(_runs(number, row) for number, row in enumerate(rows)))


def _runs(number: int, row: list[bool]) -> str:
    """A row's black squares, neighbours as one rectangle."""
    drawn, column = [], 0
    for black, squares in groupby(row):
        length = len(list(squares))
        if black:
            drawn.append(f"M{column} {number}h{length}v1h-{length}z")
        column += length
    return "".join(drawn)
