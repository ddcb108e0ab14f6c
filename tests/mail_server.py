"""A real SMTP server on 127.0.0.1 for tests: it keeps what arrives and refuses whom it was told to."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable
from email import message_from_bytes
from email.message import Message
from typing import Any, Self


class _Session(socketserver.StreamRequestHandler):
    """Speak as much of RFC 5321 as smtplib needs."""

    server: MailServer

    def handle(self) -> None:
        self._reply("220 ready")
        recipient = ""
        while line := self.rfile.readline().decode().strip():
            verb = line[:4].upper()
            if verb == "RCPT":
                recipient = line.partition("<")[2].partition(">")[0]
                self._reply(f"{self.server.refused[recipient]} no" if recipient in self.server.refused else "250 ok")
            elif verb == "DATA":
                self._reply("354 go on")
                body = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.take(recipient, message_from_bytes(body))
                self._reply("250 kept")
            elif verb == "QUIT":
                self._reply("221 bye")
                return
            else:
                self._reply("250 ok")

    def _reply(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    """`refused` maps an address to the code of the reply; `meanwhile` runs while a message is being taken."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Session)
        self.refused: dict[str, int] = {}
        self.received: list[tuple[str, Message]] = []
        self.meanwhile: Callable[[], object] = lambda: None

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def recipients(self) -> list[str]:
        """Name who received a message, in order of arrival."""
        return [recipient for recipient, _message in self.received]

    def take(self, recipient: str, message: Message) -> None:
        self.meanwhile()
        self.received.append((recipient, message))

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *args: Any) -> None:
        self.close()

    def close(self) -> None:
        """Take no more connections; a session that is open goes on."""
        self.shutdown()
        self.server_close()
