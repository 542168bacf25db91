"""Everything that is held about a member, as one file for them to keep."""

import json
from datetime import date
from typing import Any

from django.db.backends.postgresql.psycopg_any import Range
from django.http import HttpResponse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from kvitto.doors.member_web.visit import MemberRequest, Visit, own
from kvitto.rights import inspection
from kvitto.rights.types import Holding

_catalogue = translation.gettext  # under a name that gathers no text: rooms' own words are gathered from them
UNITS = _("Sums are in cents, quantities in ten-thousandths. A period lasts until just before its end.")


@own
def everything(_request: MemberRequest, visit: Visit) -> HttpResponse:
    """The file: JSON, with what each thing is and why it is held in the language of the page."""
    found = inspection.everything_about(person_id=visit.person_id, language=visit.language, by=visit.by, now=visit.now)
    told = {"made_at": visit.now, "units": UNITS, "held": [_told(holding) for holding in found]}
    body = json.dumps(told, default=_plain, ensure_ascii=False, indent=1)
    name = f'attachment; filename="kvitto-{visit.today.isoformat()}.json"'
    return HttpResponse(body, content_type="application/json", headers={"Content-Disposition": name})


def _told(holding: Holding) -> dict[str, Any]:
    return {
        "about": _catalogue(holding.topic.words),
        "for": _catalogue(holding.topic.purpose),
        "table": holding.table,
        "columns": {each.name: {"is": _catalogue(each.words), "why": _catalogue(each.why)} for each in holding.columns},
        "rows": holding.rows,
    }


def _plain(value: object) -> object:
    """What JSON has no form of."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Range):
        return {"from": value.lower, "until": value.upper}
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return str(value)
