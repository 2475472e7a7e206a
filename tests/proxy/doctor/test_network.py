"""Applications that cannot be recorded say so before anybody depends on it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from proxy.config import Config, load
from proxy.doctor.finding import Finding, Grade
from proxy.doctor.network import answered, applications, asks, ports
from tests.support.certificates import Authority
from tests.support.sidecars import Front, write_config
from tests.support.tickets import RULES

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@contextmanager
def served(context: ssl.SSLContext | None) -> Iterator[int]:
    """A server that answers each connection once; its port."""
    with socket.create_server(("127.0.0.1", 0)) as sock:

        def serve() -> None:
            while True:
                try:
                    connection, _ = sock.accept()
                except OSError:
                    return
                with suppress(OSError), connection:
                    connection.settimeout(10)
                    if context is None:
                        connection.recv(65536)
                        connection.sendall(ANSWER)
                        continue
                    with context.wrap_socket(connection, server_side=True) as secure:
                        secure.recv(65536)
                        secure.sendall(ANSWER)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield sock.getsockname()[1]
        finally:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            thread.join(30)


def configured(tmp_path: Path, upstream: str, more: str = "") -> Config:
    """A config with this application."""
    front = Front(name="tickets", rules=RULES, upstream=upstream, more=more)
    return load(write_config(tmp_path, [front]))


def found_over_tls(
    tmp_path: Path, mode: ssl.VerifyMode, version: ssl.TLSVersion
) -> dict[str, Finding]:
    """What is found of an application over TLS, by check."""
    authority = Authority(tmp_path)
    issued = authority.issue("localhost", "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = version
    context.load_cert_chain(issued.certificate, issued.key)
    context.verify_mode = mode
    if mode is not ssl.CERT_NONE:
        context.load_verify_locations(authority.path)
    with served(context) as port:
        more = f"upstream_tls: {{ca: {authority.path}, server_name: localhost}}"
        config = configured(tmp_path, f"https://127.0.0.1:{port}", more)
        return {each.check: each for each in applications(config)}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_an_application_that_asks_for_client_certificates_is_refused(
    tmp_path: Path, version: ssl.TLSVersion
) -> None:
    """With the reason: the browser's key never leaves it."""
    found = found_over_tls(tmp_path, ssl.CERT_OPTIONAL, version)

    assert found["client certificate"].grade is Grade.REFUSED
    assert "cannot show it the browser's" in found["client certificate"].said
    assert found["application"].grade is Grade.GOOD


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_an_application_that_asks_for_none_is_good(
    tmp_path: Path, version: ssl.TLSVersion
) -> None:
    """In both forms of the handshake."""
    found = found_over_tls(tmp_path, ssl.CERT_NONE, version)

    assert {each.grade for each in found.values()} == {Grade.GOOD}


def test_an_application_that_is_not_there_is_told(tmp_path: Path) -> None:
    """As a user would see it."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]

        (found,) = applications(configured(tmp_path, f"http://127.0.0.1:{port}"))

    assert found.grade is Grade.REFUSED
    assert "refused" in found.said


def test_a_plain_application_answers(tmp_path: Path) -> None:
    """One HEAD request."""
    with served(None) as port:
        found = list(applications(configured(tmp_path, f"http://127.0.0.1:{port}")))

    assert [each.grade for each in found] == [Grade.GOOD]


def test_another_way_to_the_application_is_bad() -> None:
    """RFC 7838: browsers would go there, and nothing of it is seen."""
    (found,) = answered("sonar", {"alt-svc": 'h3=":443"; ma=86400'}, secured=True)

    assert found.grade is Grade.BAD
    assert 'h3=":443"' in found.said
    assert list(answered("sonar", {"alt-svc": "clear"}, secured=True)) == []


@pytest.mark.parametrize("offer", ["Negotiate, NTLM", "NTLM", 'Basic realm="x", NTLM'])
def test_a_windows_login_over_tls_may_be_bound_to_the_certificate(offer: str) -> None:
    """Extended Protection is told by nothing before a login: it is a question."""
    (found,) = answered("sonar", {"www-authenticate": offer}, secured=True)

    assert found.grade is Grade.NOTE
    assert "Off or Accept" in found.do
    assert list(answered("sonar", {"www-authenticate": offer}, secured=False)) == []


def test_a_handshake_that_shows_nothing_is_not_judged() -> None:
    """Not known is not good."""
    assert asks("sonar", None).grade is Grade.NOTE


def test_a_port_is_free_or_another_programs(tmp_path: Path) -> None:
    """Before the first start, that is the question."""
    config = configured(tmp_path, "http://127.0.0.1:1")
    (free,) = ports(config)
    listen = config.applications[0].listen
    with socket.create_server((listen.host, listen.port)):
        (taken,) = ports(config)

    assert (free.grade, taken.grade) == (Grade.GOOD, Grade.REFUSED)
    assert "another program" in taken.said
