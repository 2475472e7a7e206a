"""The same conversation direct and through a wire: identical at both ends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import uvloop

from tests.support.conversations import ALL, SMALL, UNTIL_CLOSE, Conversation
from tests.support.peers import CUT, END, RESET, TlsPeer
from tests.support.stages import Keys, Outcome, Stage, direct, through
from tests.support.taps import FailingSource, HoldingSource, MemorySource
from tests.support.waiting import until

TO_BROWSERS = frozenset({"tls-client", "tls-asking", "tls-both"})
SIDES = ("plain", "tls-client", "tls-asking", "tls-server", "tls-both")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """One authority for the module."""
    return Keys.make(tmp_path_factory.mktemp("keys"))


class Stages:
    """Wires with a remembering tap, one per combination of TLS."""

    def __init__(self, stack: ExitStack, keys: Keys) -> None:
        self.sources = {side: MemorySource() for side in SIDES}
        self.by_side: dict[str, Stage] = {
            side: stack.enter_context(
                through(
                    self.sources[side],
                    client_keys=keys if side in TO_BROWSERS else None,
                    server_keys=keys if side in {"tls-server", "tls-both"} else None,
                    ask=side == "tls-asking",
                )
            )
            for side in SIDES
        }
        self.direct = direct()
        self._expected: dict[str, Outcome] = {}

    def expected(self, conversation: Conversation) -> Outcome:
        """What happens without a wire; played once."""
        if conversation.name not in self._expected:
            self._expected[conversation.name] = self.direct.play(conversation)
        return self._expected[conversation.name]


@pytest.fixture(scope="module")
def stages(keys: Keys) -> Iterator[Stages]:
    """All wires of the module."""
    with ExitStack() as stack:
        made = Stages(stack, keys)
        yield made
        made.direct.close()


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("conversation", ALL, ids=lambda each: each.name)
def test_conversation_is_the_same_through_the_wire(
    conversation: Conversation, side: str, stages: Stages
) -> None:
    """Bytes both ways and the way either end ended: nobody can tell the wire."""
    expected = stages.expected(conversation)

    outcome = stages.by_side[side].play(conversation)

    assert expected == outcome


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("conversation", SMALL, ids=lambda each: each.name)
def test_tap_gets_exactly_the_bytes_that_passed(
    conversation: Conversation, side: str, stages: Stages
) -> None:
    """The evidence rests on this copy: equal bytes, equal totals, one end."""
    source = stages.sources[side]
    before = len(source.taps)

    outcome = stages.by_side[side].play(conversation)

    (tap,) = source.taps[before:]
    until(lambda: tap.ended, "the tap was told the end")
    assert tap.ended is not None
    assert (outcome.server, outcome.client) == (bytes(tap.up), bytes(tap.down))
    assert (len(tap.up), len(tap.down)) == (tap.ended.up, tap.ended.down)
    assert (RESET in {outcome.client_saw, outcome.server_saw}) == tap.ended.abort
    assert tap.order.count("end") == 1
    assert tap.order[-1] == "end"
    assert sorted(tap.times) == tap.times


@pytest.fixture(scope="module")
def holding(keys: Keys) -> Iterator[dict[str, Stage]]:
    """A plain wire and one with TLS on both sides, which hold for a moment."""
    with (
        through(HoldingSource()) as plain,
        through(HoldingSource(), client_keys=keys, server_keys=keys) as tls,
    ):
        yield {"plain": plain, "tls-both": tls}


@pytest.mark.parametrize("side", ["plain", "tls-both"])
@pytest.mark.parametrize("conversation", ALL, ids=lambda each: each.name)
def test_gate_that_holds_every_byte_for_a_moment_changes_none(
    conversation: Conversation,
    side: str,
    holding: dict[str, Stage],
    stages: Stages,
) -> None:
    """And whatever ends a direction comes behind what was held of it."""
    expected = stages.expected(conversation)

    outcome = holding[side].play(conversation)

    assert expected == outcome


@pytest.fixture(scope="module")
def failing(keys: Keys) -> Iterator[tuple[FailingSource, Stage, Stage]]:
    """A plain wire and one with TLS on both sides, whose taps raise."""
    source = FailingSource()
    with (
        through(source) as plain,
        through(source, client_keys=keys, server_keys=keys) as tls,
    ):
        yield source, plain, tls


@pytest.mark.parametrize("conversation", ALL, ids=lambda each: each.name)
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_tap_that_raises_on_every_call_changes_no_byte(
    conversation: Conversation,
    tls: bool,
    failing: tuple[FailingSource, Stage, Stage],
    stages: Stages,
) -> None:
    """Observing may fail; relaying may not. The tap is called once and detached."""
    source, plain, over_tls = failing
    stage = over_tls if tls else plain
    calls, detached, ended = source.data_calls, source.detached, len(source.ended)

    outcome = stage.play(conversation)

    assert stages.expected(conversation) == outcome
    until(lambda: len(source.ended) == ended + 1, "the totals were still told")
    assert source.data_calls - calls <= 1
    assert source.detached - detached == 1


@pytest.mark.parametrize("conversation", SMALL, ids=lambda each: each.name)
def test_conversation_is_the_same_on_the_other_event_loop(
    conversation: Conversation, stages: Stages, keys: Keys
) -> None:
    """Python 3.13 has no uvloop here; asyncio's own loop must do the same."""
    other = MemorySource()

    with through(
        other, client_keys=keys, server_keys=keys, loop=asyncio.SelectorEventLoop
    ) as stage:
        outcome = stage.play(conversation)

    assert stages.expected(conversation) == outcome


def test_tls_stream_that_is_cut_stays_cut(keys: Keys) -> None:
    """FIN without close_notify may be forged; the client must be able to see it."""
    source = MemorySource()

    with through(source, client_keys=keys, server_keys=keys) as stage:
        client = stage.connect()
        server = stage.accept()
        assert isinstance(server, TlsPeer)
        server.send(b"half a bo")
        server.cut()
        client.to_end()
        client.close()
        server.close()

    assert (bytes(client.received), client.end) == (b"half a bo", CUT)


def test_tls_client_of_a_plain_server_gets_close_notify(
    stages: Stages,
) -> None:
    """A body until close is whole only if TLS says it is."""
    outcome = stages.by_side["tls-client"].play(UNTIL_CLOSE)

    assert outcome.client_saw == END


@pytest.mark.parametrize("loop", [uvloop.new_event_loop, asyncio.SelectorEventLoop])
def test_tap_that_cannot_even_be_opened_changes_no_byte(
    loop: type[asyncio.SelectorEventLoop], stages: Stages
) -> None:
    """The connection is unobserved and counted, nothing more."""
    source = FailingSource(open_fails=True)

    with through(source, loop=loop) as stage:
        outcome = stage.play(UNTIL_CLOSE)
        assert stage.wire is not None
        status = stage.wire.listener()

    assert stages.expected(UNTIL_CLOSE) == outcome
    assert status.taps_failed == 1
