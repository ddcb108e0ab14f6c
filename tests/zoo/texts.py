"""Receivers whose words would break a log, a page or a database: what is stored of them is text that harms nobody."""

from tests.zoo.animal import Animal, Connects, Rude, answer, delivered, retried


class Nulls(Animal):
    """Has NULs in its body, which PostgreSQL does not store."""

    says = answer(200, body=b"a\0b\0")
    connects = Connects.KEEPS
    fate = delivered(body="a\ufffdb\ufffd")


class NotUtf8(Animal):
    """Has bytes in its body that are no UTF-8."""

    says = answer(200, body=b"\xff\xfe\xc3(")
    connects = Connects.KEEPS
    fate = delivered(body="\ufffd\ufffd\ufffd(")


class Surrogates(Animal):
    """Has halves of characters in its body, which no UTF-8 has."""

    says = answer(200, body=b"\xed\xa0\x80 \xf4\x90\x80\x80 \\ud800")
    connects = Connects.KEEPS
    fate = delivered(body="\ufffd\ufffd\ufffd \ufffd\ufffd\ufffd\ufffd \\ud800")


class HalfACharacterAtTheCap(Animal):
    """Has a body whose last character is cut in the middle by our cap: what is kept ends before it."""

    says = answer(200, body=b"x" * 16383 + "é".encode())
    fate = delivered(body="x" * 16383, truncated=True)


class Colours(Animal):
    """Would paint a terminal, and ring its bell."""

    says = answer(200, body=b"\x1b[31mred\x1b[0m\x07\x1b]0;title\x07")
    connects = Connects.KEEPS
    fate = delivered(body="\x1b[31mred\x1b[0m\x07\x1b]0;title\x07")


class Script(Animal):
    """Would run in a page."""

    says = answer(500, "Content-Type: text/html", body=b"<script>alert(1)</script><img src=x onerror=alert(2)>")
    fate = retried("status", status=500, body="<script>alert(1)</script><img src=x onerror=alert(2)>")


class Formula(Animal):
    """Would run in a spreadsheet."""

    says = answer(200, body=b'=HYPERLINK("http://a.example")\n+cmd|calc\n@x')
    connects = Connects.KEEPS
    fate = delivered(body='=HYPERLINK("http://a.example")\n+cmd|calc\n@x')


class RightToLeft(Animal):
    """Would turn the text around it."""

    says = answer(200, body="\u202egnp.exe\u2066 \ufeff".encode())
    connects = Connects.KEEPS
    fate = delivered(body="\u202egnp.exe\u2066 \ufeff")


class Template(Animal):
    """Would be filled in by a template, a log or a shell."""

    says = answer(200, body=b"{{ 7*7 }} {% debug %} ${jndi:ldap://a.example/a} %s %(x)s `id` $(id)")
    connects = Connects.KEEPS
    fate = delivered(body="{{ 7*7 }} {% debug %} ${jndi:ldap://a.example/a} %s %(x)s `id` $(id)")


class Cookies(Animal):
    """Wants its cookies back, which it never gets."""

    says = answer(200, "Set-Cookie: id=1; Path=/", "Set-Cookie2: a=b", "Set-Cookie: id=2; Domain=.example", body=b"ok")
    connects = Connects.KEEPS
    fate = delivered()


class HintsForBrowsers(Animal):
    """Wants to be called elsewhere and otherwise from now on, which only browsers heed."""

    says = answer(
        200, 'Alt-Svc: h2=":1"; ma=86400', "Strict-Transport-Security: max-age=999", "Clear-Site-Data: *", body=b"ok"
    )
    connects = Connects.KEEPS
    fate = delivered()


class LongHeader(Animal):
    """Has a header of 64 KB."""

    says = answer(200, "X-Long: " + "x" * 65_000, body=b"ok")
    connects = Connects.KEEPS
    fate = delivered()


class ManyHeaders(Animal):
    """Has a thousand headers."""

    says = answer(200, *(f"X-{n}: {n}" for n in range(1000)), body=b"ok")
    connects = Connects.KEEPS
    fate = delivered()


class NullInAHeader(Rude):
    """Has a NUL in a header."""

    says = b"HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 2\r\n\r\nok"
    fate = retried("protocol")


class HeaderOfManyTongues(Animal):
    """Has bytes in its headers that are no ASCII."""

    says = b"HTTP/1.1 200 OK\r\nX-A: \xff\xfe\xc3\xa9\x1b[31m\r\nX-\xc3\xa9: 1\r\nContent-Length: 2\r\n\r\nok"
    connects = Connects.KEEPS
    fate = delivered()


class FoldedHeader(Animal):
    """Has a header on two lines, as was once allowed."""

    says = b"HTTP/1.1 200 OK\r\nX-A: a\r\n b: c\r\nContent-Length: 2\r\n\r\nok"
    fate = delivered()
    connects = Connects.KEEPS


class HeaderWithoutColon(Animal):
    """Has a line among its headers that is none."""

    says = b"HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 2\r\n\r\nok"
    fate = retried("protocol")


class NamelessHeader(Animal):
    """Has a header without a name."""

    says = b"HTTP/1.1 200 OK\r\n: value\r\nContent-Length: 2\r\n\r\nok"
    fate = delivered()
    connects = Connects.KEEPS


class LoneReturns(Animal):
    """Has returns within its headers, which others would take for line ends."""

    says = b"HTTP/1.1 200 OK\r\nX-A: a\rX-B: b\r\nContent-Length: 2\r\n\r\nok"
    fate = retried("protocol")


class LongReason(Animal):
    """Has a reason of 8 KB, with a script in it."""

    says = b"HTTP/1.1 500 <script>" + b"x" * 8000 + b"\r\nContent-Length: 0\r\n\r\n"
    fate = retried("status", status=500)
