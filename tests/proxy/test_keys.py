"""The key file: refused when open to others, never quoted."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.errors import UsageError
from proxy.keys import load, load_or_create, parse, rotate, secret, secret_or_create

HEX = "ab" * 32


def test_a_missing_key_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    """The second load gives the same keys."""
    path = tmp_path / "state" / "keys"

    first = load_or_create(path)
    second = load_or_create(path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert first.session_key == second.session_key
    assert first.subject_key != first.session_key


def test_a_key_file_others_may_read_is_refused(tmp_path: Path) -> None:
    """Whoever reads the key can undo the pseudonyms."""
    path = tmp_path / "keys"
    load_or_create(path)
    path.chmod(0o640)

    with pytest.raises(UsageError, match="chmod 600"):
        load(path)


def test_the_highest_number_of_a_kind_is_in_use() -> None:
    """Older keys stay readable for older rows."""
    keys = parse(f"session 1 {HEX}\nsubject 1 {HEX}\nsubject 3 {'cd' * 32}\n", "keys")

    assert keys.subject_key_id == 3
    assert keys.subject_key == bytes.fromhex("cd" * 32)
    assert set(keys.subject) == {1, 3}


@pytest.mark.parametrize(
    "line", ["subject one " + HEX, "subject 2 abcd", "other 1 " + HEX, "x", "a b c d"]
)
def test_a_wrong_line_is_named_and_never_quoted(line: str) -> None:
    """An error message is no place for a key."""
    with pytest.raises(UsageError) as caught:
        parse(f"session 1 {HEX}\nsubject 1 {HEX}\n{line}\n", "keys")

    assert str(caught.value).startswith("keys:3:")
    assert HEX not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_kind_without_a_key_is_an_error() -> None:
    """Half a key file would make rows nobody can ask for."""
    with pytest.raises(UsageError, match="no subject key"):
        parse(f"session 1 {HEX}\n", "keys")


def test_keys_are_not_in_the_representation(tmp_path: Path) -> None:
    """A traceback or a log line must not carry them."""
    keys = load_or_create(tmp_path / "keys")

    assert keys.subject_key.hex() not in repr(keys)


def test_a_secret_is_made_once_and_kept_closed(tmp_path: Path) -> None:
    """The embedded store's password survives a restart."""
    path = tmp_path / "store-password"

    first = secret_or_create(path)

    assert secret_or_create(path) == first
    path.chmod(0o644)
    with pytest.raises(UsageError, match="chmod 600"):
        secret(path)


def test_a_rotated_key_is_in_use_and_the_older_one_stays(tmp_path: Path) -> None:
    """Old rows can still be asked for; the file stays its owner's alone."""
    path = tmp_path / "keys"
    before = load_or_create(path)

    number = rotate(path, "subject")

    after = load(path)
    assert (number, after.subject_key_id) == (2, 2)
    assert after.subject[1] == before.subject_key
    assert after.session == before.session
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["keys"]


def test_a_file_of_before_there_were_recovery_keys_gets_one(tmp_path: Path) -> None:
    """Until then no id is recorded."""
    path = tmp_path / "keys"
    path.write_text(f"session 1 {HEX}\nsubject 1 {HEX}")
    path.chmod(0o600)
    assert load(path).recovering is None

    rotate(path, "recovery")

    found = load(path).recovering
    assert found is not None
    assert found.key_id == 1


def test_no_key_of_another_kind_is_made(tmp_path: Path) -> None:
    """The file stays as it was."""
    path = tmp_path / "keys"
    load_or_create(path)
    before = path.read_bytes()

    with pytest.raises(UsageError, match="session, subject, recovery"):
        rotate(path, "seal")

    assert path.read_bytes() == before


def test_plain_ids_need_no_key_and_have_a_number_of_their_own(tmp_path: Path) -> None:
    """Whoever asks needs no file; of search terms there is none."""
    keys = load(tmp_path / "none", plain=True)

    assert (keys.subject_key, keys.subject_key_id) == (b"", 0)
    assert dict(keys.subject) == {0: b""}
    assert keys.term_keys == {}
    assert keys.recovering == keys.recoveries[0]


def test_a_file_remembers_that_ids_were_once_plain(tmp_path: Path) -> None:
    """Written by the first start with plain ids, once, beside keys for the rest. Back
    under a key new rows have its number, and those of before are still asked for."""
    path = tmp_path / "keys"

    plain = load_or_create(path, plain=True)
    load_or_create(path, plain=True)
    back = load_or_create(path)

    assert path.read_text().count("subject 0 plain") == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert (plain.subject_key_id, back.subject_key_id) == (0, 1)
    assert set(back.subject) == set(plain.subject) == {0, 1}
    assert set(back.recoveries) == {0, 1}
    assert plain.recovering == plain.recoveries[0]
    assert back.recovering == back.recoveries[1]
    assert set(back.term_keys) == {1}


def test_older_keys_stay_when_ids_become_plain(tmp_path: Path) -> None:
    """Rows of before are asked for as they were made."""
    path = tmp_path / "keys"
    before = load_or_create(path)

    assert set(load_or_create(path, plain=True).subject) == {0, 1}
    assert load(path).subject[1] == before.subject_key


@pytest.mark.parametrize("line", ["subject 0 " + HEX, "session 0 " + HEX])
def test_no_key_has_the_number_of_plain_ids(line: str) -> None:
    """A row's key number alone says that its id was kept as it is."""
    with pytest.raises(UsageError, match="keys:3: expected"):
        parse(f"session 1 {HEX}\nsubject 1 {HEX}\n{line}\n", "keys")


def test_plain_ids_alone_are_no_key_of_a_sidecar(tmp_path: Path) -> None:
    """Back under keys there must be one: nothing falls back to plain silently."""
    path = tmp_path / "keys"
    path.touch(0o600)
    path.write_text(f"session 1 {HEX}\nsubject 0 plain\n")

    with pytest.raises(UsageError, match="no subject key"):
        load(path)
    with pytest.raises(UsageError, match="no subject key"):
        load_or_create(path, plain=True)
