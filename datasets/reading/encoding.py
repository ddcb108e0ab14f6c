"""Detect the encoding of a file by reading all of it, and copy it as UTF-8 when it is another."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from datasets.errors import UnreadableFile

CHUNK_BYTES = 1 << 20
CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\v\f\r\x1a\x1b"))
MAX_CONTROL_SHARE = 0.005
"""A text may contain a stray control character; with more than one in two hundred it is binary."""

WORKBOOKS = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!")
"""First bytes of XLSX, ODS and ZIP; of an empty ZIP; of XLS; of gzip, 7-Zip and RAR."""

MARKUP = (b"{", b"[", b"<")
"""First bytes of JSON, XML and HTML; no name of a column starts so."""

BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
UNDEFINED_IN_1252 = "\x81\x8d\x8f\x90\x9d"


@dataclass(frozen=True, slots=True)
class Encoding:
    """`name` as shown (`UTF-8`, `ISO-8859-1`…), `codec` as Python knows it; whether both line ends occur."""

    name: str
    codec: str
    mixed_newlines: bool = False


def _decode_1252(error: UnicodeError) -> tuple[str, int]:
    """Decode the five bytes that Windows-1252 leaves undefined as ISO-8859-1 does."""
    failed = cast("UnicodeDecodeError", error)
    return failed.object[failed.start : failed.end].decode("latin-1"), failed.end


codecs.register_error("datasets.undefined", _decode_1252)


def detect(path: Path) -> Encoding:
    """Return the encoding of the file; raise `UnreadableFile` when it is empty or not a text."""
    with path.open("rb") as file:
        head = file.read(8)
    if not head:
        raise UnreadableFile("empty")
    if head.startswith(WORKBOOKS):
        raise UnreadableFile("workbook")
    if head.removeprefix(codecs.BOM_UTF8).startswith(MARKUP):
        raise UnreadableFile("other_format")
    codec = next((codec for bom, codec in BOMS if head.startswith(bom)), "utf-8")
    if codec == "utf-16":
        return Encoding("UTF-16", "utf-16")
    return _detect_8_bits(path)


def _detect_8_bits(path: Path) -> Encoding:
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, windows, controls, crlf, lf, size, blank = True, False, 0, 0, 0, 0, True
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            if b"\x00" in chunk:
                raise UnreadableFile("binary")
            if is_utf8:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    is_utf8 = False
            if not windows and not chunk.isascii():
                windows = len(chunk.translate(None, bytes(range(0x80, 0xA0)))) < len(chunk)
            controls += len(chunk) - len(chunk.translate(None, CONTROLS))
            crlf += chunk.count(b"\r\n")
            lf += chunk.count(b"\n")
            size += len(chunk)
            blank = blank and not chunk.removeprefix(codecs.BOM_UTF8).strip()
    if blank:
        raise UnreadableFile("empty")
    if controls > size * MAX_CONTROL_SHARE:
        raise UnreadableFile("binary")
    mixed = 0 < crlf < lf
    if is_utf8 and not decoder.getstate()[0]:
        return Encoding("UTF-8", "utf-8-sig", mixed)
    return Encoding("windows-1252" if windows else "ISO-8859-1", "cp1252", mixed)


def transcode(source: Path, target: Path, *, encoding: Encoding, unify_newlines: bool = False) -> None:
    """Write `source` to `target` as UTF-8 without BOM, in chunks; raise `UnreadableFile` if it cannot be decoded."""
    errors = "datasets.undefined" if encoding.codec == "cp1252" else "strict"
    try:
        with (
            source.open(encoding=encoding.codec, errors=errors, newline=None if unify_newlines else "") as read,
            target.open("w", encoding="utf-8", newline="") as write,
        ):
            while text := read.read(CHUNK_BYTES):
                if "\x00" in text:
                    raise UnreadableFile("binary")
                write.write(text)
    except UnicodeError:
        raise UnreadableFile("binary") from None
