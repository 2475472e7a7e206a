"""Only known people are let in, and guessing is slow."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.asking.people import Door, NotLetIn, People, add, read
from proxy.errors import UsageError


@pytest.fixture
def joan(tmp_path: Path) -> tuple[People, str]:
    """Joan may ask; and her token."""
    path = tmp_path / "people"
    add(path, "joan", tmp_path / "joan.token")
    return People(path, Door(failures=3)), (tmp_path / "joan.token").read_text().strip()


def test_a_person_is_known_by_his_token(joan: tuple[People, str]) -> None:
    """The second time without the work of the first; both files are private."""
    people, token = joan

    assert people.who(f"Bearer {token}", "10.0.0.1", 0.0) == "joan"
    assert people.who(f"bearer {token}", "10.0.0.1", 1.0) == "joan"
    assert people.path.stat().st_mode & 0o777 == 0o600
    assert token.split(":")[1] not in people.path.read_text()
    assert people.refused == 0


@pytest.mark.parametrize(
    "said", ["", "Bearer", "Bearer joan:", "Bearer rik:TOKEN", "Basic joan:TOKEN",
             "Bearer joan:TOKENx", "Bearer joan:\udcff\x00"]
)  # fmt: skip
def test_anything_else_is_nobody(joan: tuple[People, str], said: str) -> None:
    """Without saying what was wrong."""
    people, token = joan
    secret = token.split(":")[1]

    with pytest.raises(NotLetIn) as caught:
        people.who(said.replace("TOKEN", secret), "10.0.0.1", 0.0)

    assert str(caught.value) == ""
    assert people.refused == 1


def test_who_is_taken_out_of_the_file_is_not_let_in(joan: tuple[People, str]) -> None:
    """At once, though he was a moment ago."""
    people, token = joan
    people.who(f"Bearer {token}", "10.0.0.1", 0.0)
    people.path.write_text("# nobody\n")

    with pytest.raises(NotLetIn):
        people.who(f"Bearer {token}", "10.0.0.1", 1.0)


def test_after_wrong_tokens_an_address_waits(joan: tuple[People, str]) -> None:
    """Even with the right one; another address does not, and time ends it."""
    people, token = joan
    for second in range(3):
        with pytest.raises(NotLetIn):
            people.who("Bearer joan:guess", "10.0.0.1", float(second))

    with pytest.raises(NotLetIn):
        people.who(f"Bearer {token}", "10.0.0.1", 3.0)

    assert people.who(f"Bearer {token}", "10.0.0.2", 3.0) == "joan"
    assert people.who(f"Bearer {token}", "10.0.0.1", 61.0) == "joan"
    assert people.refused == 4


def test_addresses_that_fail_are_bounded(tmp_path: Path) -> None:
    """The one that failed longest ago is forgotten."""
    path = tmp_path / "people"
    path.touch(0o600)
    people = People(path, Door(failures=1, addresses=2))

    for address in ("a", "b", "c"):
        with pytest.raises(NotLetIn):
            people.who("Bearer x:y", address, 0.0)

    assert set(people._failures) == {"b", "c"}


def test_a_person_is_added_once(tmp_path: Path) -> None:
    """A second token would be a second way in."""
    add(tmp_path / "people", "joan", tmp_path / "one")

    with pytest.raises(UsageError, match="there already"):
        add(tmp_path / "people", "joan", tmp_path / "two")
    with pytest.raises(UsageError):
        add(tmp_path / "people", "rik", tmp_path / "one")
    with pytest.raises(UsageError, match="letters"):
        add(tmp_path / "people", "a b", tmp_path / "three")

    assert set(read(tmp_path / "people")) == {"joan"}


@pytest.mark.parametrize(
    "line", ["joan", "joan scrypt 1 8 1 00 00", "joan scrypt 999999999 8 1 00 00",
             "joan md5 16384 8 1 00 00", "joan scrypt 16384 8 1 canary 00"]
)  # fmt: skip
def test_a_wrong_line_is_named_and_not_quoted(tmp_path: Path, line: str) -> None:
    """Nor is a cost that would stop the service."""
    path = tmp_path / "people"
    path.write_text(f"# people\n{line}\n")
    path.chmod(0o600)

    with pytest.raises(UsageError, match=":2: expected") as caught:
        read(path)

    assert "canary" not in str(caught.value)


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """Hashes can be guessed at."""
    path = tmp_path / "people"
    path.write_text("")
    path.chmod(0o644)

    with pytest.raises(UsageError, match="chmod 600"):
        read(path)
