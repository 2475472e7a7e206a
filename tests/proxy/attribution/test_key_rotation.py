"""The session key of the key file is replaced while employees are logged in."""

from __future__ import annotations

from proxy.attribution.asked import Asked
from proxy.attribution.attribute import Attribution
from proxy.attribution.sessions import Sessions
from proxy.events import Actor
from proxy.exchange.model import Exchange
from proxy.keys import parse
from tests.support.browsing import LATER, exchange
from tests.support.naming import ROTATING

FIRST = "session 1 " + "11" * 32 + "\nsubject 1 " + "33" * 32 + "\n"
BOTH = FIRST + "session 2 " + "22" * 32 + "\n"
SECOND = BOTH.replace("session 1 " + "11" * 32 + "\n", "")


class Recorder:
    """One recorder's life with a key file; starts from what another persisted."""

    def __init__(self, keys: str, before: Recorder | None = None) -> None:
        file = parse(keys, "keys")
        self.sessions = Sessions()
        self.blobs: dict[bytes, bytes] = {}
        if before is not None:
            self.blobs = dict(before.blobs)
            self.sessions.load(self.blobs.items(), 0)
        self._attribution = Attribution(
            ROTATING,
            "app",
            self.sessions,
            file.session_key,
            older=file.older_session_keys,
        )

    def see(self, one: Exchange) -> Actor:
        """Who the exchange is of."""
        observed = self._attribution.observe(one, Asked(one.request), "1-1-0")
        settled = self._attribution.settle(observed)
        for key, blob in self.sessions.changes(dict.fromkeys(settled.touched), 0):
            if blob is not None:
                self.blobs[key] = blob
        return settled.actor


def login(user: str, session: str, at: int = LATER) -> Exchange:
    """A login that the application accepts."""
    return exchange(
        "/login",
        at=at,
        form=f"username={user}&password=x",
        status=302,
        location="/home",
        set_cookie=f"SID={session}",
    )


def page(session: str, at: int) -> Exchange:
    """A page within a session."""
    return exchange("/client/1", at=at, cookie=f"SID={session}")


def test_sessions_of_the_old_key_go_on_under_both() -> None:
    """Two keys live: the table knows the one, new sessions get the other."""
    first = Recorder(FIRST)
    first.see(login("jansen", "s1"))
    both = Recorder(BOTH, first)

    old = both.see(page("s1", 2 * LATER))
    both.see(login("pietersen", "s2", 3 * LATER))
    new = both.see(page("s2", 4 * LATER))

    assert (old.name, new.name) == ("jansen", "pietersen")
    assert bytes.fromhex(old.session) in first.blobs
    assert bytes.fromhex(new.session) not in first.blobs


def test_a_session_of_the_new_key_outlives_the_old_one() -> None:
    """The old line is removed when the sessions of before are over."""
    both = Recorder(BOTH, Recorder(FIRST))
    both.see(login("pietersen", "s2"))
    second = Recorder(SECOND, both)

    assert second.see(page("s2", 2 * LATER)).name == "pietersen"


def test_without_the_old_key_its_sessions_are_unknown_not_somebodys() -> None:
    """Removed too early it costs names, and gives none."""
    first = Recorder(FIRST)
    first.see(login("jansen", "s1"))
    second = Recorder(SECOND, first)

    seen = second.see(page("s1", 2 * LATER))

    assert (seen.name, seen.reason) == ("", "unknown_session")


def test_logout_and_rotation_reach_sessions_of_the_old_key() -> None:
    """Whatever happens to them happens under their own digest."""
    first = Recorder(FIRST)
    first.see(login("jansen", "s1"))
    first.see(login("pietersen", "s2"))
    both = Recorder(BOTH, first)
    both.see(exchange("/logout", at=2 * LATER, cookie="SID=s1"))
    moved = exchange("/a", at=3 * LATER, cookie="SID=s2", set_cookie="SID=s3")
    both.see(moved)

    assert both.see(page("s1", 4 * LATER)).reason == "logged_out"
    assert both.see(page("s3", 5 * LATER)).name == "pietersen"


def test_the_highest_number_is_in_use_and_the_others_are_older() -> None:
    """Newest first; with one key there is none."""
    assert parse(FIRST, "keys").older_session_keys == ()
    three = BOTH + "session 10 " + "44" * 32 + "\n"
    assert parse(three, "keys").session_key == bytes.fromhex("44" * 32)
    assert parse(three, "keys").older_session_keys == (
        bytes.fromhex("22" * 32),
        bytes.fromhex("11" * 32),
    )
