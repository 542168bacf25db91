"""What a page costs a phone: bytes over the wire, and when its largest part is painted on a slow network and processor.

Prints one JSON object: `first_view_kb` (nothing cached; everything, with what the service worker then fetches), `later_kb`
(a page after the first one), `lcp_ms` (nothing cached, the median of several), all in kB of 1000 bytes and in milliseconds.
What it consists of goes to stderr; exit code 1 when a bar is missed.
"""

import argparse
import json
import socket
import statistics
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page

from tests.journeys import pages
from tools import demo_site

MEMBER, LANGUAGE = "chen", "fi"  # the longest list; the longest words
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}
SLOWER_PROCESSOR = 4
FIRST_KB, LATER_KB, LCP_MS = 60, 15, 1800  # the bars
FIRST_VIEWS = ("front", "purchases")
MEASURED = (
    *FIRST_VIEWS,
    *("sign-in", "levels", "period-year", "group", "group-deep", "product", "receipt-product", "receipts"),
    *("search-found", "card", "account", "security", "traces"),
)
LARGEST_PAINT = """() => new Promise(resolve => {
    const give = entries => {
        const last = entries.at(-1);
        const { responseStart, responseEnd } = performance.getEntriesByType("navigation")[0];
        const element = last.element ? last.element.tagName.toLowerCase() : "?";
        resolve({ lcp: last.startTime, first: responseStart, whole: responseEnd, element });
    };
    new PerformanceObserver(list => give(list.getEntries())).observe({ type: "largest-contentful-paint", buffered: true });
})"""


class Wire:
    """Passes connections on to the server, and counts what comes back: pages, files, headers, whoever asked."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.received = 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listening.accept()
            except OSError:  # closed
                return
            far = socket.create_connection(("127.0.0.1", self.target))
            threading.Thread(target=self._pass, args=(near, far), daemon=True).start()
            threading.Thread(target=self._pass, args=(far, near, True), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, count: bool = False) -> None:  # noqa: FBT001, FBT002
        try:
            while data := source.recv(65536):
                self.received += len(data) if count else 0
                sink.sendall(data)
        except OSError:  # either side has gone away
            pass
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)  # wakes the other direction


@contextmanager
def wire(url: str) -> Iterator[Wire]:
    counting = Wire(urlsplit(url).port or 80)
    try:
        yield counting
    finally:
        counting.listening.close()


def settled(page: Page) -> None:
    """Until nothing is fetched any more, by the service worker neither."""
    page.wait_for_load_state("networkidle")
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    page.wait_for_timeout(300)


class Measurement:
    """The measured pages with a session to open them in."""

    def __init__(self, browser: Browser, line: Wire) -> None:
        self.browser, self.line = browser, line
        members = demo_site.people(MEMBER)
        found = {state.name: state for state in pages.states(members)}
        self.states = {name: found[name] for name in MEASURED}
        visitors = demo_site.Visitors(browser, line.url, LANGUAGE, PHONE)
        self.session = visitors.page(MEMBER).context.storage_state()
        visitors.close()

    @contextmanager
    def fresh(self, who: str) -> Iterator[Page]:
        """A window in a browser that has nothing kept but, for a member, the session."""
        session = {"storage_state": self.session} if who else {}
        visitors = demo_site.Visitors(self.browser, self.line.url, LANGUAGE, PHONE | session)
        page = visitors.context().new_page()
        try:
            yield page
        finally:
            page.context.close()

    def first_view(self, name: str) -> float:
        """What a page weighs with nothing cached, in kB; its parts go to stderr."""
        parts: dict[str, int] = {}
        before = self.line.received
        with self.fresh(self.states[name].who) as page:
            network = page.context.new_cdp_session(page)
            network.send("Network.enable")
            addresses: dict[str, str] = {}
            network.on(
                "Network.responseReceived", lambda it: addresses.update({it["requestId"]: it["response"]["url"]})
            )
            network.on(
                "Network.loadingFinished",
                lambda it: parts.update({addresses[it["requestId"]]: it["encodedDataLength"]}),
            )
            page.goto(self.states[name].address)
            settled(page)
        whole = self.line.received - before
        parts["the service worker's own"] = whole - sum(parts.values())
        for address, size in sorted(parts.items(), key=lambda part: -part[1]):
            demo_site.say(f"  {name}: {size / 1000:5.1f} kB  {urlsplit(address).path}")
        return round(whole / 1000, 1)

    def later(self) -> dict[str, float]:
        """What each page weighs when another was looked at before, in kB."""
        result = {}
        for who in (pages.VISITOR, MEMBER):
            with self.fresh(who) as page:
                page.goto("/levels")
                settled(page)
                for name, state in self.states.items():
                    if state.who == who:
                        before = self.line.received
                        page.goto(state.address)
                        settled(page)
                        result[name] = round((self.line.received - before) / 1000, 1)
        return result

    def largest_paint(self, name: str, times: int) -> float:
        """Milliseconds until the largest part of a page is there, with nothing cached: the median."""
        found = [self._largest_paint(name) for _ in range(times)]
        middle = {key: round(statistics.median(each[key] for each in found)) for key in ("lcp", "first", "whole")}
        every = " ".join(f"{each['lcp']:.0f}" for each in found)
        demo_site.say(
            f"  {name}: {middle['lcp']} ms ({every}), <{found[0]['element']}>;"
            f" first byte {middle['first']} ms, whole page {middle['whole']} ms"
        )
        return middle["lcp"]

    def _largest_paint(self, name: str) -> dict[str, Any]:
        with self.fresh(self.states[name].who) as page:
            slow = page.context.new_cdp_session(page)
            slow.send("Network.enable")
            slow.send("Network.emulateNetworkConditions", NETWORK)
            slow.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_PROCESSOR})
            page.goto(self.states[name].address)
            page.wait_for_load_state("networkidle")
            return page.evaluate(LARGEST_PAINT)


def missed(result: dict[str, Any]) -> Iterator[str]:
    """Every bar that is missed."""
    bars = {"first_view_kb": FIRST_KB, "later_kb": LATER_KB, "lcp_ms": LCP_MS}
    for what, bar in bars.items():
        for name, value in result[what].items():
            if value > bar:
                yield f"{what} of {name} is {value}, the bar is {bar}"


def run(times: int, lcp_of: Sequence[str]) -> dict[str, Any]:
    """All of it."""
    with (
        demo_site.register(KVITTO_DEBUG="no", KVITTO_DEMO_DOOR="no"),
        demo_site.served() as url,
        wire(url) as line,
        demo_site.chromium() as browser,
    ):
        measurement = Measurement(browser, line)
        demo_site.say("first views")
        first = {name: measurement.first_view(name) for name in FIRST_VIEWS}
        later = measurement.later()  # warms the server for the next, too
        demo_site.say("largest paint")
        return {
            "first_view_kb": first,
            "later_kb": later,
            "lcp_ms": {name: measurement.largest_paint(name, times) for name in lcp_of},
        }


def main() -> int:
    """0 when every bar is kept, 1 when not."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=5, help="how often each paint is measured")
    result = run(parser.parse_args().times, MEASURED)
    print(json.dumps(result))  # noqa: T201  data goes to stdout
    too_much = list(missed(result))
    for line in too_much:
        demo_site.say(line)
    return 1 if too_much else 0


if __name__ == "__main__":
    raise SystemExit(main())
