"""Secrets, room and speed."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from proxy.config import Config, load
from proxy.doctor.files import disk, quick, room, secrets
from proxy.doctor.finding import Grade
from proxy.keys import load_or_create
from tests.support.sidecars import Front, write_config
from tests.support.tickets import RULES

GIB = 2**30


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """An embedded store, seals on, an admin server with a token."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    more = "admin: {listen: '127.0.0.1:1', token_file: token}"
    return load(write_config(tmp_path, [front], more=more))


def test_what_is_made_at_the_start_is_not_missed(config: Config) -> None:
    """Keys, seal key and the embedded store's password; the token is missing."""
    found = {Path(each.about).name: each.grade for each in secrets(config)}

    assert found.pop("token") is Grade.REFUSED
    assert set(found.values()) == {Grade.NOTE}
    assert len(found) == 3


def test_a_secret_that_others_may_read_is_refused(config: Config) -> None:
    """With the command that mends it."""
    assert config.admin is not None
    assert config.admin.token_file is not None
    config.admin.token_file.write_text("canary")
    config.admin.token_file.chmod(0o644)

    refused = [each for each in secrets(config) if each.grade is Grade.REFUSED]

    assert [each.do for each in refused] == [f"chmod 600 {config.admin.token_file}"]
    config.admin.token_file.chmod(0o600)
    assert not [each for each in secrets(config) if each.grade is Grade.REFUSED]


def test_a_journal_needs_a_tenth_more_than_its_bound() -> None:
    """The segment that is begun, and what else is on that disk."""
    grades = [
        room(Path("state"), int(8 * GIB * f), 8 * GIB).grade for f in (1.0, 1.09, 1.11)
    ]

    assert grades == [Grade.BAD, Grade.BAD, Grade.GOOD]


def test_a_disk_that_takes_more_than_ten_milliseconds_is_bad() -> None:
    """A gated page waits for it."""
    assert quick(Path("state"), 0.009).grade is Grade.GOOD
    assert quick(Path("state"), 0.011).grade is Grade.BAD


def test_the_disk_is_measured_and_left_as_it_was(config: Config) -> None:
    """Before the state directory exists, where it will be."""
    before = set(config.state.parent.iterdir())

    found = list(disk(config))

    assert [each.check for each in found] == ["disk", "disk"]
    assert "ms (median of 20)" in found[1].said
    assert set(config.state.parent.iterdir()) == before


def test_a_secret_that_the_sidecar_itself_cannot_read_is_refused() -> None:
    """Root sees every file; the user of the state directory does not. A Secret of
    Kubernetes is one that it can."""
    if os.geteuid() != 0:
        pytest.skip("files are given to another user: needs root")
    # Not tmp_path: its parents are for root alone.
    with TemporaryDirectory() as name:
        Path(name).chmod(0o711)
        front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
        config = load(write_config(Path(name), [front]))
        load_or_create(config.keys)
        os.chown(config.state, 65_533, 65_533)

        (refused,) = [each for each in secrets(config) if "keys" in each.about]
        os.chown(config.keys, 0, 65_533)
        config.keys.chmod(0o440)
        (given,) = [each for each in secrets(config) if "keys" in each.about]

    assert refused.grade is Grade.REFUSED
    assert "owned by the user of the sidecar" in refused.do
    assert given.grade is Grade.GOOD
