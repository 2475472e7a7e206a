"""What is remembered of sessions is bounded, and what is forgotten counted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proxy.extraction.memory import Memory, SessionMemory


def test_a_session_finds_what_it_put_and_no_other_does() -> None:
    """By any of its keys."""
    memory = Memory()
    SessionMemory(memory, (b"a",), (b"b",)).put("layout", 1, 10)

    assert SessionMemory(memory, (b"a",)).get("layout") == 1
    assert SessionMemory(memory, (b"x", b"b")).get("layout") == 1
    assert SessionMemory(memory, (b"c",)).get("layout") is None
    assert SessionMemory(memory, (b"a",)).get("other") is None
    assert SessionMemory(memory, ()).get("layout") is None


def test_the_least_recently_used_is_forgotten_first() -> None:
    """Asking makes recent."""
    memory = Memory(700)
    for name in (b"a", b"b", b"c"):
        memory.put(name, 0, name, 0)
    memory.get(b"a", 0)

    memory.put(b"d", 0, b"d", 0)

    assert [memory.get(name, 0) for name in (b"a", b"b", b"c", b"d")] == [
        b"a",
        None,
        b"c",
        b"d",
    ]
    assert memory.forgotten == 1


def test_what_is_larger_than_the_bound_is_not_kept() -> None:
    """Nor is what it replaces: it is out of date."""
    memory = Memory(1000)
    memory.put(b"a", 0, "old", 0)

    memory.put(b"a", 0, "huge", 5000)

    assert memory.get(b"a", 0) is None
    assert (len(memory), memory.bytes, memory.forgotten) == (0, 0, 1)


@given(
    st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c", b"d"]), st.integers(0, 2000)))
)
def test_the_bound_holds_whatever_is_put(puts: list[tuple[bytes, int]]) -> None:
    """And the count of bytes is right."""
    memory = Memory(3000)

    for session, size in puts:
        memory.put(session, 0, size, size)

    held = [memory.get(session, 0) for session in (b"a", b"b", b"c", b"d")]
    assert memory.bytes == sum(size + 200 for size in held if isinstance(size, int))
    assert memory.bytes <= 3000
