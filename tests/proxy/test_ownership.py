"""What root types among another user's files stays that user's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from proxy.cli import run
from proxy.errors import ExitCode, UsageError
from proxy.keys import load_or_create
from proxy.ownership import as_owner_of, make, refuse_root
from tests.support.sidecars import Front, write_config
from tests.support.tickets import RULES

SIDECAR = 65_533
"""A user of no name, which no machine gives away."""


@pytest.fixture
def config() -> Iterator[Path]:
    """A config whose state directory is another user's, with a key file."""
    if os.geteuid() != 0:
        pytest.skip("files are given to another user: needs root")
    # Not tmp_path: its parents are for root alone.
    with TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o711)
        front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:9")
        path = write_config(directory, [front])
        load_or_create(directory / "state" / "keys")
        for each in (directory / "state", directory / "state" / "keys"):
            os.chown(each, SIDECAR, SIDECAR)
        yield path


def owners(state: Path) -> dict[str, int]:
    """Who owns what is there."""
    return {each.name: each.stat().st_uid for each in state.rglob("*")}


@pytest.mark.parametrize(
    "words",
    [
        ("bypass", "on", "--reason", "it is slow"),
        ("keys", "rotate", "subject"),
        ("keys", "make-seal-key"),
    ],
    ids=" ".join,
)
def test_a_command_of_root_leaves_nothing_of_roots(
    config: Path, words: tuple[str, ...]
) -> None:
    """The sidecar could not read its keys, wires not see a bypass."""
    assert run([*words, "--config", str(config)]) == ExitCode.OK

    found = owners(config.parent / "state")
    assert len(found) > 1 or words[1] == "rotate"
    assert set(found.values()) == {SIDECAR}
    assert (os.geteuid(), os.getegid()) == (0, 0)


def test_a_key_file_of_roots_keeps_its_group(tmp_path: Path) -> None:
    """The form of a Secret: root's, readable by the group of the sidecar."""
    if os.geteuid() != 0:
        pytest.skip("files are given to another user: needs root")
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:9")
    path = write_config(tmp_path, [front], more="keys: keys")
    keys = tmp_path / "keys"
    load_or_create(keys)
    os.chown(keys, 0, SIDECAR)
    keys.chmod(0o600)

    assert run(["keys", "rotate", "session", "--config", str(path)]) == ExitCode.OK

    assert keys.stat().st_gid == SIDECAR
    assert "session 2 " in keys.read_text()


def test_a_process_that_stays_is_refused_to_root(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its journal would be root's; the message says what to type."""
    assert run(["run", "--config", str(config)]) == ExitCode.USAGE

    assert f"runuser -u {SIDECAR} -- whosaw" in capsys.readouterr().err
    assert set(owners(config.parent / "state")) == {"keys"}


def test_the_kernel_holds_a_command_to_that_users_rights(config: Path) -> None:
    """A link that the user laid leads root nowhere."""
    secret = config.parent / "roots"
    secret.write_text("")
    secret.chmod(0o600)
    state = config.parent / "state"
    (state / "link").symlink_to(secret)

    with pytest.raises(PermissionError), as_owner_of(state):
        (state / "link").write_text("x")

    assert (os.geteuid(), os.getegid(), secret.read_text()) == (0, 0, "")


def test_ones_own_directory_is_nobody_elses(tmp_path: Path) -> None:
    """Nothing changes hands."""
    refuse_root(tmp_path)
    refuse_root(tmp_path / "not there")
    with as_owner_of(tmp_path):
        assert os.geteuid() == os.getuid()


def test_a_state_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """With the key of the config that says where."""
    (tmp_path / "file").touch()

    with pytest.raises(UsageError, match="'state' in the config"):
        make(tmp_path / "file" / "state")
    make(tmp_path / "state")
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
