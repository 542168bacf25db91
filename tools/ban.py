"""How long until a ban holds: after the click on a slow phone, and in a conversation on the telephone without its talk.

Prints one JSON object. `ban_ms` goes from the click until nobody who asks who may be written to is told this member, `proof_ms`
until the page shows the number of the statement: medians; `ban_ms_most` is the longest. `by_phone_s` is the time of all pages at
the service point from the look-up to its end, on a computer there. What each act takes goes to stderr; exit code 1 when a bar is
missed.
"""

import argparse
import json
import statistics
import threading
import time

from playwright.sync_api import Browser, Page

from tests.journeys import bans, staff_pages
from tools import demo_site
from tools.vitals import NETWORK, PHONE, SLOWER_PROCESSOR

MEMBER, POINT = "chen", "disa"
BAN_MS, BY_PHONE_S = 1_000, 60  # the bars
PAUSE_S = 0.002


class Watch(threading.Thread):
    """Asks again and again who allows the use of their purchases, over a connection of its own, until one member does not."""

    def __init__(self, person_id: int) -> None:
        super().__init__(daemon=True)
        self.person_id = person_id
        self.asking = threading.Event()
        self.until = 0.0

    def run(self) -> None:
        from django.db import connections

        from kvitto.choices import queries
        from kvitto.choices.types import Topic
        from kvitto.stores.types import Profile

        while queries.allowing([self.person_id], Topic.PURCHASE_USE, profile=Profile.DEFAULT):
            self.asking.set()
            time.sleep(PAUSE_S)
        self.until = time.perf_counter()
        self.asking.set()
        connections.close_all()


def timed(act: bans.Act, page: Page) -> float:
    """Seconds from the act until what it leads to is loaded."""
    began = time.perf_counter()
    act.do(page)
    page.wait_for_load_state("load")
    return time.perf_counter() - began


def allow(page: Page) -> None:
    """The member takes the ban back, where there is one."""
    page.goto("/account/choices")
    if page.locator(bans.ALLOW).count():
        bans.click("allow", bans.ALLOW).do(page)


def on_the_web(page: Page, times: int) -> dict[str, int]:
    """Forbidden again and again, on a phone with a slow network and a slow processor."""
    ((_, person_id),) = demo_site.people(MEMBER)
    slow = page.context.new_cdp_session(page)
    slow.send("Network.enable")
    slow.send("Network.emulateNetworkConditions", NETWORK)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_PROCESSOR})
    held, shown = [], []
    for _ in range(times):
        allow(page)
        watch = Watch(person_id)
        watch.start()
        watch.asking.wait()
        began = time.perf_counter()
        page.click(bans.FORBID)
        page.wait_for_selector("#done")
        shown.append(time.perf_counter() - began)
        watch.join()
        held.append(watch.until - began)
    slow.detach()
    return {"ban_ms": _middle(held), "ban_ms_most": round(max(held) * 1000), "proof_ms": _middle(shown)}


def by_phone(browser: Browser, member: Page, times: int) -> float:
    """Seconds of page time in one conversation: the median."""
    context = browser.new_context(base_url=member.url.partition("/account")[0])
    staff_pages.enter(context, member.url, POINT)
    page = context.new_page()
    acts, every = bans.by_phone(demo_site.card(MEMBER)), []
    for _ in range(times):
        allow(member)
        page.goto("/staff/")
        every.append([timed(act, page) for act in acts])
    for act, took in zip(acts, zip(*every, strict=True), strict=True):
        demo_site.say(f"  {act.words}: {_middle(list(took))} ms")
    return round(statistics.median(map(sum, every)), 2)


def _middle(seconds: list[float]) -> int:
    return round(statistics.median(seconds) * 1000)


def main() -> int:
    """0 when both bars are kept, 1 when not."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=15, help="how often each is measured")
    times = parser.parse_args().times
    with (
        demo_site.register(KVITTO_DEBUG="no", KVITTO_DEMO_DOOR="no"),
        demo_site.served() as url,
        demo_site.chromium() as browser,
    ):
        member = browser.new_context(base_url=url, **PHONE).new_page()
        demo_site.sign_in(member, MEMBER)
        result: dict[str, float] = on_the_web(member, times) | {"by_phone_s": by_phone(browser, member, times)}
    print(json.dumps(result))  # noqa: T201  data goes to stdout
    return 0 if result["ban_ms_most"] <= BAN_MS and result["by_phone_s"] <= BY_PHONE_S else 1


if __name__ == "__main__":
    raise SystemExit(main())
