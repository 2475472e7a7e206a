"""Client certificates: asked for, never demanded, passed on as they are."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from addons.settings import ClientTls
from addons.tls_asking import AskingContext, AskingTls
from proxy.errors import UsageError
from proxy.tapstream import Opened
from tests.support.certificates import Authority, Issued
from tests.support.peers import RESET, TlsPeer
from tests.support.stages import CLIENT_NAME, Keys, Stage, through
from tests.support.taps import MemorySource


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    """Fresh certificates."""
    return Keys.make(tmp_path)


@pytest.fixture
def people(tmp_path: Path) -> Authority:
    """Who vouches for employees; the wire knows nothing of it."""
    return Authority(tmp_path, "people")


@pytest.fixture
def source() -> MemorySource:
    """Remembers what was opened."""
    return MemorySource()


@pytest.fixture
def stage(keys: Keys, source: MemorySource) -> Iterator[Stage]:
    """A wire that asks."""
    with through(source, client_keys=keys, ask=True) as stage:
        yield stage


def shown(
    stage: Stage, source: MemorySource, keys: Keys, person: Issued | None
) -> Opened:
    """One exchange of somebody with this certificate; what the tap was told."""
    context = keys.client_context()
    if person is not None:
        context.load_cert_chain(person.certificate, person.key)
    return _exchange(stage, source, context)


def _exchange(stage: Stage, source: MemorySource, context: ssl.SSLContext) -> Opened:
    stage.use(context, None)
    client = stage.connect()
    server = stage.accept()
    client.send(b"ping")
    server.until(4)
    server.send(b"pong")
    client.until(4)
    client.close()
    server.close()
    return source.taps[-1].opened


def handshake(asking: AskingContext, context: ssl.SSLContext) -> AskingTls:
    """A handshake in memory; the server's side of it."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(down, up, server_hostname=CLIENT_NAME)
    server = asking.wrap_bio(up, down)
    for side in (client, server) * 3:
        with contextlib.suppress(ssl.SSLWantReadError):
            side.do_handshake()
    return server


def der(path: Path) -> bytes:
    """The certificate of a PEM file."""
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    return certificate.public_bytes(Encoding.DER)


def test_certificate_of_a_client_is_passed_on(
    stage: Stage, source: MemorySource, keys: Keys, people: Authority
) -> None:
    """Byte for byte as it was shown, with what TLS was agreed on."""
    person = people.person("jansen")

    opened = shown(stage, source, keys, person)

    assert opened.client_certificate == der(person.certificate)
    assert opened.client_chain == ()
    assert (opened.sni, opened.tls_version) == (CLIENT_NAME, "TLSv1.3")


def test_client_without_a_certificate_is_let_through(
    stage: Stage, source: MemorySource, keys: Keys
) -> None:
    """Asking is not demanding."""
    opened = shown(stage, source, keys, None)

    assert (opened.client_certificate, opened.client_chain) == (None, ())


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_expired_certificate_refuses_nobody(
    version: ssl.TLSVersion,
    stage: Stage,
    source: MemorySource,
    keys: Keys,
    people: Authority,
) -> None:
    """Who got through without the wire gets through it."""
    person = people.person("jansen", expired=True)
    context = keys.client_context()
    context.maximum_version = version
    context.load_cert_chain(person.certificate, person.key)

    opened = _exchange(stage, source, context)

    assert opened.client_certificate == der(person.certificate)


def test_chain_is_passed_on_beside_the_leaf(
    stage: Stage, source: MemorySource, keys: Keys, people: Authority, tmp_path: Path
) -> None:
    """Authorities in between are the client's to bring."""
    between = Authority(tmp_path, "between", people)
    person = between.person("jansen")
    pem = person.certificate.read_text() + between.path.read_text()
    person.certificate.write_text(pem)

    opened = shown(stage, source, keys, person)

    assert opened.client_certificate == der(person.certificate)
    assert opened.client_chain == (der(between.path),)


@pytest.mark.parametrize(("most", "passed"), [(100, 0), (4096, 1)])
def test_certificates_beyond_the_bound_are_not_passed_on(
    most: int, passed: int, keys: Keys, people: Authority
) -> None:
    """OPEN frames are kept until they are committed, so they stay small."""
    person = people.person("jansen")
    context = keys.client_context()
    context.load_cert_chain(person.certificate, person.key)

    tls = handshake(AskingContext(keys.client_tls(ask=True), most=most), context)

    assert len(tls.certificates()) == passed


def test_session_is_never_resumed(
    stage: Stage, source: MemorySource, keys: Keys, people: Authority
) -> None:
    """A resumed session would have lost the chain: each connection shows it."""
    person = people.person("jansen")
    context = keys.client_context()
    context.load_cert_chain(person.certificate, person.key)

    opened = [_exchange(stage, source, context) for _ in range(2)]

    assert [one.client_certificate for one in opened] == [der(person.certificate)] * 2


@pytest.mark.parametrize(
    ("offered", "agreed"),
    [(["h2", "http/1.1"], "http/1.1"), (["h2"], None), ([], None)],
)
def test_only_http_1_is_agreed_on(
    offered: list[str], agreed: str | None, stage: Stage, keys: Keys
) -> None:
    """What is relayed must be readable; a client that knows no other goes on."""
    context = keys.client_context()
    if offered:
        context.set_alpn_protocols(offered)
    stage.use(context, None)

    client = stage.connect()
    stage.accept().close()
    client.close()

    assert isinstance(client, TlsPeer)
    assert client.tls.selected_alpn_protocol() == agreed


def test_bytes_that_are_no_tls_end_the_connection(stage: Stage) -> None:
    """And are counted as a handshake that failed."""
    stage.use(None, None)
    client = stage.connect()

    client.send(b"GET / HTTP/1.1\r\n\r\n")
    client.to_end()
    client.close()

    assert stage.wire is not None
    assert stage.wire.listener().handshake_failures == 1


def test_broken_record_after_the_handshake_aborts_both_sides(
    stage: Stage, keys: Keys
) -> None:
    """As with the other TLS: what follows it cannot be trusted."""
    stage.use(keys.client_context(), None)
    client, server = stage.connect(), stage.accept()

    client.sock.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))
    server.to_end()
    client.close()
    server.close()

    assert server.end == RESET


def test_key_of_another_certificate_is_refused_before_listening(keys: Keys) -> None:
    """In the same words as without asking."""
    mixed = ClientTls(
        certificate=keys.wire.certificate, key=keys.application.key, ask=True
    )

    with pytest.raises(UsageError, match="belong together"):
        AskingContext(mixed)


def test_lowest_version_is_the_configured_one(keys: Keys) -> None:
    """Old browsers are let in where the operator says so, and nowhere else."""
    old = keys.client_context()
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1
    settings = keys.client_tls(ask=True)

    agreed = handshake(AskingContext(replace(settings, minimum="1.0")), old)

    assert agreed.version() == "TLSv1"
    with pytest.raises(ssl.SSLError, match="unsupported protocol"):
        handshake(AskingContext(settings), old)
