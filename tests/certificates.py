"""Throw-away certificates for receivers that speak TLS in tests."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Authority:
    """A certificate authority: `ca_file` is its certificate in PEM, in the folder that the test chooses."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        certificate = self._signed(self._name, self._key, [], days=1, is_authority=True)
        self.ca_file = str(folder / "authority.pem")
        Path(self.ca_file).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def server(self, *hosts: str, days: int = 1) -> ssl.SSLContext:
        """Return the TLS context of a server for these names or addresses; expired when `days` is negative."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        certificate = self._signed(name, key, list(hosts), days=days, is_authority=False)
        return self._context(key, certificate, f"{'-'.join(hosts).replace(':', '_')}{days}")

    def _context(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate, name: str) -> ssl.SSLContext:
        path = self._folder / f"{name}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def stranger(self) -> "Authority":
        """Return another authority, which nobody was told to trust."""
        folder = self._folder / "stranger"
        folder.mkdir(exist_ok=True)
        return Authority(folder)

    def self_signed(self, host: str) -> ssl.SSLContext:
        """Return the TLS context of a server whose certificate is signed by its own key."""
        folder = self._folder / "self-signed"
        folder.mkdir(exist_ok=True)
        own = Authority(folder)
        return own._context(own._key, own._signed(own._name, own._key, [host], days=1, is_authority=True), host)

    def _signed(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, hosts: list[str], *, days: int, is_authority: bool
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=2))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )
        if hosts:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_general_name(h) for h in hosts]), critical=False
            )
        return builder.sign(self._key, hashes.SHA256())


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
