"""Two wires, two processes, one inherited socket."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.ordering import order
from tests.support.waiting import until
from tests.support.wires import listening, port_of

ROOT = Path(__file__).parents[2]
REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Application:
    """Answers requests, keep-alive, a thread per connection."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.served = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._sock.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with sock:
            rest = b""
            try:
                while data := sock.recv(65536):
                    rest += data
                    while REQUEST in rest:
                        rest = rest.replace(REQUEST, b"", 1)
                        self.served += 1
                        sock.sendall(RESPONSE)
            except ConnectionError:
                pass


@contextmanager
def wire_process(front: socket.socket, port: int) -> Iterator[subprocess.Popen[str]]:
    """A wire that listens; ended when the block is left."""
    fd = front.fileno()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.wire_process", str(fd), str(port)],
        pass_fds=[fd],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.terminate()


def _ask(port: int, requests: int, stop: threading.Event) -> Counter[str]:
    """Connections with a few requests each; an end between them is no loss."""
    outcomes: Counter[str] = Counter()
    while not stop.is_set():
        with socket.create_connection(("127.0.0.1", port), timeout=20) as sock:
            for _ in range(requests):
                outcome = _one(sock)
                outcomes[outcome] += 1
                if outcome != "answered" or stop.wait(0.002):
                    break
    return outcomes


def _one(sock: socket.socket) -> str:
    try:
        sock.sendall(REQUEST)
        received = b""
        while len(received) < len(RESPONSE):
            data = sock.recv(65536)
            if not data:
                return "cut" if received else "ended"
            received += data
    except ConnectionError:
        return "reset"
    return "answered" if received == RESPONSE else "wrong"


def test_closing_one_of_two_wires_under_load_resets_nobody() -> None:
    """Both accept; the one that ends drains, and its queue goes to the other."""
    stop = threading.Event()
    with ExitStack() as stack:
        front = stack.enter_context(listening())
        back = stack.enter_context(listening())
        application = Application(back)
        first = stack.enter_context(wire_process(front, port_of(back)))
        second = stack.enter_context(wire_process(front, port_of(back)))
        pool = stack.enter_context(ThreadPoolExecutor(12))
        port = port_of(front)
        asking = [pool.submit(_ask, port, 1 + n % 4 * 5, stop) for n in range(12)]
        try:
            until(lambda: application.served > 300, "load")
            first.terminate()
            assert first.stdout is not None
            first_total, first_aborted = map(int, first.stdout.readline().split())
            served = application.served
            until(lambda: application.served > served + 200, "load on the other one")
        finally:
            stop.set()
        outcomes = sum((each.result(30) for each in asking), Counter[str]())
        second.terminate()
        assert second.stdout is not None
        second_total, _ = map(int, second.stdout.readline().split())

    assert first_total > 0
    assert second_total > 0
    assert first_aborted == 0
    assert set(outcomes) <= {"answered", "ended"}
    assert outcomes["answered"] >= 500


def test_a_view_on_another_wire_than_its_login_has_its_name(tmp_path: Path) -> None:
    """Forty users; the view follows the login's answer at once."""
    found = order(tmp_path, 2_400)

    assert found.clean, found
    # Which wire gets a connection is the kernel's choice.
    assert found.crossed > 0
