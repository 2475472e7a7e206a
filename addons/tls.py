"""TLS contexts: one per listener and direction, made before anything listens.

A context costs milliseconds and holds the session tickets; made per connection
(as mitmproxy's own TLS addon does) it would rule the cost of every handshake
and never resume a session. Only ``http/1.1`` is offered by ALPN: what the wire
relays must be what its observer can read.
"""

from __future__ import annotations

import ssl
import warnings
from pathlib import Path
from typing import Final

from addons.settings import ClientTls, TlsVersion, UpstreamTls
from proxy.errors import UsageError

ALPN: Final = ["http/1.1"]
VERSIONS: Final[dict[TlsVersion, ssl.TLSVersion]] = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}
OLD_CIPHERS: Final = "DEFAULT:@SECLEVEL=0"
"""OpenSSL 3 knows TLS 1.0 and 1.1 only at security level 0."""


class ClientFacing(ssl.SSLObject):
    """TLS towards one browser; knows the name the browser asked for."""

    sni: str | None = None


def _note_name(
    tls: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext
) -> None:
    if isinstance(tls, ClientFacing):
        tls.sni = name


def server_context(settings: ClientTls) -> ssl.SSLContext:
    """The context towards browsers.

    Raises:
        UsageError: a file is missing, unreadable, or key and certificate differ.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _common(context, settings.minimum)
    context.sslobject_class = ClientFacing
    context.sni_callback = _note_name
    for path in (settings.certificate, settings.key):
        _readable(path)
    try:
        context.load_cert_chain(settings.certificate, settings.key, password=_refuse)
    except (ssl.SSLError, OSError, ValueError) as error:
        raise UsageError(
            f"certificate {settings.certificate} with key {settings.key} cannot be"
            f" used: {reason(error)}; both must be PEM, belong together, and the key"
            " must not be encrypted"
        ) from error
    return context


def upstream_context(settings: UpstreamTls) -> ssl.SSLContext:
    """The context towards the application: always verified, name included.

    Raises:
        UsageError: the file of authorities is missing or holds none, or no cipher
            of that name is known.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _common(context, settings.minimum)
    if settings.ciphers is not None:
        try:
            context.set_ciphers(settings.ciphers)
        except ssl.SSLError as error:
            raise UsageError(
                f"ciphers {settings.ciphers!r}: OpenSSL knows none of them; "
                "openssl ciphers -v lists what it knows"
            ) from error
    if settings.ca is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        return context
    _readable(settings.ca)
    try:
        context.load_verify_locations(cafile=settings.ca)
    except (ssl.SSLError, OSError) as error:
        raise UsageError(
            f"authorities {settings.ca} cannot be used: {reason(error)};"
            " the file must hold PEM certificates"
        ) from error
    return context


def reason(error: BaseException) -> str:
    """What went wrong, in OpenSSL's words but without its source locations."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate verify failed: {error.verify_message}"
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.lower().replace("_", " ")
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def _common(context: ssl.SSLContext, minimum: TlsVersion) -> None:
    with warnings.catch_warnings():
        # Python deprecates 1.0 and 1.1; the operator asked for them by name.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = VERSIONS[minimum]
    if minimum in {"1.0", "1.1"}:
        context.set_ciphers(OLD_CIPHERS)
    context.set_alpn_protocols(ALPN)


def _readable(path: Path) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {reason(error)}") from error


def _refuse() -> str:
    # Without a callback OpenSSL would ask on the terminal.
    raise ValueError("the key is encrypted")
