"""The frame of the pages: what browsers are told, languages and themes, static files, what makes the pages an app."""

import gzip
import json
import re

import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpResponse

from kvitto.doors.member_web.language import remember_language
from kvitto.wiring.statics import StaticFileMissingError

pytestmark = pytest.mark.django_db

DAY = 24 * 3600
FACES = pytest.mark.parametrize("face", ["", "/staff"], ids=["member", "staff"])
FIRST = {"": "/", "/staff": "/staff/sign-in"}
SPOKEN = {"sv": "Svenska", "fi": "Suomi", "en": "English"}


def language_of(response):
    return re.search('<html lang="([^"]*)"', response.content.decode()).group(1)


def theme_of(response):
    found = re.search('<html [^>]*data-theme="([^"]*)"', response.content.decode())
    return found.group(1) if found else None


# Languages


@FACES
@pytest.mark.parametrize("language", SPOKEN)
def test_a_chosen_language_is_spoken_on_every_page_of_both_faces(client, face, language):
    client.post(f"{face}/language", {"language": language, "next": "/"})
    assert language_of(client.get("/")) == language
    assert language_of(client.get("/staff/sign-in")) == language
    assert client.cookies["kvitto_language"]["path"] == "/"
    assert client.cookies["kvitto_language"]["max-age"] == 365 * DAY


@FACES
def test_a_language_nobody_speaks_changes_nothing(client, face):
    for language in ("xx", "de", "", "sv\0", "../sv", "s" * 10_000):
        assert client.post(f"{face}/language", {"language": language, "next": "/"}).status_code == 303
        assert language_of(client.get(FIRST[face])) == "en"
    client.cookies["kvitto_language"] = "xx\\000"
    assert language_of(client.get(FIRST[face])) == "en"


@pytest.mark.parametrize("path", ["/language", "/theme"])
def test_the_page_stays_with_its_query(client, path):
    for page in ("/search?q=%C3%B6l&page=2", "/sign-in?next=/receipts"):
        response = client.post(path, {"language": "sv", "theme": "dark", "next": page})
        assert response["Location"] == page


