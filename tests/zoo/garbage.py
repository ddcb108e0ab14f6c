"""Receivers that speak something else than HTTP, or a kind of it that does not exist."""

from tests.zoo.animal import Animal, Line, Rude, delivered, retried

NOISE = bytes((n * 197 + 89) % 256 for n in range(4096))


class Noise(Animal):
    """Sends bytes that mean nothing."""

    says = NOISE
    fate = retried("protocol")


class Zeros(Animal):
    """Sends NULs."""

    says = bytes(4096)
    fate = retried("protocol")


class SecureShell(Animal):
    """Greets as SSH does."""

    says = b"SSH-2.0-OpenSSH_9.2\r\n"
    fate = retried("protocol")

    def meet(self, line: Line) -> None:
        line.say(self.says)
        line.wait()


class MailServer(SecureShell):
    """Greets as SMTP does."""

    says = b"220 mail.example ESMTP\r\n"
    fate = retried("protocol")


class FileServer(SecureShell):
    """Greets as FTP does."""

    says = b"220-Welcome\r\n220 ftp.example FTP\r\n"
    fate = retried("protocol")


class Redis(Animal):
    """Answers as Redis does."""

    says = b"-ERR unknown command 'POST'\r\n"
    fate = retried("protocol")


class Database(Animal):
    """Answers as MySQL does."""

    says = b"\x4a\x00\x00\x00\x0a8.0.36\x00\x08\x00\x00\x00"
    fate = retried("protocol")


class TlsAlert(Rude):
    """Answers plain HTTP with an alert of TLS."""

    says = b"\x15\x03\x01\x00\x02\x02\x46"
    fate = retried("protocol")


class Http2Preface(Animal):
    """Speaks HTTP/2 on a connection of HTTP/1.1."""

    says = b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(18)
    fate = retried("protocol")


class PageWithoutHead(Rude):
    """Sends its page without a head, as HTTP/0.9 did."""

    says = b"<html><body>200 OK</body></html>"
    fate = retried("protocol")


class Icecast(Animal):
    """Says ICY for HTTP/1.0."""

    says = b"ICY 200 OK\r\nContent-Length: 2\r\n\r\nok"
    fate = retried("protocol")


class VersionNine(Animal):
    """Says that it speaks HTTP/9.9."""

    says = b"HTTP/9.9 200 OK\r\nContent-Length: 2\r\n\r\nok"
    fate = retried("protocol")


class VersionTwo(Animal):
    """Says HTTP/2 in the words of HTTP/1.1."""

    says = b"HTTP/2 200 OK\r\nContent-Length: 2\r\n\r\nok"
    fate = retried("protocol")


class Status999(Animal):
    """Has a status that no protocol has."""

    says = b"HTTP/1.1 999 Denied\r\nContent-Length: 2\r\n\r\nno"
    fate = retried("protocol")


class Status000(Status999):
    """Has the status 0."""

    says = b"HTTP/1.1 000 OK\r\nContent-Length: 2\r\n\r\nok"
    fate = retried("protocol")


class Status20(Status999):
    """Has a status of two digits, which others would read as 200."""

    says = b"HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok"
    fate = retried("protocol")


class Status2000(Status999):
    """Has a status of four digits, which others would read as 200."""

    says = b"HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok"
    fate = retried("protocol")


class StatusMinus(Status999):
    """Has a status below zero."""

    says = b"HTTP/1.1 -200 OK\r\nContent-Length: 2\r\n\r\nok"
    fate = retried("protocol")


class StatusInWords(Status999):
    """Has no number."""

    says = b"HTTP/1.1 OK\r\nContent-Length: 2\r\n\r\nok"
    fate = retried("protocol")


class StatusGlued(Status999):
    """Leaves out the blank before the status."""

    says = b"HTTP/1.1200 OK\r\nContent-Length: 2\r\n\r\nok"
    fate = retried("protocol")


class StatusAlone(Animal):
    """Leaves out the reason, which may be left out."""

    says = b"HTTP/1.1 200\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
    fate = delivered()


class WideText(Animal):
    """Writes its answer in UTF-16."""

    says = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".encode("utf-16")
    fate = retried("protocol")


class MarkedText(Animal):
    """Puts a byte order mark before its answer."""

    says = b"\xef\xbb\xbfHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    fate = retried("protocol")


class LineFeedsOnly(Animal):
    """Ends its lines as Unix does."""

    says = b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok"
    fate = retried("protocol")
