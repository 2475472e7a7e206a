"""TLS towards browsers that may show a certificate, whichever they show.

The standard library can ask for a client certificate only by verifying it in
the handshake, and then refuses the connection of everybody whose certificate is
expired or of another authority: people who got through before the wire was
there. OpenSSL itself can ask and accept any, and pyOpenSSL (which mitmproxy
brings along) gives access to that. This module makes it look like
``ssl.SSLObject``, as far as ``addons.tls_layer`` uses one.

That the client holds the certificate's key is proved by the handshake. Whether
anybody vouches for it is asked where names are given
(``proxy.attribution.schemes.certificate``), never here. Sessions are not
resumed: a resumed one has lost the chain.
"""

from __future__ import annotations

import ssl
from typing import Final

from OpenSSL import SSL, crypto

from addons.settings import ClientTls, TlsVersion
from addons.tls import ALPN, OLD_CIPHERS, reason, server_context
from proxy.errors import UsageError

CHAIN_MOST: Final = 8
"""Certificates passed on; a chain has two or three."""
BYTES_MOST: Final = 32 * 1024
"""Of all of them together; above it none is passed on, and OPEN stays small."""

_VERSIONS: Final[dict[TlsVersion, int]] = {
    "1.0": SSL.TLS1_VERSION,
    "1.1": SSL.TLS1_1_VERSION,
    "1.2": SSL.TLS1_2_VERSION,
    "1.3": SSL.TLS1_3_VERSION,
}


class AskingTls:
    """One connection's TLS; the server's side of it."""

    def __init__(
        self,
        context: SSL.Context,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        most: int = BYTES_MOST,
    ) -> None:
        self._connection = SSL.Connection(context, None)
        self._connection.set_accept_state()
        self._incoming = incoming
        self._outgoing = outgoing
        self._most = most

    @property
    def sni(self) -> str | None:
        """The name the browser asked for."""
        name = self._connection.get_servername()
        return None if name is None else name.decode("latin-1")

    def certificates(self) -> tuple[bytes, ...]:
        """DER of what the client showed, its own first; empty when nothing."""
        leaf = self._connection.get_peer_certificate()
        if leaf is None:
            return ()
        rest = self._connection.get_peer_cert_chain() or []
        found = dict.fromkeys(map(_der, [leaf, *rest[: CHAIN_MOST + 1]]))
        fitting = tuple(found)[: CHAIN_MOST + 1]
        return fitting if sum(map(len, fitting)) <= self._most else ()

    def do_handshake(self) -> None:
        """As far as it goes with what has arrived."""
        self._take()
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            raise ssl.SSLWantReadError from None
        except SSL.Error as error:
            raise _as_ssl(error) from None
        finally:
            self._give()

    def read(self, size: int) -> bytes:
        """Plain text of what has arrived."""
        self._take()
        try:
            return self._connection.recv(size)
        except SSL.WantReadError:
            raise ssl.SSLWantReadError from None
        except SSL.ZeroReturnError:
            raise ssl.SSLZeroReturnError from None
        except SSL.Error as error:
            raise _as_ssl(error) from None
        finally:
            self._give()

    def pending(self) -> int:
        """More may be there: what was taken in cannot be asked for its records."""
        return 1

    def write(self, data: bytes | memoryview) -> int:
        """Encrypt; how much was taken."""
        try:
            return self._connection.send(bytes(data))
        except SSL.Error as error:
            raise _as_ssl(error) from None
        finally:
            self._give()

    def unwrap(self) -> None:
        """Announce the end."""
        try:
            self._connection.shutdown()
        except SSL.Error as error:
            raise _as_ssl(error) from None
        finally:
            self._give()

    def version(self) -> str | None:
        """``TLSv1.3``."""
        return self._connection.get_protocol_version_name()

    def _take(self) -> None:
        if self._incoming.pending:
            self._connection.bio_write(self._incoming.read())

    def _give(self) -> None:
        try:
            while data := self._connection.bio_read(65536):
                self._outgoing.write(data)
        except SSL.WantReadError:
            pass


class AskingContext:
    """Makes ``AskingTls`` with one listener's certificate.

    Raises:
        UsageError: a file is missing, unreadable, or key and certificate differ.
    """

    def __init__(self, settings: ClientTls, *, most: int = BYTES_MOST) -> None:
        server_context(settings)  # says clearly what is wrong with the files
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_min_proto_version(_VERSIONS[settings.minimum])
        if settings.minimum in {"1.0", "1.1"}:
            context.set_cipher_list(OLD_CIPHERS.encode())
        context.set_options(
            SSL.OP_NO_COMPRESSION | SSL.OP_CIPHER_SERVER_PREFERENCE | SSL.OP_NO_TICKET
        )
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
        # Its annotation has the callback wrong.
        context.set_alpn_select_callback(_select)  # type: ignore[arg-type]
        context.set_tlsext_servername_callback(lambda _: None)
        try:
            context.use_certificate_chain_file(str(settings.certificate))
            context.use_privatekey_file(str(settings.key))
        except SSL.Error as error:
            raise UsageError(
                f"certificate {settings.certificate} with key {settings.key} cannot"
                f" be used: {reason(_as_ssl(error))}"
            ) from None
        self._context = context
        self._most = most

    def wrap_bio(self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO) -> AskingTls:
        """The server's side of a new connection."""
        return AskingTls(self._context, incoming, outgoing, self._most)


def _select(_: SSL.Connection, offered: list[bytes]) -> bytes | object:
    for name in ALPN:
        if name.encode() in offered:
            return name.encode()
    return SSL.NO_OVERLAPPING_PROTOCOLS


def _der(certificate: crypto.X509) -> bytes:
    return crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)


def _as_ssl(error: SSL.Error) -> ssl.SSLError:
    """The standard library's exception with OpenSSL's reason."""
    found = error.args[0] if error.args else ()
    if isinstance(found, list | tuple) and found and isinstance(found[-1], tuple):
        return ssl.SSLError(1, str(found[-1][-1]))
    return ssl.SSLError(1, type(error).__name__)
