"""Templates compile, and hold nothing that a strict content security policy refuses."""

import re

import pytest
from django.template import engines
from django.utils.translation import override

from tests.quality.files import files, name

TEMPLATES = files("*/templates/*", "templates/*")

INLINE = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "an inline script": re.compile(r"<script\b(?![^>]*\ssrc\s*=)(?![^>]*type=\"application/json\")", re.IGNORECASE),
    "an event handler attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "hx-on": re.compile(r"\bhx-on\b", re.IGNORECASE),
    "a javascript: address": re.compile(r"[\"']\s*javascript:", re.IGNORECASE),
}


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_compiles(path):
    with override("fr"):
        engines["django"].from_string(path.read_text())


@pytest.mark.parametrize("path", [path for path in TEMPLATES if path.suffix == ".html"], ids=name)
def test_a_page_holds_no_inline_style_or_script(path):
    text = path.read_text()
    assert [what for what, pattern in INLINE.items() if pattern.search(text)] == []


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<p style="color:red">', "a style attribute"),
        ("<style>p{}</style>", "a style element"),
        ("<script>go()</script>", "an inline script"),
        ('<a onclick="go()">', "an event handler attribute"),
        ('<a hx-on:click="go()">', "hx-on"),
        ('<a href="javascript:go()">', "a javascript: address"),
    ],
)
def test_the_check_sees_what_it_looks_for(html, found):
    assert INLINE[found].search(html)


def test_the_check_lets_a_script_of_ours_and_data_pass():
    html = '<script type="module" src="/static/x.js"></script><script id="d" type="application/json">{}</script>'
    assert not INLINE["an inline script"].search(html)
