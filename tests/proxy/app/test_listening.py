"""Binding addresses, and what is checked before a wire is started."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from proxy.app.listening import bind, check, listener
from proxy.config import Application, Config, load
from proxy.document import Address
from proxy.errors import UnavailableError, UsageError
from tests.support.certificates import Authority
from tests.support.sidecars import Front, write_config
from tests.support.tickets import RULES


def config(
    directory: Path, more: str = "", upstream: str = "http://127.0.0.1:1"
) -> Config:
    """One application with these keys."""
    front = Front(name="tickets", rules=RULES, upstream=upstream, more=more)
    return load(write_config(directory, [front]))


def at(directory: Path, host: str, port: int = 0) -> Application:
    """An application whose users find it here."""
    application = config(directory).applications[0]
    return replace(application, listen=Address(host, port))


def test_a_bound_socket_listens_and_can_be_inherited(tmp_path: Path) -> None:
    """It is handed to the wires, by its number."""
    with (
        bind(at(tmp_path, "127.0.0.1")) as sock,
        socket.create_connection(sock.getsockname(), 10),
    ):
        assert sock.get_inheritable()


def test_a_taken_address_says_whose_and_which(tmp_path: Path) -> None:
    """One clear line."""
    with bind(at(tmp_path, "127.0.0.1")) as sock:
        port = sock.getsockname()[1]
        with pytest.raises(UnavailableError) as refused:
            bind(at(tmp_path, "127.0.0.1", port))

    assert str(refused.value) == (
        f"application tickets: cannot listen at 127.0.0.1:{port}: "
        "another program listens there"
    )


def test_an_address_of_another_host_is_refused(tmp_path: Path) -> None:
    """Documentation's own address (RFC 5737) is nobody's."""
    with pytest.raises(UnavailableError, match="this host does not have that address"):
        bind(at(tmp_path, "192.0.2.1"))


def test_every_interface_is_both_families(tmp_path: Path) -> None:
    """An empty host: IPv4 users are not left out."""
    with bind(at(tmp_path, "")) as sock:
        port = sock.getsockname()[1]
        hosts = ["127.0.0.1"] + ["::1"] * socket.has_dualstack_ipv6()

        for host in hosts:
            socket.create_connection((host, port), 10).close()


def test_a_wire_is_told_what_the_config_says(tmp_path: Path) -> None:
    """Every key of an application arrives."""
    issued = Authority(tmp_path).issue("application.test")
    told = config(
        tmp_path,
        f"tls: {{certificate: {issued.certificate}, key: {issued.key}}}\n"
        f"upstream_tls: {{ca: {issued.certificate}, server_name: inside.test}}\n"
        "connect_timeout: 3s\nidle_timeout: 4m\nmax_connections: 5",
        "https://127.0.0.1:4430",
    )

    settings = listener(told.applications[0], 7)

    assert (settings.application, settings.fd) == ("tickets", 7)
    assert (settings.upstream_host, settings.upstream_port) == ("127.0.0.1", 4430)
    assert settings.tls is not None
    assert settings.tls.certificate == issued.certificate
    assert settings.tls.key == issued.key
    assert settings.upstream_tls is not None
    assert settings.upstream_tls.ca == issued.certificate
    assert settings.upstream_tls.server_name == "inside.test"
    assert settings.connect_timeout == 3.0
    assert settings.idle_timeout == 240.0
    assert settings.max_connections == 5
    check(told)


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    """Before a wire starts, in words an operator can use."""
    authority = Authority(tmp_path)
    one, other = authority.issue("one.test"), authority.issue("other.test")
    told = config(
        tmp_path, f"tls: {{certificate: {one.certificate}, key: {other.key}}}"
    )

    with pytest.raises(UsageError, match="both must be PEM, belong together"):
        check(told)


def test_authorities_that_are_none_are_refused(tmp_path: Path) -> None:
    """A file that holds no certificate."""
    file = tmp_path / "ca.pem"
    file.write_text("none here")

    with pytest.raises(UsageError, match="the file must hold PEM certificates"):
        check(config(tmp_path, f"upstream_tls: {{ca: {file}}}", "https://127.0.0.1:1"))


def test_more_connections_than_the_host_gives_files_are_refused(
    tmp_path: Path,
) -> None:
    """Over all applications: one wire serves them all."""
    application = config(tmp_path).applications[0]
    many = replace(application, max_connections=1_000_000_000)

    with pytest.raises(UsageError, match="2000000000 connections need 4000000064"):
        check(replace(config(tmp_path), applications=(many, many)))
