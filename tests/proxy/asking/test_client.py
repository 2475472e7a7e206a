"""What commands are told when there is no answer."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest

from proxy.asking.client import Access, ask
from proxy.asking.model import Ask, Rows
from proxy.errors import UnavailableError, UsageError

QUESTION = Ask(
    question="gaps",
    reason="case 7",
    start=datetime(2026, 5, 1, tzinfo=UTC),
    end=datetime(2026, 6, 1, tzinfo=UTC),
)


@contextmanager
def peer(answer: bytes) -> Iterator[str]:
    """Answers one connection with these bytes, and ends it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            line, _ = listener.accept()
            with line:
                line.recv(65_536)
                line.sendall(answer)

        thread = Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def said(status: str, body: bytes) -> bytes:
    """An answer."""
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (
        status.encode(),
        len(body),
        body,
    )


@pytest.mark.parametrize(
    ("answer", "error", "text"),
    [
        (said("400 Bad", b'{"error":"no such question"}'), UsageError, "no such"),
        (said("401 No", b'{"error":"not known here"}'), UsageError, "not known"),
        (said("503 No", b'{"error":"no room"}'), UnavailableError, "no room"),
        (said("502 No", b"<html>"), UnavailableError, "HTTP status 502"),
        (said("200 OK", b"<html>"), UnavailableError, "does not understand"),
        (said("200 OK", b'{"rows": 5}'), UnavailableError, "does not understand"),
        (b"\x00\x01", UnavailableError, "does not answer"),
        (b"", UnavailableError, "does not answer"),
    ],
)
def test_each_refusal_has_its_exit_code(
    answer: bytes, error: type[Exception], text: str
) -> None:
    """And never a token."""
    with peer(answer) as url, pytest.raises(error, match=text) as caught:
        ask(Access(url=url, token="joan:canary"), QUESTION, Rows)

    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://questions.example:1", "ftp://x", "nothing"])
def test_a_token_does_not_leave_the_host_in_the_clear(url: str) -> None:
    """Nobody is connected to."""
    with pytest.raises(UsageError):
        ask(Access(url=url, token="joan:canary"), QUESTION, Rows)


def test_an_authority_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Before anything is sent."""
    access = Access(url="https://127.0.0.1:9", token="x:y", ca=tmp_path / "none")

    with pytest.raises(UsageError, match="no authority"):
        ask(access, QUESTION, Rows)


def test_the_token_is_not_printed() -> None:
    """Neither in a trace."""
    assert "canary" not in repr(Access(url="http://127.0.0.1:1", token="a:canary"))
