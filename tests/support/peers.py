"""Real peers over real sockets: what they send, receive, and how an end looks.

A peer blocks; a script drives it in a thread of its own. TLS is pumped through
memory, because ``ssl.SSLSocket`` can neither half-close nor tell a cut stream
from one that ended in order.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from typing import Final

from typing_extensions import override

TIMEOUT: Final = 20.0
"""Only bounds failure: a relay that loses the end of something."""

END: Final = "end"
"""FIN, or close_notify under TLS."""
CUT: Final = "cut"
"""FIN without close_notify under TLS."""
RESET: Final = "reset"


class Peer:
    """One end of a plain TCP connection."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(TIMEOUT)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = sock
        self.received = bytearray()
        self.end = ""
        """How the other side ended, once it has."""

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self.sock.sendall(data)

    def _receive(self) -> bytes:
        data = self.sock.recv(65536)
        if not data:
            self.end = END
        return data

    def more(self) -> bool:
        """Receive once; false when the other side has ended."""
        try:
            data = self._receive()
        except ConnectionError:
            self.end = RESET
        else:
            self.received += data
        return not self.end

    def until(self, total: int) -> None:
        """Receive until so many bytes have come in all."""
        while len(self.received) < total:
            if not self.more():
                raise AssertionError(f"{self.end} after {len(self.received)} bytes")

    def until_bytes(self, mark: bytes) -> None:
        """Receive until what has come ends with these bytes."""
        while not self.received.endswith(mark):
            if not self.more():
                raise AssertionError(f"{self.end} after {bytes(self.received[-80:])!r}")

    def to_end(self) -> None:
        """Receive until the other side ends, in whatever way."""
        while self.more():
            pass

    def half_close(self) -> None:
        """End the own direction, go on receiving."""
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Abort: the other side gets RST."""
        linger = struct.pack("ii", 1, 0)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.sock.close()

    def close(self) -> None:
        """End both directions."""
        self.sock.close()


class TlsPeer(Peer):
    """One end of a TLS connection; the handshake is done by the constructor."""

    def __init__(
        self, sock: socket.socket, context: ssl.SSLContext, name: str | None = None
    ) -> None:
        super().__init__(sock)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._lock = threading.Lock()
        """OpenSSL must not read and write one connection at the same time."""
        self.tls = context.wrap_bio(
            self._incoming,
            self._outgoing,
            server_side=name is None,
            server_hostname=name,
        )
        self._handshake()

    def _handshake(self) -> None:
        while True:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                data = self.sock.recv(65536)
                if not data:
                    raise ConnectionResetError("no handshake") from None
                self._incoming.write(data)
            else:
                self._flush()
                return

    def _flush(self) -> None:
        if self._outgoing.pending:
            self.sock.sendall(self._outgoing.read())

    @override
    def send(self, data: bytes) -> None:
        """Send all of it, as records."""
        view = memoryview(data)
        while view:
            with self._lock:
                view = view[self.tls.write(view[:65536]) :]
                records = self._outgoing.read()
            self.sock.sendall(records)

    @override
    def _receive(self) -> bytes:
        while True:
            try:
                with self._lock:
                    data = self.tls.read(65536)
            except ssl.SSLWantReadError:
                raw = self.sock.recv(65536)
                if not raw:
                    self.end = CUT
                    return b""
                with self._lock:
                    self._incoming.write(raw)
            except ssl.SSLZeroReturnError:
                self.end = END
                return b""
            else:
                if not data:
                    self.end = END
                return data

    @override
    def half_close(self) -> None:
        """Send close_notify and FIN, go on receiving."""
        self._notify()
        super().half_close()

    def cut(self) -> None:
        """Send FIN without close_notify, go on receiving."""
        super().half_close()

    @override
    def close(self) -> None:
        """Send close_notify, then end both directions."""
        with contextlib.suppress(OSError):
            self._notify()
        super().close()

    def _notify(self) -> None:
        # It wants the other side's close_notify, which may come later.
        with contextlib.suppress(ssl.SSLError):
            self.tls.unwrap()
        self._flush()
