"""The receiver of bench/receiver.c: build it, run it, read what it recorded."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import mmap
import os
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from scripts.packages import install, need
from scripts.services import end_with_parent, free_port

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "bench/receiver.c"
BUILT = ROOT / "var/bench/receiver"
HOSTS = 20
"""The first ones of 127.0.0.1 to 127.0.0.120, on which it listens; its certificate is for these."""

RECORD = struct.Struct("<40sQIHHII")
"""id, arrival in µs since 1970, endpoint, status answered (0: none), port, connection, bytes of the body."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request that arrived whole."""

    id: str
    at_s: float
    endpoint: int
    status: int
    connection: int


@dataclass
class Receiver:
    """A running receiver and its ledger."""

    port: int
    tls_port: int
    authorities: Path
    """certifi's and its own: a bundle as long as those that senders read in use."""
    ledger: mmap.mmap
    process: subprocess.Popen[bytes]

    def url(self, path: str, *, host: int = 1, tls: bool = False) -> str:
        """Return the address of a path such as `/ok/3` on 127.0.0.<host>."""
        return f"http{'s' * tls}://127.0.0.{host}:{self.tls_port if tls else self.port}{path}"

    def count(self) -> int:
        """Return how many requests have arrived so far."""
        return int(struct.unpack_from("<Q", self.ledger)[0])

    def arrivals(self, since: int = 0) -> Iterator[Arrival]:
        """Yield what arrived, in order, without the first `since`."""
        for n in range(since, self.count()):
            found, at_us, endpoint, status, _, connection, _ = RECORD.unpack_from(self.ledger, 64 * (n + 1))
            yield Arrival(found.rstrip(b"\0").decode("latin-1"), at_us / 1e6, endpoint, status, connection)


@contextlib.contextmanager
def receiving(capacity: int = 2_000_000) -> Iterator[Receiver]:
    """Run a receiver whose ledger holds `capacity` requests."""
    build()
    with tempfile.TemporaryDirectory(prefix="porte-voix-receiver-") as name:
        folder = Path(name)
        certificate, key = _certificate(folder)
        authorities = folder / "authorities.pem"
        authorities.write_bytes(Path(certifi.where()).read_bytes() + certificate.read_bytes())
        path, port, tls_port = folder / "ledger", free_port(), free_port()
        words = [path, capacity, port, certificate, key, tls_port]
        process = subprocess.Popen(
            [BUILT, *map(str, words)],
            stdout=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=end_with_parent(),  # noqa: PLW1509 -- it makes one system call
        )
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n", "the receiver did not start"
            with path.open("r+b") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as ledger:
                yield Receiver(port, tls_port, authorities, ledger, process)
        finally:
            process.terminate()
            process.wait()


def build() -> None:
    """Compile the receiver unless what is there is newer than its source."""
    if BUILT.exists() and BUILT.stat().st_mtime > SOURCE.stat().st_mtime:
        return
    install("cc", "openssl")
    BUILT.parent.mkdir(parents=True, exist_ok=True)
    fresh = BUILT.with_suffix(f".{os.getpid()}")
    options = ["-O2", "-Wall", "-Wextra", "-DWITH_TLS", "-o", str(fresh), str(SOURCE), "-lssl", "-lcrypto"]
    subprocess.run([need("cc"), *options], check=True)
    fresh.rename(BUILT)


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for the receiver's hosts, its own authority, and return the files of it and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Porte-voix benchmark")])
    now = datetime.datetime.now(datetime.UTC)
    hosts = [x509.IPAddress(ipaddress.ip_address(f"127.0.0.{host}")) for host in range(1, HOSTS + 1)]
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=7))
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, secret
