"""The two sides: is the port ours, and what does the application say of itself?"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import time
from collections.abc import Iterator, Mapping

from OpenSSL import SSL

from addons import tls
from proxy import status
from proxy.app.listening import bind, listener
from proxy.config import Application, Config
from proxy.doctor.finding import Finding, Grade
from proxy.errors import UnavailableError, UsageError

_WINDOWS = ("negotiate", "ntlm")
_MOST_STEPS = 64


def ports(config: Config) -> Iterator[Finding]:
    """Each port is this sidecar's, or free for it."""
    reports = status.read(config.status_directory)
    now = time.time()
    wires = [
        role
        for role, report in reports.items()
        if role.startswith("wire-") and status.alive(report, now)
    ]
    for application in config.applications:
        about = f"{application.name} at {application.listen}"
        try:
            bind(application).close()
        except UnavailableError as error:
            if wires:
                yield Finding("port", about, Grade.GOOD, "held by this sidecar")
            else:
                said = str(error).rpartition(": ")[2]
                do = "stop what has it, or give the application another port first"
                yield Finding("port", about, Grade.REFUSED, said, do)
        else:
            yield Finding("port", about, Grade.GOOD, "free")


def applications(config: Config) -> Iterator[Finding]:
    """One handshake and one HEAD request to each application."""
    for application in config.applications:
        try:
            yield from _ask(application)
        except (OSError, http.client.HTTPException, UsageError) as error:
            yield Finding(
                "application",
                application.name,
                Grade.REFUSED,
                f"{application.upstream} does not answer: {_why(error)}",
                "users would see the same; look at upstream and upstream_tls",
            )


def _ask(application: Application) -> Iterator[Finding]:
    upstream, settings = application.upstream, listener(application, 0).upstream_tls
    context = None if settings is None else tls.upstream_context(settings)
    with socket.create_connection(
        (upstream.host, upstream.port), application.connect_timeout
    ) as plain:
        if context is None or settings is None:
            status_, headers = _head(plain, upstream.host)
        else:
            name = settings.server_name or upstream.host
            with context.wrap_socket(plain, server_hostname=name) as secure:
                status_, headers = _head(secure, name)
    said = f"{upstream} answers HEAD / with {status_}"
    yield Finding("application", application.name, Grade.GOOD, said)
    secured = application.tls is not None or context is not None
    yield from answered(application.name, headers, secured=secured)
    if context is not None:
        yield asks(application.name, _wants_certificate(application))


def _head(connection: socket.socket, name: str) -> tuple[int, Mapping[str, str]]:
    request = http.client.HTTPConnection(name)
    request.sock = connection
    request.request("HEAD", "/", headers={"User-Agent": "whosaw-doctor"})
    answer = request.getresponse()
    found: dict[str, str] = {}
    for key, value in answer.getheaders():
        key = key.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return answer.status, found


def answered(
    name: str, headers: Mapping[str, str], *, secured: bool
) -> Iterator[Finding]:
    """What a header says about a sidecar in between.

    Args:
        name: the application.
        headers: of its answer, names in lower case.
        secured: TLS ends at the sidecar.
    """
    elsewhere = headers.get("alt-svc", "").strip()
    if elsewhere and elsewhere != "clear":
        yield Finding(
            "alternative",
            name,
            Grade.BAD,
            f"Alt-Svc leads browsers to {elsewhere[:100]}, around the sidecar",
            "take the header away in the application's front end, and drop UDP 443",
        )
    offered = {word.split()[0].lower() for word in _challenges(headers)}
    if secured and offered & set(_WINDOWS):
        yield Finding(
            "extended protection",
            name,
            Grade.NOTE,
            "logs in by Windows (Negotiate or NTLM) over TLS; whether it asks for "
            "Extended Protection is not told before a login",
            "with Required every login fails behind a sidecar: IIS, Windows "
            "Authentication, Advanced Settings must say Off or Accept, or this "
            "application cannot be recorded",
        )


def _challenges(headers: Mapping[str, str]) -> list[str]:
    found = headers.get("www-authenticate", "").split(",")
    return [each.strip() for each in found if each.strip()]


def asks(name: str, wanted: bool | None) -> Finding:
    """An application that asks browsers for certificates itself."""
    about = "client certificate"
    if wanted is None:
        return Finding(about, name, Grade.NOTE, "the handshake does not tell")
    if not wanted:
        return Finding(about, name, Grade.GOOD, "the application asks for none")
    return Finding(
        about,
        name,
        Grade.REFUSED,
        "the application asks for a client certificate in the handshake: a proxy "
        "cannot show it the browser's, whose key never leaves the browser",
        "let the sidecar ask (tls.client_certificates: request) and the application "
        "take the name from a header, or do not put a sidecar in front of it",
    )


def _wants_certificate(application: Application) -> bool | None:
    """Whether a CertificateRequest is in the handshake (RFC 8446 4.3.2, RFC 5246
    7.4.4); None when there is none to look at."""
    upstream, secure = application.upstream, application.upstream_tls
    assert secure is not None
    steps: list[str] = []

    def note(connection: SSL.Connection, _where: int, _result: int) -> None:
        if len(steps) < _MOST_STEPS:
            steps.append(connection.get_state_string().decode().lower())

    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_info_callback(note)
    where = (upstream.host, upstream.port)
    with socket.create_connection(where, application.connect_timeout) as plain:
        plain.settimeout(None)
        connection = SSL.Connection(context, plain)
        connection.set_tlsext_host_name(secure.server_name.encode())
        connection.set_connect_state()
        with contextlib.suppress(SSL.Error):
            # Refused for want of a certificate, perhaps: the steps tell.
            connection.do_handshake()
    if not any("server certificate" in step for step in steps):
        return None
    return any("certificate request" in step for step in steps)


def _why(error: Exception) -> str:
    if isinstance(error, (ssl.SSLError, OSError)):
        return tls.reason(error)
    return str(error) or type(error).__name__
