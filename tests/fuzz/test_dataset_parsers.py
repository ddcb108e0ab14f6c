"""What must hold of each parser of the files and of the questions about datasets, whatever is sent."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.http import HttpRequest
from django.test import RequestFactory
from hypothesis import example, given
from hypothesis import strategies as st
from rest_framework.request import Request

from datasets.api.files import _parse_range
from datasets.api.filters import filter_resources, select_fields
from datasets.api.pagination import MAX_SIZE, page_bounds
from datasets.errors import UnreadableFile
from datasets.files.ingest import ingest
from datasets.files.uploads import UploadRefused, _declared_bytes, check_upload
from datasets.models import Catalog, Dataset, Visualisation
from datasets.reading import dialect, encoding, inference
from datasets.reading.conversion import convert
from datasets.reading.names import MAX_KEY_CHARS, column_keys
from datasets.rows import reader
from datasets.rows.filters import InvalidQuery, build_query
from datasets.services.datasets import create_dataset
from datasets.slugs import MAX_BASE_CHARS, insert_with_slug
from tests.fuzz.hostile import HEADERS, TEXTS, parsed
from tests.fuzz.portal import BY

CSV = b'area,height,day,open\nNord,10.5,2026-03-01,true\n"a \xc3\xa9",5,2026-03-02,false\n'

FILES = (
    st.binary(max_size=300)
    | st.text("ab1,;|\t\"'\\\r\n\u00e9.-/", max_size=120).map(str.encode)
    | st.lists(st.lists(TEXTS, min_size=1, max_size=4), min_size=1, max_size=5).map(
        lambda rows: "\n".join(";".join(row) for row in rows).encode("utf-8", "replace")
    )
    | st.text(max_size=60).map(lambda text: text.encode("utf-16"))
)


@parsed
@given(data=FILES)
def test_a_file_becomes_rows_or_is_refused_in_words(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("file")
    original, target = folder / "original.csv", folder / "data.parquet"
    original.write_bytes(data)
    try:
        table = convert(original, target)
    except UnreadableFile:
        assert not target.exists()
    else:
        keys = [column["key"] for column in table.schema]
        assert (target.exists(), len(set(keys)), table.row_count >= 0) == (True, len(keys), True)
    assert sorted(path.name for path in folder.iterdir()) in (["data.parquet", "original.csv"], ["original.csv"])


@parsed
@given(data=FILES)
def test_an_encoding_is_found_or_the_file_is_no_text(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("file") / "original.csv"
    path.write_bytes(data)
    try:
        found = encoding.detect(path)
    except UnreadableFile:
        return
    assert found.codec in {"utf-8-sig", "utf-16", "cp1252"}


@parsed
@given(sample=st.text("ab1,;|\t\"'\\\r\n\u00e9", max_size=120) | TEXTS, whole=st.booleans())
def test_a_dialect_reads_the_first_line_of_its_sample(sample, whole):
    found = dialect.detect(sample, whole=whole)
    if found is not None:
        assert len(found.names) == len(found.first) >= 1
        assert found.delimiter in {*dialect.DELIMITERS, dialect.NO_DELIMITER}
        assert all(found.names)


@parsed
@given(names=st.lists(TEXTS, max_size=30))
def test_the_keys_of_columns_are_plain_and_differ(names):
    keys = column_keys(names)
    assert len(set(keys)) == len(keys) == len(names)
    assert all(key.isascii() and len(key) <= MAX_KEY_CHARS + 3 and not key.startswith("_") for key in keys)


@parsed
@given(values=st.lists(TEXTS, max_size=5))
def test_any_values_are_of_some_type(values):
    kinds = inference.candidates(values, delimiter=",")
    assert inference.first_match(kinds, [None] * len(kinds)) is inference.STRING


@pytest.fixture
def cities(account) -> Dataset:
    dataset = create_dataset(account=account, by=BY, upload=ContentFile(CSV, name="cities.csv"))
    ingest(dataset.pk)
    dataset.refresh_from_db()
    return dataset


QUESTIONS = st.dictionaries(
    st.sampled_from(["q", "qs", "select", "sort", *(f"{c}_{o}" for c in ("area", "height", "day", "open", "_i", "x'\"")
                     for o in ("eq", "neq", "in", "nin", "gt", "gte", "lt", "lte", "starts", "contains", "exists"))]),
    TEXTS | st.sampled_from(["area", "height:-1", "-day", "day:1,area", "true", "5", "2026-03-01", "Nord", "a é"]),
    max_size=4,
)  # fmt: skip


@parsed
@given(parameters=QUESTIONS)
@example(parameters={"q": "9" * 400, "height_in": "1e308,5"})
@example(parameters={"area_contains": "a\0b", "day_gte": "0001-01-01T00:00:00+14:00"})
def test_a_question_about_rows_is_answered_or_refused(cities, parameters):
    try:
        query = build_query(cities.columns, parameters)
    except InvalidQuery:
        return
    shown = reader.page(cities, query, size=10)
    assert len(shown.rows) == shown.total <= cities.row_count
    assert query.where.count("?") == len(query.values)


LISTED = st.dictionaries(
    st.sampled_from(["q", "owner", "visibility", "status", "id", "ids", "sort", "size", "page", "skip", "select"]),
    TEXTS | st.sampled_from(["-title", "createdAt:-1", "organization:ville", "public,private", "finalized"]),
    max_size=4,
)


@parsed
@given(parameters=LISTED)
@example(parameters={"q": "a " * 1200})
@example(parameters={"owner": "a:b," * 1200})
@example(parameters={"ids": "a," * 4_000})
def test_a_question_about_resources_is_answered_or_refused(account, parameters):
    rows: Any  # of either
    for rows in (Dataset.objects.of(account), Visualisation.objects.of(account)):
        try:
            size, skip = page_bounds(parameters)
            found = filter_resources(rows, parameters)[skip : skip + size]
        except InvalidQuery:
            continue
        assert size in range(MAX_SIZE + 1)
        assert list(found) == []
    assert select_fields([{"id": "x", "a": 1}], parameters.get("select", "")) != []


@parsed
@given(value=HEADERS | st.tuples(st.integers(0), st.integers(0)).map(lambda pair: "bytes={}-{}".format(*pair)))
def test_a_range_lies_within_the_file_or_after_it(value):
    found = _parse_range(Request(RequestFactory().get("/", HTTP_RANGE=value)), 100)
    if found is not None:
        start, end = found
        assert start >= 0
        assert start >= 100 or start <= end <= 99


@parsed
@given(declared=HEADERS)
@example(declared="9" * 5000)
def test_a_declared_length_is_a_number(declared):
    request = HttpRequest()
    request.META["CONTENT_LENGTH"] = declared
    assert _declared_bytes(request) >= 0


@parsed
@given(name=TEXTS, extension=st.sampled_from([".csv", ".TSV", ".txt", ".exe", "", "/.csv"]))
def test_the_name_of_a_file_is_one_line_without_folders(name, extension):
    upload = ContentFile(b"a,b\n", name="x.csv")
    upload.name = name + extension
    try:
        accepted = check_upload(upload)
    except UploadRefused:
        return
    assert len(accepted.name) <= 255
    assert not set(accepted.name) & set("/\0\r\n\u202e")
    assert accepted.stem


@parsed
@given(wanted=TEXTS)
def test_every_title_gets_a_slug_of_its_own(account, wanted):
    with transaction.atomic():
        slugs = []
        for _number in range(3):
            catalog = Catalog(account=account, title="x")
            insert_with_slug(catalog, wanted=wanted, fallback="catalog")
            slugs.append(catalog.slug)
        transaction.set_rollback(True)
    assert len(set(slugs)) == 3
    assert all(slug.isascii() and slug == slug.lower() and len(slug) <= MAX_BASE_CHARS + 2 for slug in slugs)
