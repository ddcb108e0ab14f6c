"""Downloads: the original file, the whole table, and pages or extracts of its rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api import serializers
from datasets.api.base import DatasetView
from datasets.api.pagination import MAX_WINDOW, page_bounds
from datasets.files import downloads
from datasets.models import Dataset
from datasets.rows import reader
from datasets.rows.filters import InvalidQuery, RowQuery, build_query
from datasets.types import Json

LINES_DEFAULT_SIZE = 20
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
CHUNK_BYTES = 1 << 16
FILE_RESPONSE = {(200, "text/csv"): OpenApiTypes.BINARY}
EXACT = OpenApiParameter(
    "exact",
    str,
    enum=["1"],
    description="`1`: texts in the CSV as they are. Otherwise an apostrophe stands before what a spreadsheet would take"
    " for a formula: a text that begins with `=`, `+`, `-`, `@`, a tab or the end of a line",
)


class RawView(DatasetView):
    """The file as it was uploaded."""

    @extend_schema(operation_id="datasets_raw", responses=FILE_RESPONSE, tags=["datasets"])
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """Send it, or the part requested by Range; a download that is resumed is not recorded again."""
        dataset = self.get_with_data(slug)
        response, is_start = _file_response(request, dataset)
        if is_start:
            downloads.record_download(dataset, file="original", by=self.principal)
        return response


class FullView(DatasetView):
    """The whole table as CSV."""

    @extend_schema(operation_id="datasets_full", parameters=[EXACT], responses=FILE_RESPONSE, tags=["datasets"])
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """Send it as UTF-8 with commas, whatever the original file was."""
        dataset = self.get_with_data(slug)
        response = _csv_response(request, dataset, build_query(dataset.columns, {}))
        if request.method == "GET":
            downloads.record_download(dataset, file="full", by=self.principal)
        return response


class LinesView(DatasetView):
    """The rows."""

    @extend_schema(
        operation_id="datasets_lines",
        parameters=[
            OpenApiParameter("q", str, description="Words to look for"),
            OpenApiParameter("sort", str, description="`name:1,age:-1`"),
            OpenApiParameter("select", str, description="The columns wanted, between commas"),
            OpenApiParameter("size", int, description="How many, 20 by default"),
            OpenApiParameter("page", int, description="Which page, from 1"),
            OpenApiParameter("format", str, enum=["json", "csv"]),
            EXACT,
        ],
        responses={200: serializers.LinesSerializer, (200, "text/csv"): OpenApiTypes.BINARY},
        tags=["datasets"],
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """Return a page of them, or all that match as CSV; filter by `<column>_eq`, `_gte`, `_contains`…"""
        dataset = self.get_with_data(slug)
        parameters = request.query_params.dict()
        query = build_query(dataset.columns, parameters)
        format = parameters.get("format", "json")
        if format == "csv":
            return self._extract(dataset, query, parameters)
        if format != "json":
            raise InvalidQuery("format", _("Rows are sent as json or csv."))
        size, skip = page_bounds(parameters, default=LINES_DEFAULT_SIZE, maximum=MAX_WINDOW)
        if size + skip > MAX_WINDOW:
            raise Http404(_("You can only access the first 10 000 elements."))
        page = reader.page(dataset, query, size=size, skip=skip)
        body: Json = {"total": page.total}
        if size and skip + size < min(page.total, MAX_WINDOW):
            next_page = parameters | {"size": str(size), "page": str(skip // size + 2)}
            next_page.pop("skip", None)
            body["next"] = f"{settings.PUBLIC_URL}{dataset.api_path}/lines?{urlencode(next_page)}"
        return Response(body | {"results": page.rows})

    def _extract(self, dataset: Dataset, query: RowQuery, parameters: dict[str, str]) -> HttpResponseBase:
        size: int | None = None
        skip = 0
        if parameters.keys() & {"size", "page", "skip"}:
            size, skip = page_bounds(parameters, default=LINES_DEFAULT_SIZE, maximum=MAX_WINDOW)
        response = _csv_response(self.request, dataset, query, size=size, skip=skip)
        if self.request.method == "GET":
            downloads.record_extract(dataset, filters=query.filters, by=self.principal)
        return response


def _csv_response(
    request: Request, dataset: Dataset, query: RowQuery, *, size: int | None = None, skip: int = 0
) -> HttpResponseBase:
    headers = {"Content-Disposition": content_disposition_header(True, f"{dataset.slug}.csv") or ""}
    if request.method == "HEAD":
        return HttpResponse(headers=headers, content_type="text/csv; charset=utf-8")
    exact = request.query_params.get("exact") == "1"
    chunks = _with_first_chunk(reader.as_csv(dataset, query, exact=exact, size=size, skip=skip))
    return StreamingHttpResponse(chunks, headers=headers, content_type="text/csv; charset=utf-8")


def _with_first_chunk(chunks: Iterator[str]) -> Iterator[str]:
    """Read the first chunk now, so that a query which fails is an error response and not a truncated download."""
    first = next(chunks)

    def whole() -> Iterator[str]:
        yield first
        yield from chunks

    return whole()


def _file_response(request: Request, dataset: Dataset) -> tuple[HttpResponseBase, bool]:
    """Return the original file, or the part requested by Range, and whether a download starts with it."""
    path = dataset.original_path
    size = path.stat().st_size
    charset = f"; charset={dataset.file_encoding.lower()}" if dataset.file_encoding else ""
    headers = {
        "Content-Disposition": content_disposition_header(True, dataset.file_name) or "attachment",
        "Accept-Ranges": "bytes",
        "ETag": f'"{dataset.pk}-{dataset.version}"',
    }
    content_type = dataset.file_mimetype + charset
    part = _parse_range(request, size) if request.headers.get("If-Range", headers["ETag"]) == headers["ETag"] else None
    if request.method == "HEAD":
        return HttpResponse(headers=headers | {"Content-Length": str(size)}, content_type=content_type), False
    if part is None:
        file = path.open("rb")
        name = dataset.file_name
        return FileResponse(file, as_attachment=True, filename=name, headers=headers, content_type=content_type), True
    start, end = part
    if start >= size:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"}), False
    headers |= {"Content-Range": f"bytes {start}-{end}/{size}", "Content-Length": str(end - start + 1)}
    chunks = _read_range(path, start=start, length=end - start + 1)
    return StreamingHttpResponse(chunks, status=206, headers=headers, content_type=content_type), start == 0


def _parse_range(request: Request, size: int) -> tuple[int, int] | None:
    """Return first and last byte of a Range header (RFC 9110 §14); None when it is absent or not one valid range."""
    found = RANGE.fullmatch(request.headers.get("Range", ""))
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        return (max(0, size - int(last)), size - 1) if int(last) else (size, size)
    start, end = int(first), min(int(last or size), size - 1)
    return None if last and int(last) < start else (start, end)


def _read_range(path: Path, *, start: int, length: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while length > 0 and (chunk := file.read(min(CHUNK_BYTES, length))):
            length -= len(chunk)
            yield chunk
