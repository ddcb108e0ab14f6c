"""Receivers whose answers would grow a thousandfold if anybody unpacked them: nobody does, and little is kept."""

import gzip
import zlib

from tests.zoo.animal import Animal, delivered, retried

CAP = 16384
UNPACKED_BYTES = 256 * 1024 * 1024


def _deflated(wbits: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    block = bytes(1024 * 1024)
    return b"".join(packer.compress(block) for _ in range(UNPACKED_BYTES // len(block))) + packer.flush()


def _zstandard() -> bytes:
    """Return a frame of blocks that each stand for 128 KiB of zeros (RFC 8878 §3.1.1.2)."""
    size = 128 * 1024
    block = (size << 3 | 1 << 1).to_bytes(3, "little") + b"\0"
    last = (size << 3 | 1 << 1 | 1).to_bytes(3, "little") + b"\0"
    return b"\x28\xb5\x2f\xfd\x00\x38" + block * (UNPACKED_BYTES // size - 1) + last


GZIP = _deflated(31)
DOUBLE_GZIP = gzip.compress(GZIP, 9)
ZSTANDARD = _zstandard()
BROTLI = bytes.fromhex("cbffff3ff82700e2b14020f7fe2ffffffff04f00c4611180eefd1f")
"""16 MiB of zeros, as Node's zlib packs them."""


def _packed(coding: str, body: bytes, *, header: str = "Content-Encoding") -> bytes:
    head = f"HTTP/1.1 200 OK\r\n{header}: {coding}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _kept(body: bytes) -> str:
    return body[:CAP].decode("utf-8", "replace").replace("\0", "\ufffd")


class GzipBomb(Animal):
    """Sends 256 MiB of zeros as 256 KiB of gzip."""

    says = _packed("gzip", GZIP)
    fate = delivered(body=_kept(GZIP), truncated=True)


class DoubleGzipBomb(Animal):
    """Packs it twice: less than a kilobyte is left."""

    says = _packed("gzip, gzip", DOUBLE_GZIP, header="Connection: close\r\nContent-Encoding")
    fate = delivered(body=_kept(DOUBLE_GZIP))


class DeflateBomb(Animal):
    """Sends it as deflate, without the frame of zlib."""

    says = _packed("deflate", _deflated(-15))
    fate = delivered(body=_kept(_deflated(-15)), truncated=True)


class BrotliBomb(Animal):
    """Sends 16 MiB of zeros as 27 bytes of brotli."""

    says = _packed("br", BROTLI, header="Connection: close\r\nContent-Encoding")
    fate = delivered(body=_kept(BROTLI))


class ZstandardBomb(Animal):
    """Sends 256 MiB of zeros as 8 KiB of zstandard."""

    says = _packed("zstd", ZSTANDARD, header="Connection: close\r\nContent-Encoding")
    fate = delivered(body=_kept(ZSTANDARD))


class ManyCodings(Animal):
    """Names a hundred codings, each of which would have to be unpacked."""

    says = _packed(", ".join(["gzip"] * 100), GZIP)
    fate = delivered(body=_kept(GZIP), truncated=True)


class TransferBomb(Animal):
    """Packs the transfer instead of the content, which nobody allowed."""

    says = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(GZIP), GZIP)
    fate = retried("protocol")


class UnknownCoding(Animal):
    """Packs it in a way that nobody knows."""

    says = _packed("x-piano", b"ok", header="Connection: close\r\nContent-Encoding")
    fate = delivered()
