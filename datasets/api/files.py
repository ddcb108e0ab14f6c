"""Take the data away: the original file, the whole table, and pages or extracts of its rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
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
from datasets.api.pagination import MAX_WINDOW, window
from datasets.files import downloads
from datasets.models import Dataset
from datasets.rows import reader
from datasets.rows.filters import Question, WrongQuestion, ask

LINES_DEFAULT_SIZE = 20
BYTES = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
CHUNK_BYTES = 1 << 16
FILE = {(200, "text/csv"): OpenApiTypes.BINARY}


class RawView(DatasetView):
    """The file as it was uploaded."""

    @extend_schema(operation_id="datasets_raw", responses=FILE, tags=["datasets"])
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """Send it, or the part asked for by Range; a download that is resumed is not counted again."""
        dataset = self.readable(slug)
        response, starts = _file_response(request, dataset)
        if starts:
            downloads.record_download(dataset, file="original", by=self.principal)
        return response


class FullView(DatasetView):
    """The whole table as CSV."""

    @extend_schema(operation_id="datasets_full", responses=FILE, tags=["datasets"])
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """Send it as UTF-8 with commas, whatever the file was."""
        dataset = self.readable(slug)
        response = _csv_response(request, dataset, ask(dataset.columns, {}))
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
        ],
        responses={200: serializers.LinesSerializer, (200, "text/csv"): OpenApiTypes.BINARY},
        tags=["datasets"],
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """Give a page of them, or all that answer as CSV; filter by `<column>_eq`, `_gte`, `_contains`…"""
        dataset = self.readable(slug)
        query = request.query_params.dict()
        question = ask(dataset.columns, query)
        wanted = query.get("format", "json")
        if wanted == "csv":
            return self._extract(dataset, question, query)
        if wanted != "json":
            raise WrongQuestion("format", _("Rows are sent as json or csv."))
        size, skip = window(query, default=LINES_DEFAULT_SIZE, maximum=MAX_WINDOW)
        if size + skip > MAX_WINDOW:
            raise Http404(_("You can only access the first 10 000 elements."))
        total = reader.count(dataset, question)
        body: dict[str, Any] = {"total": total}  # Any: JSON
        if size and skip + size < min(total, MAX_WINDOW):
            following = query | {"size": str(size), "page": str(skip // size + 2)}
            following.pop("skip", None)
            body["next"] = f"{settings.PUBLIC_URL}{dataset.api_path}/lines?{urlencode(following)}"
        return Response(body | {"results": reader.lines(dataset, question, size=size, skip=skip)})

    def _extract(self, dataset: Dataset, question: Question, query: dict[str, str]) -> HttpResponseBase:
        size: int | None = None
        skip = 0
        if query.keys() & {"size", "page", "skip"}:
            size, skip = window(query, default=LINES_DEFAULT_SIZE, maximum=MAX_WINDOW)
        response = _csv_response(self.request, dataset, question, size=size, skip=skip)
        if self.request.method == "GET":
            downloads.record_extract(dataset, filters=question.filters, by=self.principal)
        return response


def _csv_response(
    request: Request, dataset: Dataset, question: Question, *, size: int | None = None, skip: int = 0
) -> HttpResponseBase:
    headers = {"Content-Disposition": content_disposition_header(True, f"{dataset.slug}.csv") or ""}
    if request.method == "HEAD":
        return HttpResponse(headers=headers, content_type="text/csv; charset=utf-8")
    pieces = _started(reader.as_csv(dataset, question, size=size, skip=skip))
    return StreamingHttpResponse(pieces, headers=headers, content_type="text/csv; charset=utf-8")


def _started(pieces: Iterator[str]) -> Iterator[str]:
    """Make the first piece now: what cannot be read is an error then, not a download that breaks off."""
    first = next(pieces)

    def whole() -> Iterator[str]:
        yield first
        yield from pieces

    return whole()


def _file_response(request: Request, dataset: Dataset) -> tuple[HttpResponseBase, bool]:
    """Give the original file or the part that Range asks for, and whether this is where a download starts."""
    path = dataset.original_path
    size = path.stat().st_size
    charset = f"; charset={dataset.file_encoding.lower()}" if dataset.file_encoding else ""
    headers = {
        "Content-Disposition": content_disposition_header(True, dataset.file_name) or "attachment",
        "Accept-Ranges": "bytes",
        "ETag": f'"{dataset.pk}-{dataset.version}"',
    }
    kind = dataset.file_mimetype + charset
    part = _range(request, size) if request.headers.get("If-Range", headers["ETag"]) == headers["ETag"] else None
    if request.method == "HEAD":
        return HttpResponse(headers=headers | {"Content-Length": str(size)}, content_type=kind), False
    if part is None:
        file = path.open("rb")
        name = dataset.file_name
        return FileResponse(file, as_attachment=True, filename=name, headers=headers, content_type=kind), True
    start, end = part
    if start >= size:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"}), False
    headers |= {"Content-Range": f"bytes {start}-{end}/{size}", "Content-Length": str(end - start + 1)}
    pieces = _piece(path, start=start, length=end - start + 1)
    return StreamingHttpResponse(pieces, status=206, headers=headers, content_type=kind), start == 0


def _range(request: Request, size: int) -> tuple[int, int] | None:
    """Read a header of one range (RFC 9110 §14): first and last byte; None when it asks for the whole, or oddly."""
    found = BYTES.fullmatch(request.headers.get("Range", ""))
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        return (max(0, size - int(last)), size - 1) if int(last) else (size, size)
    start, end = int(first), min(int(last or size), size - 1)
    return None if last and int(last) < start else (start, end)


def _piece(path: Path, *, start: int, length: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while length > 0 and (chunk := file.read(min(CHUNK_BYTES, length))):
            length -= len(chunk)
            yield chunk