@pytest.mark.parametrize("path", ["/language", "/theme", "/staff/language", "/staff/theme"])
def test_nobody_is_led_to_another_site_and_a_link_changes_nothing(client, path):
    for page in ("https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""):
        response = client.post(path, {"language": "sv", "theme": "dark", "next": page})
        assert response["Location"] in {"/", "/staff/"}
    client.cookies.clear()
    assert client.get(path, {"language": "sv", "theme": "dark"}).status_code == 405
    assert not client.cookies


def test_without_a_choice_the_browsers_language_is_spoken(client):
    assert language_of(client.get("/", HTTP_ACCEPT_LANGUAGE="fi-FI,fi;q=0.9,en;q=0.5")) == "fi"
    assert language_of(client.get("/", HTTP_ACCEPT_LANGUAGE="de")) == "en"
    assert client.get("/")["Content-Language"] == "en"


def test_each_language_is_offered_by_its_own_name_and_the_chosen_one_is_marked(client):
    client.cookies["kvitto_language"] = "fi"
    page = client.get("/").content.decode()
    for code, name in SPOKEN.items():
        button = re.search(f'<button name="language" value="{code}"[^>]*>', page).group(0)
        assert f'lang="{code}"' in button
        assert name in button
        assert ("aria-current" in button) == (code == "fi")


def test_a_members_own_language_is_remembered_unless_another_was_chosen_here(rf, settings):
    asked = rf.get("/")
    remember_language(response := HttpResponse(), "sv", request=asked)
    assert response.cookies["kvitto_language"].value == "sv"
    asked.COOKIES["kvitto_language"] = "fi"
    remember_language(response := HttpResponse(), "sv", request=asked)
    remember_language(response, "xx")
    assert not response.cookies


# Themes


@FACES
def test_a_chosen_theme_holds_on_both_faces_and_goes_again(client, face):
    assert theme_of(client.get("/")) is None
    for theme in ("dark", "light"):
        client.post(f"{face}/theme", {"theme": theme})
        assert theme_of(client.get("/")) == theme_of(client.get("/staff/sign-in")) == theme
    for other in ("", "purple", '"><script>'):
        client.post(f"{face}/theme", {"theme": "dark"})
        client.post(f"{face}/theme", {"theme": other})
        assert theme_of(client.get("/")) is None


def test_a_theme_that_somebody_wrote_into_their_cookie_is_not_repeated(client):
    client.cookies["kvitto_theme"] = "purple"
    assert "purple" not in client.get("/").content.decode()


# Headers


def test_each_page_names_its_scripts_and_styles_by_a_word_of_its_own(client):
    words = set()
    for _ in range(2):
        response = client.get("/")
        policy = response["Content-Security-Policy"]
        (word,) = set(re.findall("'nonce-([^']+)'", policy))
        assert f"script-src 'nonce-{word}'; style-src 'nonce-{word}';" in policy
        tags = re.findall('<(?:script|link rel="stylesheet")[^>]*>', response.content.decode())
        assert len(tags) >= 3
        assert all(f'nonce="{word}"' in tag for tag in tags)
        words.add(word)
    assert len(words) == 2


@pytest.mark.parametrize("path", ["/", "/staff/sign-in", "/nowhere", "/static/kvitto.css", "/sw.js", "/offline"])
def test_nothing_foreign_is_let_in_and_no_sensor_is_asked(client, path):
    headers = client.get(path).headers
    assert "unsafe" not in headers["Content-Security-Policy"]
    for rule in ("object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"):
        assert rule in headers["Content-Security-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "screen-wake-lock=(self)" in headers["Permissions-Policy"]


# Static files


def test_a_static_address_names_its_content_and_is_kept_for_good(client):
    address = staticfiles_storage.url("kvitto.css")
    assert re.fullmatch(r"/static/kvitto\.css\?v=[0-9a-f]{12}", address)
    assert address in client.get("/").content.decode()
    assert client.get(address)["Cache-Control"] == "public, max-age=31536000, immutable"
    for other in ("/static/kvitto.css", "/static/kvitto.css?v=0123456789ab"):
        assert "immutable" not in client.get(other)["Cache-Control"]


def test_a_file_that_is_not_there_is_noticed_when_a_page_names_it():
    with pytest.raises(StaticFileMissingError, match=r"nothing\.css"):
        staticfiles_storage.url("nothing.css")


@pytest.mark.parametrize("name", ["kvitto.css", "app.js", "kvitto.svg", "django_htmx/htmx-2.min.js"])
def test_texts_come_compressed_to_browsers_that_take_it(client, name):
    whole = client.get(f"/static/{name}")
    small = client.get(f"/static/{name}", HTTP_ACCEPT_ENCODING="br, gzip;q=0.8")
    assert gzip.decompress(small.content) == whole.content
    assert len(small.content) == int(small["Content-Length"]) < len(whole.content)
    assert "Content-Encoding" not in whole.headers
    for answer in (small, whole):
        assert "Accept-Encoding" in answer["Vary"]
    refused = client.get(f"/static/{name}", HTTP_ACCEPT_ENCODING="gzip;q=0")
    assert refused.content == whole.content


def test_a_compressed_file_is_fetched_again_only_when_it_changed(client):
    tag = client.get("/static/app.js", HTTP_ACCEPT_ENCODING="gzip")["ETag"]
    assert tag.startswith("W/")
    again = client.get("/static/app.js", HTTP_ACCEPT_ENCODING="gzip", HTTP_IF_NONE_MATCH=tag)
    assert (again.status_code, again.content) == (304, b"")


def test_pictures_are_not_compressed_again_and_parts_of_files_stay_parts(client):
    assert "Content-Encoding" not in client.get("/static/icon-512.png", HTTP_ACCEPT_ENCODING="gzip").headers
    part = client.get("/static/app.js", HTTP_ACCEPT_ENCODING="gzip", HTTP_RANGE="bytes=0-9")
    assert (part.status_code, len(part.content)) == (206, 10)
    assert "Content-Encoding" not in part.headers
    assert client.head("/static/app.js", HTTP_ACCEPT_ENCODING="gzip").content == b""


def test_pages_come_compressed_to_browsers_that_take_it(client):
    page = client.get("/", HTTP_ACCEPT_ENCODING="gzip")
    assert page["Content-Encoding"] == "gzip"
    assert b"</html>" in gzip.decompress(page.content)
    assert "Content-Encoding" not in client.get("/").headers


def test_the_script_is_small_and_the_pictures_are_too(client):
    assert len(client.get("/static/app.js").content) <= 6_000
    names = ("icon-192.png", "icon-512.png", "icon-maskable-512.png", "apple-touch-icon.png")
    assert sum(len(client.get(f"/static/{name}").content) for name in names) < 25_000


# The app


def test_the_manifest_names_the_service_and_its_pictures(client, settings):
    settings.SERVICE_NAME = "Kuitti & Co"
    response = client.get("/manifest.webmanifest")
    manifest = json.loads(response.content)
    assert response["Content-Type"] == "application/manifest+json"
    assert manifest["name"] == manifest["short_name"] == "Kuitti & Co"
    assert (manifest["start_url"], manifest["display"]) == ("/purchases", "standalone")
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        answer = client.get(icon["src"])
        assert (answer.status_code, answer["Content-Type"]) == (200, icon["type"])
    client.cookies["kvitto_language"] = "fi"
    assert json.loads(client.get("/manifest.webmanifest").content)["lang"] == "fi"


def test_the_worker_keeps_exactly_the_files_of_the_pages(client):
    response = client.get("/sw.js")
    assert response["Content-Type"].startswith("text/javascript")
    assert response["Cache-Control"] == "no-cache"
    assets = json.loads(re.search(r"const ASSETS = (\[.*\]);", response.content.decode()).group(1))
    assert {client.get(asset)["Cache-Control"] for asset in assets} == {"public, max-age=31536000, immutable"}
    page = client.get("/offline").content.decode()
    loaded = re.findall(r'(?:src|href)="(/static/(?!apple)[^"]+)"', page)
    assert loaded
    assert set(loaded) <= set(assets)


@pytest.fixture
def altered_stylesheet(settings, tmp_path):
    """Puts another stylesheet in front of ours, on a server that looks at its files each time."""

    def alter():
        (tmp_path / "kvitto.css").write_text("body { color: red }")
        settings.DEBUG = True
        settings.STATICFILES_DIRS = [tmp_path, *settings.STATICFILES_DIRS]
        finders.get_finder.cache_clear()

    yield alter
    finders.get_finder.cache_clear()


def test_another_content_is_another_version_of_the_worker(client, altered_stylesheet):
    before = client.get("/sw.js").content
    assert client.get("/sw.js").content == before
    altered_stylesheet()
    after = client.get("/sw.js").content
    shell = re.compile(rb'"shell-[0-9a-f]+"')
    assert shell.search(before).group() != shell.search(after).group()
