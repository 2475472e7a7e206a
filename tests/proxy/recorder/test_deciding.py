"""From exchanges and gaps to events."""

from __future__ import annotations

import pytest

from proxy.events import ExchangeRecorded
from proxy.recorder.assembly import Assembly
from proxy.recorder.deciding import place_of
from tests.support.frames import RESPONSE, Collected, Conversation, hello, request
from tests.support.pipelines import PlainPipeline


def test_place_of_a_fault_says_where_and_not_what() -> None:
    """The message of an exception may quote traffic."""
    with pytest.raises(ValueError, match="password") as caught:
        raise ValueError("password=hunter2")

    place = place_of(caught.value)

    assert place.startswith("ValueError at ")
    assert "test_deciding.py:" in place
    assert "hunter2" not in place
    assert place_of(ValueError("never raised")) == "ValueError at nowhere"


def test_recorded_bytes_are_those_the_exchange_covers() -> None:
    """Empty lines before it are its own; sessions go with the same release."""
    output = Collected()
    assembly = Assembly({"sonar": PlainPipeline()}, output)
    source = assembly.connected(hello())
    talk = Conversation()

    assembly.feed(
        source,
        [
            talk.open(),
            talk.data(True, b"\r\n\r\n" + request("/a")),
            talk.data(False, RESPONSE),
        ],
    )

    (event,) = output.events
    assert isinstance(event, ExchangeRecorded)
    assert (4, 4 + len(request("/a"))) == (event.request_offset, event.request_bytes)
    assert output.sessions == [(b"last", b"/a")]
    status = assembly.status()
    assert (
        status["exchanges"],
        status["unattributed"],
        status["gaps"],
        status["gaps_by_kind"],
        status["connections"],
    ) == (1, 1, 0, {}, 1)
