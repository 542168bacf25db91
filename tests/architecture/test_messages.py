"""Every text of the pages is there in every language, whole."""

import re
from html.parser import HTMLParser
from pathlib import Path

import django
import pytest
from babel.messages.pofile import read_po
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.template.base import Lexer, TokenType
from django.utils import translation

from kvitto.wiring import catalogues
from tools import messages

READ_ALOUD = {
    "alt",
    "aria-description",
    "aria-label",
    "aria-placeholder",
    "aria-roledescription",
    "placeholder",
    "title",
}
ALLOWED = {
    "Kvitto",
    "SV",
    "FI",
    "EN",
    "Svenska",
    "Suomi",
    "English",
    "Bonus",
    "GTIN",
    "kg",
}  # the same in all languages

WORKSHOP = {"design.html"}  # the parts that pages are made of, for those who make them
PAGES = [
    path for path in messages.templates() if path.suffix in {".html", ".txt", ".svg"} and path.name not in WORKSHOP
]


@pytest.fixture(scope="module")
def found():
    return messages.texts()


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_text_is_translated_and_nothing_is_left_over(language, found):
    """`make messages` gathers the texts; what this says is then mended in kvitto/locale."""
    assert messages.problems(language, found) == []
    assert messages.is_as_written(language, found)


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_pages_read_the_present_catalogue(language):
    source = messages.path_of(language)

    assert source.with_suffix(".mo").read_bytes() == catalogues.compiled(source)


def test_what_we_say_in_better_words_is_still_said_by_django():
    own = {text for app in ("conf", "contrib/auth") for text in django_texts(app)}

    assert {(text.singular, text.plural) for text in messages.REWORDED} <= own


def django_texts(app):
    """(singular, plural) of each text of Django or of one of its applications."""
    path = Path(django.__file__).parent / app / "locale" / "en" / "LC_MESSAGES" / "django.po"
    with path.open("rb") as file:
        return {(each.id, "") if isinstance(each.id, str) else tuple(each.id) for each in read_po(file)}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("sv", "Lösenordet är för kort. Det ska ha minst 10 tecken."),
        ("fi", "Salasana on liian lyhyt. Siinä pitää olla vähintään 10 merkkiä."),
    ],
)
def test_our_words_come_before_djangos(language, said):
    with translation.override(language):
        assert MinimumLengthValidator(10).get_error_message() == said


def test_english_has_its_plurals_without_a_catalogue():
    with translation.override("en"):
        forms = [translation.ngettext("%(n)s receipt", "%(n)s receipts", n) % {"n": n} for n in (0, 1, 2)]

    assert forms == ["0 receipts", "1 receipt", "2 receipts"]


class Seen(HTMLParser):
    """The texts of a page that a person sees or hears."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.texts = []

    def handle_data(self, data):
        self.texts.append(data)

    def handle_starttag(self, _tag, attrs):
        self.texts.extend(value for name, value in attrs if name in READ_ALOUD and value)


def untranslated(source):
    """What a template shows as it stands, letters only: outside {% translate %} and {% blocktranslate %}."""
    plain, closing = [], ""
    for token in Lexer(source).tokenize():
        name = token.contents.split(" ")[0] if token.token_type is TokenType.BLOCK else ""
        if closing:
            closing = "" if name == closing else closing
        elif name in {"blocktranslate", "blocktrans", "comment"}:
            closing = f"end{name}"
        elif token.token_type is TokenType.TEXT:
            plain.append(token.contents)
    seen = Seen()
    seen.feed("".join(plain))
    seen.close()
    return [text.strip() for text in seen.texts if set(re.findall(r"[^\W\d_]+", text)) - ALLOWED]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_template_shows_no_text_of_one_language(path):
    assert untranslated(path.read_text()) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ('<p aria-label="Hello">{{ name }}</p>', ["Hello"]),
        ('<p class="{% if a %}x{% else %}y{% endif %}">404 · Kvitto page</p>', ["404 · Kvitto page"]),
        ('<p class="{% if a %}x{% else %}y{% endif %}">404 · &nbsp;&middot; {% now "Y" %} Kvitto, 2 kg</p>', []),
        ("{% blocktranslate %}Hello{% endblocktranslate %}{% comment %}Hello{% endcomment %}{# Hello #}", []),
        ('<p title="{% translate "Hello" %}">{% translate "Hello" %}</p><b lang="sv">Svenska</b>', []),
    ],
)
def test_plain_text_in_a_template_is_noticed(source, found):
    assert untranslated(source) == found


def test_texts_are_gathered_from_wherever_a_template_may_have_them():
    source = """{% load i18n %}{% translate "100 %" %}{% translate "Card" context "payment" as card %}
    {% if name == _("Tom") %}{{ name|default:_("nobody") }}{% else %}{% with x=_("else") %}{{ x }}{% endwith %}{% endif %}
    {% blocktranslate trimmed count n=rows|length with day=_("today") %}
      One row {{ day }}
    {% plural %}
      {{ n }} rows {{ day }}
    {% endblocktranslate %}{% translate name %}"""

    assert {(text.singular, text.plural, text.context) for text in messages.template_texts(source, "page.html")} == {
        ("100 %%", "", ""),
        ("Card", "", "payment"),
        ("Tom", "", ""),
        ("nobody", "", ""),
        ("else", "", ""),
        ("today", "", ""),
        ("One row %(day)s", "%(n)s rows %(day)s", ""),
    }


def test_texts_are_gathered_from_modules_by_djangos_names_and_ours():
    source = """
