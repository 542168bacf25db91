"""A receipt shows on an open page within seconds: server-sent events, each with the part of the page that says so.

An open page is no visit: it keeps no session alive, and holds neither a thread at work nor a connection of the database. Its
stream ends after a while, the browser asks again by itself, and then whether somebody is still signed in is asked anew, too.
"""

import asyncio
from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import translation

from kvitto.doors.member_web.visit import MemberRequest, Visit, own
from kvitto.kernel import identity
from kvitto.kernel.actor import ActorKind
from kvitto.purchases import arrivals
from kvitto.purchases import queries as registered
from kvitto.spending import queries as spending

LASTS = 300.0  # seconds of a stream
BEAT = 20.0  # seconds until a word is sent, so that nobody in between takes the silence for the end
MOST = 4  # browsers give one site six connections; open pages of one person in a process
SHOWN = 3  # receipts that are named


@own
def live(request: MemberRequest, visit: Visit) -> HttpResponseBase:
    """The stream of a page: what has come in since the receipt that it knows last. 204 ends it for good."""
    if arrivals.waiting(visit.person_id) >= MOST:
        return HttpResponse(status=204)
    known = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    after = (
        int(known)
        if known.isascii() and known.isdecimal() and len(known) < 19
        else registered.newest_id(visit.person_id)
    )
    stream = _stream(visit, request.user.pk, after)
    response = StreamingHttpResponse(stream, content_type="text/event-stream")
    response["Content-Encoding"] = "identity"  # packed, it would wait until there is enough of it
    response["X-Accel-Buffering"] = "no"  # the same, for a web server in front
    return response


async def _stream(visit: Visit, account_id: int, after: int) -> AsyncIterator[bytes]:
    await sync_to_async(connections.close_all)()  # what the request has used
    ends = asyncio.get_running_loop().time() + LASTS
    with arrivals.awaited(visit.person_id) as arrived:
        yield f"retry: 2000\nid: {after}\nevent: known\ndata:\n\n".encode()
        arrived.set()  # what came in since the page was made
        while (left := ends - asyncio.get_running_loop().time()) > 0:
            try:
                await asyncio.wait_for(arrived.wait(), min(BEAT, left))
            except TimeoutError:
                yield b":\n\n"
                continue
            arrived.clear()
            newest, part = await sync_to_async(_news, thread_sensitive=False)(visit, account_id, after)
            if newest > after:
                after = newest
                yield f"id: {newest}\nevent: receipt\ndata: {part}\n\n".encode()


def _news(visit: Visit, account_id: int, after: int) -> tuple[int, str]:
    """The newest receipt's id, and the part of a page that names those since `after`, on one line. Opens nothing."""
    try:
        with identity.acting(ActorKind.MEMBER, account=account_id), translation.override(visit.language):
            found = spending.arrived(person_id=visit.person_id, after=after, limit=SHOWN)
            if not found:
                return after, ""
            part = render_to_string("member/parts/arrived.html", {"arrived": found})
            return max(each.head.receipt_id for each in found), " ".join(part.split())
    finally:
        connections.close_all()  # back to the pool
