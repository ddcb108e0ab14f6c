"""How a file comes in: streamed to disk beside where it will stay, measured on the way, refused with a sentence."""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MIMETYPES = {".csv": "text/csv", ".tsv": "text/tab-separated-values", ".txt": "text/plain"}
ENVELOPE_BYTES = 1 << 20
"""What a request may weigh beyond its file: the other fields and the multipart headers."""


class UploadRefused(Exception):
    """The file is not taken; `sentence` (lazy) says why, `status` is the HTTP status that says so to a program."""

    status = 400

    def __init__(self, sentence: Promise | str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class UploadTooLarge(UploadRefused):
    """It weighs more than UPLOAD_MAX_BYTES."""

    status = 413

    def __init__(self) -> None:
        maximum = settings.UPLOAD_MAX_BYTES // 1_000_000 or 1
        super().__init__(_("The file is too large: at most %(maximum)s MB are accepted.") % {"maximum": maximum})


def incoming_folder() -> Path:
    """Give the folder of what is being uploaded, on the disk where it will stay."""
    return Path(settings.MEDIA_ROOT) / "incoming"


class IncomingFile(UploadedFile[bytes]):
    """A file on disk, in the folder of what comes in; it is gone when closed, unless it was moved away."""

    def __init__(self, *, name: str | None, content_type: str | None, charset: str | None) -> None:
        folder = incoming_folder()
        folder.mkdir(parents=True, exist_ok=True)
        file = tempfile.NamedTemporaryFile(dir=folder, suffix=".upload", delete=False)  # noqa: SIM115 -- kept open
        super().__init__(file, name or "", content_type, 0, charset)
        self.path = Path(file.name)

    def temporary_file_path(self) -> str:
        """Give the full path, as Django's own temporary files do."""
        return str(self.path)

    def close(self) -> None:
        """Close and remove what nobody moved away."""
        super().close()
        self.path.unlink(missing_ok=True)


class LimitedUploadHandler(FileUploadHandler):
    """Write each uploaded file to disk as it arrives; stop at UPLOAD_MAX_BYTES and mark the request (`too_large`)."""

    chunk_size = 1 << 18

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.declared = 0
        self.received = 0
        self.incoming: IncomingFile | None = None

    def handle_raw_input(  # type: ignore[override]  # django-stubs' return type forbids the None that Django expects
        self,
        input_data: IO[bytes],
        META: dict[str, Any],  # noqa: N803 -- Django's name; Any: WSGI environ
        content_length: int,
        boundary: bytes,
        encoding: str | None = None,
    ) -> None:
        """Note how much the client means to send."""
        self.declared = content_length

    def new_file(self, *args: Any, **kwargs: Any) -> None:  # Any: Django's contract
        """Open a file on disk, unless what was declared cannot fit anyway."""
        super().new_file(*args, **kwargs)
        if self.declared > settings.UPLOAD_MAX_BYTES + ENVELOPE_BYTES:
            self._stop()
        self.incoming = IncomingFile(name=self.file_name, content_type=self.content_type, charset=self.charset)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write a piece to disk, and pass nothing on: no other handler keeps it."""
        self.received += len(raw_data)
        if self.received > settings.UPLOAD_MAX_BYTES:
            self._stop()
        assert self.incoming is not None  # noqa: S101 -- new_file() opened it
        self.incoming.write(raw_data)

    def file_complete(self, file_size: int) -> IncomingFile | None:
        """Give the file, ready to be read."""
        if self.incoming is None:
            return None
        self.incoming.seek(0)
        self.incoming.size = file_size
        return self.incoming

    def upload_interrupted(self) -> None:
        """Remove what came of a request that broke off."""
        if self.incoming is not None:
            self.incoming.close()

    def _stop(self) -> None:
        """Give up; a client that is a little over is heard out, so that it gets to read the answer."""
        self.upload_interrupted()
        if self.request is not None:
            self.request.too_large = True  # type: ignore[attr-defined]  # read by refuse_too_large()
        raise StopUpload(connection_reset=self.declared > 2 * settings.UPLOAD_MAX_BYTES + ENVELOPE_BYTES)


def refuse_too_large(request: HttpRequest) -> None:
    """Raise `UploadTooLarge` when the request says it is, without reading it, or was found to be when it was read."""
    declared = request.META.get("CONTENT_LENGTH") or "0"
    too_large = declared.isdecimal() and int(declared) > settings.UPLOAD_MAX_BYTES + ENVELOPE_BYTES
    if too_large or getattr(request, "too_large", False):
        raise UploadTooLarge


@dataclass(frozen=True, slots=True)
class Accepted:
    """A file that may come in: its name as shown, bytes, type."""

    name: str
    size: int
    mimetype: str

    @property
    def stem(self) -> str:
        """Give the name without its extension."""
        return Path(self.name).stem


def check(upload: File[bytes]) -> Accepted:
    """Look at name and size; raise `UploadRefused` for what is no CSV by its name, empty, or too large."""
    name = re.sub(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", "", os.path.basename(upload.name or ""))
    extension = Path(name).suffix.lower()
    if extension not in MIMETYPES:
        raise UploadRefused(_("This kind of file is not accepted: upload a CSV, TSV or TXT file."))
    if not upload.size:
        raise UploadRefused(_("The file is empty."))
    if upload.size > settings.UPLOAD_MAX_BYTES:
        raise UploadTooLarge
    stem = Path(name).stem[: 255 - len(extension)]
    return Accepted(stem + extension, upload.size, MIMETYPES[extension])


def store(upload: File[bytes], path: Path) -> None:
    """Put the file at `path`: moved when it is on our disk already, else written a piece at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(upload, IncomingFile):
        upload.flush()
        upload.path.replace(path)
        return
    with path.open("wb") as file:
        for chunk in upload.chunks():
            file.write(chunk)
