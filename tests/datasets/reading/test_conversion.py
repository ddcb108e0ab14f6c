"""Real and hostile files: the tables they become, and the errors of those that cannot be read."""

import codecs
import random

import duckdb
import pytest

from datasets.errors import MESSAGES, UnreadableFile, error_message
from datasets.reading import convert
from datasets.reading.conversion import MAX_COLUMNS
from tests.datasets import open_data


@pytest.fixture
def read(tmp_path):
    """Convert these bytes; give the schema as `key: type` and the rows."""

    def read(data: bytes):
        original, target = tmp_path / "original", tmp_path / "data.parquet"
        original.write_bytes(data)
        try:
            table = convert(original, target)
        finally:
            left = sorted(path.name for path in tmp_path.iterdir())
            assert set(left) <= {"original", "data.parquet"}
        with duckdb.connect() as db:
            rows = db.execute("SELECT * FROM read_parquet(?)", [str(target)]).fetchall()
        assert len(rows) == table.row_count
        types = {column["key"]: column.get("format", column["type"]) for column in table.schema}
        return types, rows, table.encoding

    return read


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("latin-1", "ISO-8859-1"),
        ("cp1252", "ISO-8859-1"),
        ("utf-16", "UTF-16"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_an_inventory_of_trees_is_read_in_any_encoding_and_with_any_delimiter(
    read, tmp_path, encoding, delimiter, shown
):
    rows = list(open_data.trees(300, decimal="." if delimiter == "," else ","))
    open_data.write(tmp_path / "original", iter(rows), encoding=encoding, delimiter=delimiter)

    types, found, detected = read((tmp_path / "original").read_bytes())

    assert detected == shown
    assert list(types) == open_data.KEYS
    assert list(types.values()) == [
        "integer", "string", "string", "string", "date", "number", "boolean", "number", "number", "date-time", "string",
    ]  # fmt: skip
    assert [row[1:4] for row in found] == [tuple(row[1:4]) for row in rows]
    assert [row[5] for row in found] == [float(row[5].replace(",", ".")) for row in rows]
    assert [row[10] for row in found] == [row[10].replace("\r\n", "\n") or None for row in rows]


def test_the_euro_of_windows_is_read_as_such(read):
    _types, rows, encoding = read("ville;prix\nNîmes;12 €\nœuvre;’\n".encode("cp1252"))

    assert (rows, encoding) == ([("Nîmes", "12 €"), ("œuvre", "’")], "windows-1252")


FAULTS = {
    b"": ("empty", "The file is empty."),
    b"  \r\n\r\n \n": ("empty", "The file is empty."),
    codecs.BOM_UTF8: ("empty", "The file is empty."),
    b"a,b\n": ("no_rows", "The file has column names but no rows."),
    b"a,b": ("no_rows", "The file has column names but no rows."),
    b"a,b,a\n1,2,3\n": ("duplicate_column", "The file contains the column “a” several times."),
    b"a; A ; A\n1;2;3\n": ("duplicate_column", "The file contains the column “A” several times."),
    b"a;b\n1;2\n3\n4;5\n": ("ragged", "Line 3 has 1 values, but the file has 2 columns."),
    b"a,b\n1,2\n3,4,5\n": ("ragged", "Line 3 has 3 values, but the file has 2 columns."),
    b'a,b\n1,"2\n3,4\n': ("quotes", "Line 2: a quotation mark is missing or is one too many."),
    b'a,b\n1,2\n1,"2"x\n': ("quotes", "Line 3: a quotation mark is missing or is one too many."),
    b"a,b\n1," + b"x" * 2_500_000 + b"\n": ("long_line", "Line 2 is longer than 2 megabytes."),
    b"a,b\n1,\x00\n": ("binary", "The file is not a text: upload a CSV file."),
    b"\x89PNG\r\n\x1a\n" + bytes(range(1, 256)) * 9: ("binary", "The file is not a text: upload a CSV file."),
    b"\xff\xfea\x00;\x00\x00\xd8\n\x00": ("binary", "The file is not a text: upload a CSV file."),
    b"PK\x03\x04xl/workbook": ("workbook", None),
    b"\x1f\x8b\x08\x00abc": ("workbook", None),
    b'{"type": "FeatureCollection"}': ("other_format", "The file is JSON, XML or HTML, not CSV."),
    codecs.BOM_UTF8 + b"<!doctype html>": ("other_format", "The file is JSON, XML or HTML, not CSV."),
    b";".join(b"c%d" % n for n in range(MAX_COLUMNS + 1)) + b"\n": (
        "too_wide",
        "The file has 1001 columns; at most 1000 are accepted.",
    ),
}


@pytest.mark.usefixtures("in_english")
@pytest.mark.parametrize("data", FAULTS, ids=[f"{code}-{n}" for n, (code, _text) in enumerate(FAULTS.values())])
def test_an_unreadable_file_has_a_message(read, data):
    with pytest.raises(UnreadableFile) as fault:
        read(data)

    code, said = FAULTS[data]
    assert fault.value.code == code
    assert error_message(code, fault.value.params) == (said or error_message(code, {}))


def test_a_fault_far_down_a_large_file_is_found_and_its_line_named(read):
    with pytest.raises(UnreadableFile) as fault:
        read(b"a,b\n" + b"1,2\n" * 500_000 + b"3\n")

    assert (fault.value.code, fault.value.params["line"]) == ("ragged", 500_002)


@pytest.mark.parametrize("seed", range(30))
def test_no_rubbish_is_more_than_unreadable(read, seed):
    dice = random.Random(seed)
    alphabet = dice.choice([b"ab1;,\"'\n\r\t|", bytes(range(256)), 'éœ€"\n;,'.encode(), b'\\";\n'])
    data = bytes(dice.choice(alphabet) for _ in range(dice.choice([3, 50, 5_000])))

    said = "nothing"
    try:
        read(data)
    except UnreadableFile as fault:
        said = error_message(fault.code, fault.params)

    assert said
    assert "%(" not in said


def test_every_sentence_can_be_said():
    params = {"column": "a", "found": 1, "expected": 2, "maximum": 3, "line": 4, "attempts": 3}

    assert all(error_message(code, params) for code in MESSAGES)
    assert error_message("forgotten", {}) == error_message("failed", {})


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (b"a,b\r1,x\r2,y\r", [(1, "x"), (2, "y")]),
        (b"a,b\r\n1,x\n2,y\r\n", [(1, "x"), (2, "y")]),
        (b'a,b\r\n1,"x\ny"\r\n', [(1, "x\ny")]),
        (b'a,b\n1,"x\r\ny"\n', [(1, "x\r\ny")]),
        (b"\n\na,b\n\n1,x\n\n2,y\n\n\n", [(1, "x"), (2, "y")]),
        (b"a\n\n1\n\n2\n\n\n", [(1,), (2,)]),
        (b"a,b\n1,x\n2,y", [(1, "x"), (2, "y")]),
        (b"a,b,\n1,x,\n", [(1, "x", None)]),
        (b'a,b\n1,""\n,y\n', [(1, None), (None, "y")]),
        (b'a,b\n"","0"\n"1","0"\n', [(None, 0), (1, 0)]),
        (b"a,b\nNULL,NA\n", [("NULL", "NA")]),
        (b"'a';'b'\n'x;y';'z'\n", [("x;y", "z")]),
        (b"nom;x\nL'Hay;1\n's Gravenhage;2\n", [("L'Hay", 1), ("'s Gravenhage", 2)]),
        (b'a;b\n"say \\"hi\\"";2\n', [('say "hi"', 2)]),
        (b'a;b\n"C:\\";2\n', [("C:\\", 2)]),
        (b"comment\nbonjour, dit-il\noui; non\n", [("bonjour, dit-il",), ("oui; non",)]),
        (b"nom;prix,TTC\na;1,5\nb;2\n", [("a", 1.5), ("b", 2.0)]),
    ],
)
def test_the_ways_of_writing_csv_are_understood(read, data, rows):
    assert read(data)[1] == rows


