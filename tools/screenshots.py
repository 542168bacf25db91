"""Pictures of every page in every state: a phone and a desk, three languages, light and dark, in build/screenshots.

`make screenshots` takes them all; `make screenshots ARGS="receipt search-found"` those whose name begins so. index.html there
shows them by page; sheets/ has one picture a page for a quick look: the phone in all languages and both themes side by side.
"""

import argparse
import html
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image
from playwright.sync_api import Error, Page

from tests.journeys import pages, staff_pages
from tools import demo_site

FOLDER = demo_site.ROOT / "build" / "screenshots"
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DESK = {"viewport": {"width": 1280, "height": 900}}
SCREENS = (PHONE, DESK)
THEMES = ("light", "dark")
HIGHEST = 12_000  # pixels of a picture
SHEET_WIDTH, SHEET_HEIGHT, GAP = 1600, 1400, 12  # a sheet's own width; how much of each picture it shows
# Who shows a state: the first of them who can. Chen's receipts are of two levels; Henrik has chosen the third.
MEMBERS = ("chen", "aino", "henrik")


def picture(name: str, language: str, theme: str, width: int) -> Path:
    """Where a picture is."""
    return FOLDER / f"{name}-{language}-{theme}-{width}.png"


def width_of(screen: dict) -> int:
    return screen["viewport"]["width"]


def take(page: Page, state: pages.State, language: str, screen: dict) -> Iterator[Path]:
    """Open a state and take it in both themes, which needs no second loading: the pages follow the device's."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size(screen["viewport"])
    state.show(page)
    page.wait_for_load_state("load")
    # The whole page on a screen as high as the page: bars at the bottom of a screen would else be in its middle.
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size(
        {"width": width_of(screen), "height": min(max(height, screen["viewport"]["height"]), HIGHEST)}
    )
    for theme in THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        path = picture(state.name, language, theme, width_of(screen))
        page.screenshot(path=path, animations="disabled", caret="hide")
        yield path


def take_all(states: Sequence[pages.State], url: str) -> tuple[int, list[str]]:
    """How many were taken, and what could not be."""
    taken, failed = 0, []
    total = len(states) * len(pages.LANGUAGES) * len(SCREENS) * len(THEMES)
    with demo_site.chromium() as browser:
        for language in pages.LANGUAGES:
            for screen in SCREENS:
                visitors = demo_site.Visitors(browser, url, language, screen)
                for state in states:
                    try:
                        taken += len(list(take(visitors.page(state.who), state, language, screen)))
                    except (Error, AssertionError) as error:
                        failed.append(f"{state.name} ({language}, {width_of(screen)}): {str(error).splitlines()[0]}")
                    demo_site.progress(f"{taken} of {total} pictures  {state.name} {language}")
                visitors.close()
    demo_site.progress("")
    return taken, failed


# --- Looking at them ------------------------------------------------------------------------------------------------


def sheet(name: str) -> None:
    """The phone's pictures of a page side by side in one picture."""
    every = [(language, theme) for language in pages.LANGUAGES for theme in THEMES]
    paths = [picture(name, language, theme, width_of(PHONE)) for language, theme in every]
    if not all(path.exists() for path in paths):
        return
    columns = []
    for path in paths:
        with Image.open(path) as whole:
            columns.append(whole.convert("RGB").crop((0, 0, whole.width, min(whole.height, SHEET_HEIGHT))))
    scale = (SHEET_WIDTH - GAP * (len(columns) - 1)) / sum(each.width for each in columns)
    columns = [
        each.resize((int(each.width * scale), int(each.height * scale)), Image.Resampling.LANCZOS) for each in columns
    ]
    whole = Image.new("RGB", (SHEET_WIDTH, max(each.height for each in columns)), "#888")
    left = 0
    for each in columns:
        whole.paste(each, (left, 0))
        left += each.width + GAP
    (FOLDER / "sheets").mkdir(exist_ok=True)
    whole.save(FOLDER / "sheets" / f"{name}.png")


def index(names: Sequence[str]) -> str:
    """A page with every picture, by page and state."""
    parts = ["<!doctype html><html lang=en><meta charset=utf-8><title>Pictures</title><h1>Pictures</h1>"]
    parts.append(f"<p>{datetime.now(UTC):%Y-%m-%d %H:%M} UTC</p><nav>")
    parts += [f"<a href='#{html.escape(name)}'>{html.escape(name)}</a> " for name in names]
    parts.append("</nav>")
    for name in names:
        parts.append(f"<h2 id='{html.escape(name)}'>{html.escape(name)}</h2>")
        for screen in SCREENS:
            parts.append("<p>")
            for language in pages.LANGUAGES:
                for theme in THEMES:
                    file = picture(name, language, theme, width_of(screen)).name
                    shown = 195 if screen is PHONE else 400
                    parts.append(f"<a href='{file}'><img src='{file}' alt='{file}' width={shown} loading=lazy></a>")
    return "\n".join(parts)


def main() -> int:
    """0 when every picture was taken, 1 when not."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="beginnings of the names of states; all of them without")
    wanted = tuple(parser.parse_args().names)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with demo_site.register(KVITTO_DEBUG="yes", KVITTO_DEMO_DOOR="yes"), demo_site.served() as url:
        pages.settle(demo_site.password())
        states = pages.states(demo_site.people(*MEMBERS), debug=True, demo=True)
        names = {name: name for name in staff_pages.STAFF}
        staff_pages.settle(names, card := demo_site.card("aino"))
        states += staff_pages.states(names, card)
        states = [state for state in states if not wanted or state.name.startswith(wanted)]
        if not wanted:
            for old in FOLDER.glob("**/*.png"):
                old.unlink()
        started = time.monotonic()
        taken, failed = take_all(states, url)
        seconds = time.monotonic() - started
    for state in states:
        sheet(state.name)
    there = {path.name.rsplit("-", 3)[0] for path in FOLDER.glob("*.png")}
    (FOLDER / "index.html").write_text(index(sorted(there)))
    for line in failed:
        demo_site.say(line)
    demo_site.say(f"{taken} pictures in {seconds:.0f} s: {FOLDER / 'index.html'}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
