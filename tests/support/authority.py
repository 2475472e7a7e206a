"""A time-stamping authority of our own (RFC 3161), and an HTTP receiver."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from typing_extensions import override

_CONFIG = """
[ tsa ]
default_tsa = here
[ here ]
serial = {place}/serial
signer_cert = {place}/tsa.pem
signer_key = {place}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[ req ]
distinguished_name = name
[ name ]
[ ca ]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[ stamping ]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
"""


def _run(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)


@dataclass
class Receiver:
    """What was posted, and how it answers."""

    url: str
    bodies: list[bytes] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    status: int = 200


class TimestampAuthority:
    """Root and signer in a directory; answers with ``openssl ts``."""

    def __init__(self, place: Path) -> None:
        place.mkdir(parents=True, exist_ok=True)
        self.place = place
        self.root = place / "root.pem"
        config = place / "openssl.cnf"
        config.write_text(_CONFIG.format(place=place))
        (place / "serial").write_text("01\n")
        shared = ("-config", str(config), "-nodes", "-newkey", "rsa:2048")
        _run(
            *("req", "-x509", *shared, "-keyout", str(place / "root.key")),
            *("-subj", "/CN=root", "-extensions", "ca", "-days", "30"),
            *("-out", str(self.root)),
        )
        _run(
            *("req", *shared, "-keyout", str(place / "tsa.key"), "-subj", "/CN=tsa"),
            *("-out", str(place / "tsa.csr")),
        )
        _run(
            *("x509", "-req", "-in", str(place / "tsa.csr"), "-CA", str(self.root)),
            *("-CAkey", str(place / "root.key"), "-CAcreateserial", "-days", "30"),
            *("-extfile", str(config), "-extensions", "stamping"),
            *("-out", str(place / "tsa.pem")),
        )

        self.replays: bytes = b""
        """A query that is answered whatever is asked."""

    def answer(self, query: bytes) -> bytes:
        """A response to a query."""
        query = self.replays or query
        (self.place / "query").write_bytes(query)
        _run(
            *("ts", "-reply", "-config", str(self.place / "openssl.cnf")),
            *("-queryfile", str(self.place / "query")),
            *("-out", str(self.place / "reply")),
        )
        return (self.place / "reply").read_bytes()


@contextmanager
def receiving(authority: TimestampAuthority | None = None) -> Iterator[Receiver]:
    """A server that keeps what it is sent; with an authority, that answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.bodies.append(body)
            receiver.paths.append(self.path)
            answer = authority.answer(body) if authority else b""
            self.send_response(receiver.status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}
    )
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