@pytest.mark.parametrize(
    ("values", "kind", "read_as"),
    [
        (["1", "-2", "0"], "integer", [1, -2, 0]),
        (["01000", "38130"], "string", ["01000", "38130"]),
        (["1", "999999999999999"], "integer", [1, 999999999999999]),
        (["1", "9999999999999999"], "string", ["1", "9999999999999999"]),
        (["1.5", "2", "-.5", "1e3"], "number", [1.5, 2.0, -0.5, 1000.0]),
        (["1,5", "2"], "number", [1.5, 2.0]),
        (["1.5", "1,5"], "string", ["1.5", "1,5"]),
        (["nan", "1"], "string", ["nan", "1"]),
        (["1 234", "5"], "string", ["1 234", "5"]),
        (["true", "FALSE"], "boolean", [True, False]),
        (["oui", "non"], "string", ["oui", "non"]),
        (["2024-02-29", "1850-01-01"], "date", ["2024-02-29", "1850-01-01"]),
        (["2023-02-29", "2024-01-01"], "string", ["2023-02-29", "2024-01-01"]),
        (["31/12/2024", "01/02/2024"], "date", ["2024-12-31", "2024-02-01"]),
        (["01/02/2024", "03/04/2024"], "string", ["01/02/2024", "03/04/2024"]),
        (["12/31/2024", "01/02/2024"], "string", ["12/31/2024", "01/02/2024"]),
        (["2024-01-01 10:00", "2024-01-01T10:00:01"], "date-time", ["2024-01-01 10:00:00", "2024-01-01 10:00:01"]),
        (["2024-07-01T10:00:00+02:00", "2024-07-01T08:00:00Z"], "date-time", ["2024-07-01 08:00:00"] * 2),
        (["1", "", "3"], "integer", [1, None, 3]),
        ([" 1", "2"], "string", [" 1", "2"]),
    ],
)
def test_a_type_is_what_all_values_of_a_column_obey(read, values, kind, read_as):
    types, rows, _encoding = read("\n".join(["x;y", *(f"{value};z" for value in values)]).encode())

    found = [row[0] if isinstance(row[0], str | int | float | None) else str(row[0]) for row in rows]
    assert (types["x"], found) == (kind, read_as)


def test_a_value_far_down_decides_the_type_of_its_column(read):
    types, rows, _encoding = read(b"a,b\n" + b"1,2\n" * 300_000 + b"2A004,2\n")

    assert (types, rows[-1]) == ({"a": "string", "b": "integer"}, ("2A004", 2))


def test_a_file_without_names_gets_numbers_for_names(read):
    types, rows, _encoding = read(b"1;2024-01-01\n2;2024-01-02\n")

    assert (list(types), len(rows)) == (["column_1", "column_2"], 2)


def test_names_make_keys_that_are_plain_and_unique(read):
    header = 'Nom;nom;Âge (années);"a""; DROP TABLE x";年;_i;'
    types, _rows, _encoding = read(f"{header}\n1;2;3;4;5;6;7\n".encode())

    assert list(types) == ["nom", "nom_2", "age_annees", "a_drop_table_x", "column", "i", "column_7"]


def test_a_thousand_columns_are_read_within_bounded_memory(read):
    line = b";".join(b"valeur %d" % n for n in range(MAX_COLUMNS))
    types, rows, _encoding = read(b"\n".join([line, *[line] * 2_000]))

    assert (len(types), len(rows)) == (MAX_COLUMNS, 2_000)
