"""Downloads: who gets them, what they hold, and that each is told once."""

import csv
import io

import pytest

from tests.datasets.api.conftest import API, TREES, body, events
from webhooks.models.event import Event

FULL = [
    "Essence,Hauteur (m),Planté le,Remarquable,Code postal",
    "Tilleul,12.5,2001-03-04,true,01000",
    "Érable,8,1999-11-30,false,38130",
    "Chêne,,1850-01-01,true,38130",
    '"Orme ""champêtre""",21.25,,false,02000',
]


def test_a_visitor_downloads_the_original_file_of_a_public_dataset(visitor, trees):
    answer = visitor.get(f"{API}/arbres/raw")

    assert (answer.status_code, body(answer)) == (200, TREES.encode("latin-1"))
    assert answer["Content-Type"] == "text/csv; charset=iso-8859-1"
    assert answer["Content-Disposition"] == 'attachment; filename="arbres.csv"'
    assert (answer["Content-Length"], answer["X-Content-Type-Options"]) == (str(len(TREES)), "nosniff")
    event = Event.objects.get(type="dataset.downloaded")
    assert event.data["download"] == {"file": "original", "format": "csv"}
    assert event.origin_kind == "visitor"


def test_a_visitor_downloads_the_whole_table_as_csv(visitor, trees):
    answer = visitor.get(f"{API}/arbres/full")

    assert body(answer).decode().split("\r\n") == ["\ufeff" + FULL[0], *FULL[1:], ""]
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="arbres.csv"'
    event = Event.objects.filter(type="dataset.downloaded").first()
    assert event is not None
    assert event.data["download"]["file"] == "full"


def test_an_extract_is_an_event_of_its_own_that_names_the_filters(members, trees):
    answer = members["ursula"].get(f"{API}/arbres/lines?format=csv&code_postal_eq=38130&select=essence&sort=essence:-1")

    assert body(answer).decode("utf-8-sig").splitlines() == ["Essence", "Érable", "Chêne"]
    event = Event.objects.get(type="dataset.downloaded_filter")
    assert event.data["download"] == {"file": "lines", "format": "csv", "filters": {"code_postal_eq": "38130"}}
    assert event.origin_name == "Ursula"


@pytest.mark.parametrize("path", ["raw", "full", "lines?format=csv"])
def test_a_head_request_is_no_download(visitor, trees, path):
    answer = visitor.head(f"{API}/arbres/{path}")

    assert (answer.status_code, answer["Content-Disposition"]) == (200, 'attachment; filename="arbres.csv"')
    assert events("dataset.downloaded") == []


@pytest.mark.parametrize(
    ("asked", "status", "content", "content_range", "downloads"),
    [
        ("bytes=0-6", 206, b"Essence", "bytes 0-6/*", 1),
        ("bytes=8-14", 206, b"Hauteur", "bytes 8-14/*", 0),
        ("bytes=-6", 206, b"02000\n", "bytes -6", 0),
        ("bytes=900-", 416, b"", "bytes */*", 0),
        ("bytes=5-2", 200, None, None, 1),
        ("bytes=0-1,3-4", 200, None, None, 1),
        ("lines=1-2", 200, None, None, 1),
        ("bytes=-", 200, None, None, 1),
    ],
)
def test_a_download_can_be_resumed_and_counts_once(visitor, trees, asked, status, content, content_range, downloads):
    size = len(TREES)
    answer = visitor.get(f"{API}/arbres/raw", headers={"Range": asked})

    assert answer.status_code == status
    assert body(answer) == (TREES.encode("latin-1") if content is None else content)
    if content_range is not None:
        expected = content_range.replace("/*", f"/{size}").replace("bytes -6", f"bytes {size - 6}-{size - 1}/{size}")
        assert answer["Content-Range"] == expected
    assert len(events("dataset.downloaded")) == downloads


