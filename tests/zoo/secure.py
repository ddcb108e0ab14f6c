"""Receivers on https:// whose TLS is wrong, or is none."""

import ssl
import struct
import warnings
from typing import ClassVar

from tests.certificates import Authority
from tests.zoo.animal import OK, Animal, Connects, Line, answer, delivered, retried


class Secure(Animal):
    """One that speaks TLS, with the certificate of `context`."""

    scheme = "https"
    days: ClassVar[int] = 1

    def __init__(self, own: str, authority: Authority) -> None:
        super().__init__(own, authority)
        self.tls = self.context()

    def context(self) -> ssl.SSLContext:
        return self.authority.server(self.own, days=self.days)

    def meet(self, line: Line) -> None:
        line.secure(self.tls)
        super().meet(line)


class Trusted(Secure):
    """Has a certificate of a known authority, for its own address."""

    fate = delivered()
    connects = Connects.KEEPS


class Expired(Secure):
    """Has a certificate of yesterday."""

    days = -1
    fate = retried("tls")


class WrongName(Secure):
    """Has a certificate for somebody else."""

    fate = retried("tls")

    def context(self) -> ssl.SSLContext:
        return self.authority.server("other.example")


class UnknownAuthority(Secure):
    """Has a certificate of an authority that nobody knows."""

    fate = retried("tls")

    def context(self) -> ssl.SSLContext:
        return self.authority.stranger().server(self.own)


class SelfSigned(Secure):
    """Has signed its certificate itself."""

    fate = retried("tls")

    def context(self) -> ssl.SSLContext:
        return self.authority.self_signed(self.own)


class OldProtocol(Secure):
    """Speaks TLS 1.1 and nothing newer."""

    fate = retried("tls")

    def context(self) -> ssl.SSLContext:
        context = super().context()
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        return context


class AsksForACertificate(Secure):
    """Wants to know who calls, by a certificate that nobody has."""

    fate = retried("tls")

    def context(self) -> ssl.SSLContext:
        context = super().context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(self.authority.ca_file)
        return context


class PlainOnASecurePort(Animal):
    """Speaks HTTP where TLS is expected."""

    scheme = "https"
    says = answer(400)
    fate = retried("protocol")

    def meet(self, line: Line) -> None:
        line.say(self.says)
        line.wait()


class BannerOnASecurePort(PlainOnASecurePort):
    """Greets as SSH does where TLS is expected."""

    says = b"SSH-2.0-OpenSSH_9.2\r\n"
    fate = retried("protocol")


class SecureOnAPlainPort(Secure):
    """Speaks TLS where HTTP is expected."""

    scheme = "http"
    fate = retried("connect")


class Alerts(PlainOnASecurePort):
    """Breaks the handshake off with an alert."""

    says = b"\x15\x03\x03\x00\x02\x02\x28"
    fate = retried("tls")


class AsksAgainForEver(PlainOnASecurePort):
    """Sends handshake messages that OpenSSL skips, for ever, and would keep the courier's one thread to itself."""

    fate = retried("tls")

    def meet(self, line: Line) -> None:
        record = b"\x16\x03\x03" + struct.pack("!H", 4) + b"\x00\x00\x00\x00"
        while not self.stopping.is_set():
            line.say(record * 1000)


class NoiseOnASecurePort(PlainOnASecurePort):
    """Sends records of TLS with noise in them."""

    says = b"\x16\x03\x03\x00\x40" + bytes(n * 7 % 256 for n in range(64))
    fate = retried("tls")


class HangsUpInTheHandshake(Animal):
    """Hangs up as soon as TLS begins."""

    scheme = "https"
    fate = retried("tls")

    def meet(self, line: Line) -> None:
        line.end()
        line.wait()


class ResetsTheHandshake(Animal):
    """Resets the connection as soon as TLS begins."""

    scheme = "https"
    fate = retried("connect")

    def meet(self, line: Line) -> None:
        line.reset()


class CutsWithoutNotice(Secure):
    """Ends its body with the connection, without TLS saying so: whether it was cut, nobody can tell."""

    says = b"HTTP/1.0 200 OK\r\n\r\nto the end"
    fate = delivered(body="to the end", truncated=True)

    def meet(self, line: Line) -> None:
        line.secure(self.tls)
        if line.hear():
            line.say(self.says)


class SecureTwice(Secure):
    """Answers twice, under TLS."""

    says = OK + OK
    fate = delivered()