from django.utils import translation
from django.utils.translation import gettext_lazy as _, npgettext as many, ngettext
def gettext(x): ...
_("one " "text"); translation.pgettext("verb", "Card"); many("c", "row", "rows", 2); ngettext("a", "b", 1)
gettext("not Django's")
"""

    assert {(text.singular, text.plural, text.context) for text in messages.python_texts(source, "views.py")} == {
        ("one text", "", ""),
        ("Card", "", "verb"),
        ("row", "rows", "c"),
        ("a", "b", ""),
    }


def test_a_text_that_is_put_together_is_refused():
    source = "from django.utils.translation import gettext as _\n_(f'Hello {name}')"

    with pytest.raises(messages.MessageError, match=r"views\.py:2"):
        list(messages.python_texts(source, "views.py"))


@pytest.fixture
def swedish(tmp_path, monkeypatch):
    """Writes a Swedish catalogue's entries; gives what is wrong with it."""
    monkeypatch.setattr(messages, "path_of", lambda _language: tmp_path / "sv" / "LC_MESSAGES" / "django.po")

    def judged(entries, *texts):
        path = messages.path_of("sv")
        path.parent.mkdir(parents=True, exist_ok=True)
        empty = messages.gathered("sv", [])
        path.write_text(messages.HEADER.format(language="sv", catalogue=empty) + entries)
        return messages.problems("sv", [messages.Text("page.html", *text) for text in texts])

    return judged


@pytest.mark.parametrize(
    ("entries", "texts", "said"),
    [
        ('msgid "Yes"\nmsgstr "Ja"\n', [("Yes",)], []),
        ("", [("Yes",)], ["sv: missing: 'Yes'"]),
        ('msgid "Yes"\nmsgstr ""\n', [("Yes",)], ["sv: missing: 'Yes'"]),
        ('msgid "Yes"\nmsgstr "Ja"\n', [], ["sv: obsolete: 'Yes'"]),
        ('#~ msgid "Yes"\n#~ msgstr "Ja"\n', [], ["sv: obsolete: 'Yes'"]),
        ('#, fuzzy\nmsgid "Yes"\nmsgstr "Ja"\n', [("Yes",)], ["sv: fuzzy: 'Yes'"]),
        ('msgid "%(n)s"\nmsgstr "%(m)s"\n', [("%(n)s",)], ["sv: other placeholders in '%(m)s': '%(n)s'"]),
        (
            'msgid "row"\nmsgid_plural "%(n)s rows"\nmsgstr[0] "rad"\nmsgstr[1] ""\n',
            [("row", "%(n)s rows")],
            ["sv: missing: ('row', '%(n)s rows')"],
        ),
        (
            'msgid "row"\nmsgid_plural "%(n)s rows"\nmsgstr[0] "%(n)s rad"\nmsgstr[1] "rader"\n',
            [("row", "%(n)s rows")],
            ["sv: other placeholders in 'rader': ('row', '%(n)s rows')"],
        ),
    ],
)
def test_what_a_catalogue_lacks_is_said(swedish, entries, texts, said):
    assert swedish(entries, *texts) == said


def test_a_text_that_comes_back_has_its_translation_again(swedish):
    swedish('#~ msgid "Yes"\n#~ msgstr "Ja"\n')

    catalogue = messages.merged("sv", [messages.Text("page.html", "Yes")])

    assert catalogue.get("Yes").string == "Ja"


def test_a_changed_catalogue_is_compiled_and_an_unchanged_one_is_left(tmp_path):
    source = tmp_path / "sv" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    header = messages.HEADER.format(language="sv", catalogue=messages.gathered("sv", []))
    source.write_text(header + 'msgid "Yes"\nmsgstr "Ja"\n')

    assert catalogues.compile_changed(tmp_path) == [source.with_suffix(".mo")]
    assert catalogues.compile_changed(tmp_path) == []

    source.write_text(header + 'msgid "Yes"\nmsgstr "Jo"\n')

    assert catalogues.compile_changed(tmp_path) == [source.with_suffix(".mo")]
    assert b"Jo" in source.with_suffix(".mo").read_bytes()
