"""What a spreadsheet would run as a formula becomes text."""

import re

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.spreadsheets import APOSTROPHES, as_text

SIGNS = "=+-@＝＋－＠"
PIECES = st.sampled_from(
    [*SIGNS, *";,\t\r\n \"'", "\xa0", "\u3000", "\ufeff", "“", "«", "a", "1", "é", "\\1", "\x01", "\x00"]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=20)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("=1+1", "'=1+1"),
        ("+33 1", "'+33 1"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1", "'＝1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠a", "'＠a"),
        ("\t=1", "'\t'=1"),
        ("\ta", "'\ta"),
        ("\ra", "'\ra"),
        ("\na", "'\na"),
        ("  =1", "'  =1"),
        ('"=1', "'\"=1"),
        ("'=1", "''=1"),
        ("\xa0«\u3000=1", "'\xa0«\u3000=1"),
        ("a;=1;b", "a;'=1;b"),
        ('a; "=1', "a;' \"=1"),
        ("a\r\n=1", "a\r\n'=1"),
        ("a\t@b", "a\t'@b"),
    ],
)
def test_a_formula_becomes_text(cell, text):
    assert as_text(cell) == text


@pytest.mark.parametrize(
    "cell", ["", "a", "a=b", "1 - 2", "a@b.example", "a; b", "a\nb", " a", "l’été", "'a'", '"a"', "1,-2"]
)
def test_the_rest_stays_as_it_is(cell):
    assert as_text(cell) == cell


@given(TEXTS)
def test_no_part_that_may_become_a_cell_begins_a_formula(cell):
    text = as_text(cell)

    assert not text.startswith(("\t", "\r", "\n"))
    parts = re.split(r"[;\t\r\n]", text)
    assert [part for part in parts if part.strip(' \xa0\u3000\ufeff"“«').startswith(tuple(SIGNS))] == []


@given(TEXTS)
def test_duckdb_reads_the_expressions_as_python_does(cell):
    sql = "?::VARCHAR"
    values: list[str] = [cell]
    for pattern, replacement in APOSTROPHES:
        sql = f"regexp_replace({sql}, ?, ?, 'g')"
        values += [pattern, replacement]

    found = duckdb.sql(f"SELECT {sql}", params=values)
    assert found is not None
    assert found.fetchall() == [(as_text(cell),)]
