"""Uploads: streamed to the disk on which they stay, measured on the way, refused with a message."""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MIMETYPES = {".csv": "text/csv", ".tsv": "text/tab-separated-values", ".txt": "text/plain"}
MULTIPART_OVERHEAD_BYTES = 1 << 20
"""Allowed in a request beside its file: the other fields and the multipart headers."""


TOO_LARGE = "porte_voix.upload_too_large"
"""Key in `request.META` of a request whose file was too large."""


class UploadRefused(Exception):
    """The file is not accepted: `message` (lazy) says why, `status` is the HTTP status for the API."""

    status = 400

    def __init__(self, message: Promise | str) -> None:
        super().__init__(message)
        self.message = message


class UploadTooLarge(UploadRefused):
    """The file is larger than UPLOAD_MAX_BYTES."""

    status = 413

    def __init__(self) -> None:
        maximum = settings.UPLOAD_MAX_BYTES // 1_000_000 or 1
        super().__init__(_("The file is too large: at most %(maximum)s MB are accepted.") % {"maximum": maximum})


def incoming_folder() -> Path:
    """Return the folder of uploads under way, on the disk where datasets are stored."""
    return Path(settings.MEDIA_ROOT) / "incoming"


class IncomingFile(UploadedFile[bytes]):
    """A file in the folder of uploads, removed when it is closed unless it was moved elsewhere."""

    def __init__(self, *, name: str | None, content_type: str | None, charset: str | None) -> None:
        folder = incoming_folder()
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, path = tempfile.mkstemp(dir=folder, suffix=".upload")
        super().__init__(os.fdopen(descriptor, "w+b"), name or "", content_type, 0, charset)
        self.path = Path(path)

    def temporary_file_path(self) -> str:
        """Return the path, as Django's own temporary files do."""
        return str(self.path)

    def close(self) -> None:
        """Close the file and remove it, unless it was moved."""
        super().close()
        self.path.unlink(missing_ok=True)


class LimitedUploadHandler(FileUploadHandler):
    """Write each uploaded file to disk as it arrives; stop at UPLOAD_MAX_BYTES and mark the request as too large."""

    chunk_size = 1 << 18

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.declared_bytes = _declared_bytes(request) if request is not None else 0
        self.received_bytes = 0
        self.incoming: IncomingFile | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Open a file on disk, unless the declared length is too large already."""
        super().new_file(*args, **kwargs)
        if self.declared_bytes > settings.UPLOAD_MAX_BYTES + MULTIPART_OVERHEAD_BYTES:
            self._stop()
        self.incoming = IncomingFile(name=self.file_name, content_type=self.content_type, charset=self.charset)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write a chunk to disk; return None, so that no other handler gets it."""
        self.received_bytes += len(raw_data)
        if self.received_bytes > settings.UPLOAD_MAX_BYTES:
            self._stop()
        cast("IncomingFile", self.incoming).write(raw_data)

    def file_complete(self, file_size: int) -> IncomingFile | None:
        """Return the file, ready to be read."""
        if self.incoming is None:
            return None
        self.incoming.seek(0)
        self.incoming.size = file_size
        return self.incoming

    def upload_interrupted(self) -> None:
        """Remove what was received of a request that broke off."""
        if self.incoming is not None:
            self.incoming.close()

    def _stop(self) -> None:
        """Stop; a request that is only a little too large is still read, for its client to get the answer."""
        self.upload_interrupted()
        if self.request is not None:
            self.request.META[TOO_LARGE] = "1"
        raise StopUpload(
            connection_reset=self.declared_bytes > 2 * settings.UPLOAD_MAX_BYTES + MULTIPART_OVERHEAD_BYTES
        )


def refuse_too_large(request: HttpRequest) -> None:
    """Raise `UploadTooLarge` for what the request declares, without reading it, or for what was found on reading it."""
    too_large = _declared_bytes(request) > settings.UPLOAD_MAX_BYTES + MULTIPART_OVERHEAD_BYTES
    if too_large or TOO_LARGE in request.META:
        raise UploadTooLarge


def _declared_bytes(request: HttpRequest) -> int:
    declared = request.META.get("CONTENT_LENGTH") or "0"
    return int(declared[:18]) if declared.isdecimal() else 0  # Python refuses to read thousands of digits


@dataclass(frozen=True, slots=True)
class AcceptedFile:
    """A file that is accepted: its name as shown, its size in bytes, its media type."""

    name: str
    size: int
    mimetype: str

    @property
    def stem(self) -> str:
        """The name without its extension."""
        return Path(self.name).stem


def check_upload(upload: File[bytes]) -> AcceptedFile:
    """Check name and size; raise `UploadRefused` for a file that is empty, too large, or not CSV by its name."""
    name = re.sub(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", "", os.path.basename(upload.name or ""))
    extension = Path(name).suffix.lower()
    if extension not in MIMETYPES:
        raise UploadRefused(_("This kind of file is not accepted: upload a CSV, TSV or TXT file."))
    if not upload.size:
        raise UploadRefused(_("The file is empty."))
    if upload.size > settings.UPLOAD_MAX_BYTES:
        raise UploadTooLarge
    stem = Path(name).stem[: 255 - len(extension)]
    return AcceptedFile(stem + extension, upload.size, MIMETYPES[extension])


def store_upload(upload: File[bytes], path: Path) -> None:
    """Store the file at `path`: moved when it is in the folder of uploads, else copied in chunks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(upload, IncomingFile):
        upload.flush()
        upload.path.replace(path)
        return
    with path.open("wb") as file:
        for chunk in upload.chunks():
            file.write(chunk)