def test_a_part_of_an_older_file_is_not_resumed_but_begun_anew(visitor, trees):
    answer = visitor.get(f"{API}/arbres/raw", headers={"Range": "bytes=5-", "If-Range": '"old"'})

    assert (answer.status_code, body(answer)) == (200, TREES.encode("latin-1"))
    assert len(events("dataset.downloaded")) == 1


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ('a"b.csv', 'attachment; filename="a\\"b.csv"'),
        ("données.csv", "attachment; filename*=utf-8''donn%C3%A9es.csv"),
        ("a\r\nSet-Cookie: x.csv", 'attachment; filename="aSet-Cookie: x.csv"'),
        ("../../etc/a.csv", 'attachment; filename="a.csv"'),
    ],
)
def test_a_file_name_cannot_write_headers(visitor, ingested, name, header):
    ingested(TREES.encode(), name=name, title="Arbres", is_public=True)

    answer = visitor.get(f"{API}/arbres/raw")

    assert (answer["Content-Disposition"], body(answer)) == (header, TREES.encode())


@pytest.mark.parametrize("path", ["raw", "full", "lines", "lines?format=csv"])
def test_nothing_of_a_private_dataset_is_given_to_strangers(members, ingested, path):
    ingested(TREES.encode(), title="Arbres")

    answers = [members[who].get(f"{API}/arbres/{path}") for who in ("bob", "visitor", "ursula")]

    assert [answer.status_code for answer in answers] == [404, 404, 200]
    assert b"Tilleul" in body(answers[2])
    assert len(events("dataset.downloaded")) == (path != "lines")


@pytest.mark.parametrize("path", ["raw", "full", "lines"])
def test_a_dataset_that_was_not_read_yet_has_no_data_to_give(visitor, upload, path):
    upload(TREES.encode(), title="Arbres", is_public=True)

    answer = visitor.get(f"{API}/arbres/{path}", headers={"Accept-Language": "en"})

    assert (answer.status_code, answer.json()["detail"]) == (409, "This dataset has no data to show yet.")


@pytest.mark.parametrize("accept", ["text/csv", "text/html", "application/xml", "*/*"])
def test_a_download_does_not_depend_on_what_is_preferred(visitor, trees, accept):
    answer = visitor.get(f"{API}/arbres/lines?format=csv", headers={"Accept": accept})

    assert (answer.status_code, body(answer)[:10]) == (200, b"\xef\xbb\xbfEssence")


def test_a_large_table_is_sent_in_pieces(visitor, ingested):
    lines = ["n,square", *(f"{n},{n * n}" for n in range(10_000))]
    ingested("\n".join(lines).encode(), title="Numbers", is_public=True)

    answer = visitor.get(f"{API}/numbers/full")
    pieces = list(answer.streaming_content)

    assert len(pieces) > 3
    rows = list(csv.reader(io.StringIO(b"".join(pieces).decode("utf-8-sig"))))
    assert rows == [line.split(",") for line in lines]


HOSTILE = (
    "=cmd|' /C calc'!A0;-nom;nombre;jour\r\n"
    '"=HYPERLINK(""http://evil.example"")";+33 4 00;-1,5;-0044-03-15\r\n'
    '"\t@SUM(A1)";"a;=1+1;b";-2;2020-01-01\r\n'
)


@pytest.mark.parametrize("path", ["full", "lines?format=csv"])
def test_a_spreadsheet_finds_no_formula_in_a_download(visitor, ingested, path):
    ingested(HOSTILE.encode(), title="Hostile", is_public=True)

    rows = list(csv.reader(io.StringIO(body(visitor.get(f"{API}/hostile/{path}")).decode("utf-8-sig"), newline="")))

    assert [row[:3] for row in rows] == [
        ["'=cmd|' /C calc'!A0", "'-nom", "nombre"],
        ['\'=HYPERLINK("http://evil.example")', "'+33 4 00", "-1.5"],
        ["'\t'@SUM(A1)", "a;'=1+1;b", "-2"],
    ]


@pytest.mark.parametrize("path", ["full?exact=1", "lines?format=csv&exact=1"])
def test_a_download_is_exact_on_request(visitor, ingested, path):
    ingested(HOSTILE.encode(), title="Hostile", is_public=True)

    rows = list(csv.reader(io.StringIO(body(visitor.get(f"{API}/hostile/{path}")).decode("utf-8-sig"), newline="")))

    assert [row[:3] for row in rows] == [
        ["=cmd|' /C calc'!A0", "-nom", "nombre"],
        ['=HYPERLINK("http://evil.example")', "+33 4 00", "-1.5"],
        ["\t@SUM(A1)", "a;=1+1;b", "-2"],
    ]
    assert body(visitor.get(f"{API}/hostile/raw")) == HOSTILE.encode()
