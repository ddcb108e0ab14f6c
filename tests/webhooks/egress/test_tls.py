"""Secure connections: what is trusted, and what a failure becomes."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.receiver import Receiver
from tests.webhooks.egress.conftest import LOOPBACK, collect, request, send
from webhooks.egress.client import HttpClient
from webhooks.egress.exchange import ErrorClass

TLS_REASON = "The secure connection failed: the certificate or the protocol was not accepted."


@contextmanager
def client_trusting(ca_file: str | None = None, timeout_s: float = 10) -> Iterator[HttpClient]:
    with HttpClient(LOOPBACK, timeout_s=timeout_s, ca_file=ca_file) as client:
        yield client


def test_a_certificate_of_a_trusted_authority_is_accepted_and_connections_are_kept(authority):
    with (
        Receiver(tls=authority.server("localhost"), name="localhost") as receiver,
        client_trusting(authority.ca_file) as client,
    ):
        for n in range(3):
            assert send(client, receiver.url(f"/{n}")).status == 200
        assert receiver.connections == 1
        assert [got.path for got in receiver.requests()] == ["/0", "/1", "/2"]


def test_a_certificate_for_an_address_is_accepted(authority):
    with Receiver(tls=authority.server("127.0.0.1")) as receiver, client_trusting(authority.ca_file) as client:
        assert send(client, receiver.url()).status == 200


def test_an_unknown_authority_is_refused(authority):
    with Receiver(tls=authority.server("localhost"), name="localhost") as receiver, client_trusting() as client:
        response = send(client, receiver.url())
        assert (response.status, response.error, response.reason) == (None, ErrorClass.TLS, TLS_REASON)
        assert receiver.requests() == []


@pytest.mark.parametrize(("hosts", "days"), [(("localhost",), -1), (("other.example",), 1), (("127.0.0.1",), 1)])
def test_an_expired_certificate_or_one_for_another_name_is_refused(authority, hosts, days):
    tls = authority.server(*hosts, days=days)
    with Receiver(tls=tls, name="localhost") as receiver, client_trusting(authority.ca_file) as client:
        response = send(client, receiver.url())
        assert (response.status, response.error) == (None, ErrorClass.TLS)
        assert receiver.requests() == []


def test_an_old_version_of_tls_is_refused(authority):
    tls = authority.server("localhost")
    tls.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        tls.minimum_version = tls.maximum_version = ssl.TLSVersion.TLSv1_1
    with Receiver(tls=tls, name="localhost") as receiver, client_trusting(authority.ca_file) as client:
        assert send(client, receiver.url()).error is ErrorClass.TLS


@pytest.mark.parametrize(
    "banner", [b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n"]
)
def test_another_protocol_on_a_tls_port_is_a_protocol_error(banner):
    def greet(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.sendall(banner)
            connection.recv(4096)

    with socket.create_server(("127.0.0.1", 0)) as server, client_trusting() as client:
        thread = threading.Thread(target=greet, args=(server,))
        thread.start()
        response = send(client, f"https://127.0.0.1:{server.getsockname()[1]}/")
        thread.join()
    assert (response.status, response.error) == (None, ErrorClass.PROTOCOL)


def test_tls_on_a_plain_port_fails(authority):
    with Receiver(tls=authority.server("localhost")) as receiver, client_trusting() as client:
        response = send(client, f"http://127.0.0.1:{receiver.port}/")
    assert response.status is None
    assert response.error in {ErrorClass.PROTOCOL, ErrorClass.CONNECT}


def test_a_handshake_that_hangs_is_inside_the_deadline():
    with socket.create_server(("127.0.0.1", 0)) as silent, client_trusting(timeout_s=0.3) as client:
        response = send(client, f"https://127.0.0.1:{silent.getsockname()[1]}/")
    assert (response.status, response.error) == (None, ErrorClass.TIMEOUT)


def test_a_handshake_that_drips_is_inside_the_deadline():
    stop = threading.Event()

    def drip(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            for byte in b"\x16\x03\x03\x40\x00" + bytes(1000):
                if stop.wait(0.02):
                    return
                connection.sendall(bytes([byte]))

    with socket.create_server(("127.0.0.1", 0)) as server, client_trusting(timeout_s=0.3) as client:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        try:
            response = send(client, f"https://127.0.0.1:{server.getsockname()[1]}/")
        finally:
            stop.set()
            thread.join()
    assert (response.status, response.error) == (None, ErrorClass.TIMEOUT)


def test_many_secure_hosts_at_once(authority):
    tls = authority.server("localhost", "127.0.0.1")
    receivers = [Receiver(tls=tls, name="localhost").__enter__() for _ in range(5)]
    try:
        with client_trusting(authority.ca_file) as client:
            for n in range(50):
                client.submit(n, request(receivers[n % 5].url(f"/{n}")))
            assert {response.status for response in collect(client, 50).values()} == {200}
    finally:
        for receiver in receivers:
            receiver.close()
