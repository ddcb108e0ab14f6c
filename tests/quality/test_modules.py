"""Every module says in a sentence what it is, and no file names the machine that it was written on."""

import ast
import re

from tests.quality.files import files, modules, name

MACHINE = re.compile(rb"(?<![\w.:/-])/(?:work|root|home/\w+|Users/\w+)/[\w.-]")
PICTURES = ("*.png", "*.jpg", "*.ico", "*.woff2", "*.parquet", "*.xlsx", "*.zip", "*.mo")


def _sentence(path):
    docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
    return docstring.split("\n\n", maxsplit=1)[0]


def test_every_module_says_in_a_sentence_what_it_is():
    silent = [
        name(path)
        for path in modules()
        if path.read_text().strip() and not _sentence(path).rstrip().endswith((".", "?", "!", "…", ".)"))
    ]
    assert silent == []


def test_no_file_names_a_path_of_the_machine():
    binary = set(files(*PICTURES))
    assert [name(path) for path in files("*") if path not in binary and MACHINE.search(path.read_bytes())] == []
