"""Handing events over: a recorder that is not there, or goes away, is told."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from proxy.deposit import EVENTS, deposit
from proxy.errors import UnavailableError
from proxy.tapstream import Kind, pack
from tests.support.rows import PAIRED


def test_no_recorder_is_a_clear_error(tmp_path: Path) -> None:
    """With what to do."""
    with pytest.raises(UnavailableError, match="is it running"):
        deposit(tmp_path / "tap.sock", [PAIRED])


def test_a_recorder_that_goes_away_tells_how_much_is_on_disk(tmp_path: Path) -> None:
    """After one answer it is gone."""
    path = tmp_path / "tap.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def serve() -> None:
            line, _ = server.accept()
            with line:
                line.recv(64)
                line.sendall(pack(Kind.DEPOSITED, 0, EVENTS, 0))

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(UnavailableError, match=f"{EVENTS} events are on disk"):
            deposit(path, [PAIRED] * (3 * EVENTS))
        thread.join()


def test_nothing_to_hand_over_is_nothing(tmp_path: Path) -> None:
    """An empty list asks for no answer."""
    path = tmp_path / "tap.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        assert deposit(path, []) == 0
