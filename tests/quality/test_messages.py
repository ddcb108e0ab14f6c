"""The French catalogue: complete, well set, and compiled as it is written, as far as can be told without gettext."""

import re
from collections import Counter
from pathlib import Path

import polib
import pytest
from django.utils.translation import override

from webhooks.events import registry

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "locale" / "fr" / "LC_MESSAGES"

EVENT_LABELS = {
    "dataset.created": "Un nouveau jeu de données a été créé",
    "dataset.data_updated": "Le fichier d'un jeu de données a été mis à jour",
    "dataset.error": "Un jeu de données a rencontré une erreur",
    "dataset.finalized": "Un jeu de données a été finalisé et mis en ligne",
    "dataset.published": "Un jeu de données a été publié sur un catalogue",
    "dataset.downloaded": "Un jeu de données a été téléchargé dans un format fichier",
    "dataset.downloaded_filter": "Un extrait filtré d'un jeu de données a été téléchargé dans un format fichier",
    "visualisation.created": "Une nouvelle visualisation a été créée",
    "visualisation.error": "Une visualisation a rencontré une erreur",
    "visualisation.published": "Une visualisation a été publiée sur un catalogue",
}
"""What receivers already read in the messages of Data Fair: to the character."""

SIMPLE_CALL = "Simple HTTP call (compatible with Slack and Mattermost)"
SETTINGS = {
    "External calls (Webhooks)": "Appels extérieurs (Webhooks)",
    "List of external calls": "Liste d'appels extérieurs",
    "Title": "Titre",
    "Triggering events": "Événements déclencheurs",
    "Target type": "Type de cible",
    SIMPLE_CALL: "Appel HTTP simple (compatible avec Slack et Mattermost)",
    "URL of the target HTTP server": "URL du serveur HTTP cible",
    "Tracker identifier": "Identifiant du traqueur",
    "Application name": "Nom de l'application",
    "Application version": "Version de l'application",
    "Webhooks": "Webhooks",
    "API keys": "Clés d'API",
    "Members": "Membres",
    "Catalogs": "Catalogues",
    "General": "Général",
}
"""The words of the guide and of the page that it describes."""

INTRODUCTION = "<em>Webhooks</em> are a way"
PLAIN_APOSTROPHES = {*EVENT_LABELS.values(), *SETTINGS.values()}
"""What keeps the apostrophe of Data Fair; the introduction of its page does too."""

NBSP = "\N{NO-BREAK SPACE}"
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|%%|\{\w+\}")
TAG = re.compile(r"</?\w+[^>]*>")
UNBOUND = re.compile(rf"(?<![{NBSP}\w:/!?])[;?!»](?=\s|$|[.,)])|[^{NBSP}]:(?=\s|$)|«[^{NBSP}]|\w[;?!»](?=\s|$)")
"""Double punctuation that could be torn from its word at the end of a line, or that stands too close to it."""

NOT_FRENCH = re.compile(r"Authorization: Bearer( abc)?")


@pytest.fixture(scope="module")
def written() -> polib.POFile:
    """The catalogue as people edit it."""
    return polib.pofile(str(FOLDER / "django.po"))


def translations(entry: polib.POEntry) -> list[str]:
    """Return the French of a message: one, or one for each plural form."""
    return [entry.msgstr_plural[n] for n in sorted(entry.msgstr_plural)] or [entry.msgstr]


def names(text: str) -> Counter[str]:
    """Return the placeholders, counted."""
    return Counter(PLACEHOLDER.findall(text))


def tags(text: str) -> Counter[str]:
    """Return the HTML tags, counted."""
    return Counter(TAG.findall(text))


def test_every_message_has_its_french(written):
    assert len(written) > 500
    assert [e.msgid for e in written if not all(translations(e))] == []
    assert [e.msgid for e in written if e.fuzzy or e.obsolete] == []
    assert [e.msgid for e in written if e.msgid_plural and len(translations(e)) != 2] == []


def test_what_is_compiled_is_what_is_written(written):
    compiled = polib.mofile(str(FOLDER / "django.mo"))

    def held(catalogue):
        return {(e.msgctxt, e.msgid, e.msgid_plural or ""): translations(e) for e in catalogue}

    assert held(compiled) == held(written)


def test_french_fills_in_the_same_names_and_keeps_the_same_tags(written):
    """The French of “One event” may give the number that the English of several gives: 0 is a singular too."""
    wrong = []
    for entry in written:
        most = names(entry.msgid_plural or entry.msgid)
        for least, text in zip((names(entry.msgid), most), translations(entry), strict=False):
            if not least <= names(text) <= most or tags(text) != tags(entry.msgid_plural or entry.msgid):
                wrong.append((entry.msgid, text))
    assert wrong == []


def test_lines_begin_and_end_alike(written):
    def edges(text):
        return (text[:1] == "\n", text[-1:] == "\n", text.count("\n"))

    assert [e.msgid for e in written if any(edges(e.msgid) != edges(text) for text in translations(e))] == []


def test_apostrophes_and_spaces_are_french(written):
    texts = [(e.msgid, text) for e in written for text in translations(e)]

    straight = [text for msgid, text in texts if "'" in text and not msgid.startswith(INTRODUCTION)]
    assert sorted(set(straight) - PLAIN_APOSTROPHES) == []
    assert [text for _, text in texts if UNBOUND.search(NOT_FRENCH.sub("", text))] == []
    assert [text for _, text in texts if re.search(r"[“”\"]|\.\.\.", TAG.sub("", text))] == []


def test_each_event_is_called_as_data_fair_calls_it():
    with override("fr"):
        assert {kind.key: str(kind.label) for kind in registry.all_types()} == EVENT_LABELS


def test_the_settings_speak_the_words_of_the_guide(written):
    french = {e.msgid: e.msgstr for e in written if not e.msgctxt}
    assert {msgid: french.get(msgid) for msgid in SETTINGS} == SETTINGS
