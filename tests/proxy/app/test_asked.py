"""The inquiry of a command: on disk, or there is no answer."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from proxy.app.account import account
from proxy.app.asked import inquiry_of, node_of, record
from proxy.asking.asked import Asked
from proxy.clock import SystemClock
from proxy.config import Config, load
from proxy.errors import UsageError
from proxy.journal import Journal, JournalReader
from proxy.seal_key import create
from tests.support.sidecars import Front, write_config
from tests.support.tickets import RULES
from tests.support.waiting import until


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Of a host whose store is away."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    return load(write_config(tmp_path, [front]))


def entries(config: Config) -> int:
    """How many inquiries are on disk."""
    return JournalReader(config.asked_directory / "journal").tail()[1]


def test_who_asks_is_the_account_of_the_system(config: Config) -> None:
    """With a prefix that no person of the question service has."""
    made = inquiry_of(Asked(question="why", reason=" case 7 ", about="view a:1:2"), 5)

    assert made.person == f"account {account()}"
    assert (made.reason, made.about) == ("case 7", "view a:1:2")
    assert (made.at_ns, made.from_ns, made.to_ns) == (5, 5, 5)
    assert len(made.inquiry) == 32


@pytest.mark.parametrize("reason", ["", " \n", "x" * 2_001])
def test_a_reason_is_needed_and_bounded(config: Config, reason: str) -> None:
    """2,000 characters, as of a hold; nothing is touched without one."""
    made = inquiry_of(Asked(question="why", reason=reason), 1)

    with pytest.raises(UsageError, match="--reason"):
        record(config, made)

    assert not config.asked_directory.exists()


def test_it_is_sealed_with_the_key_of_the_sidecar_only(config: Config) -> None:
    """A key made here would sign what nobody's public key verifies."""
    made = inquiry_of(Asked(question="why", reason="x"), 1)

    told = record(config, made)
    assert told == f"there is no seal key {config.seals.key} to seal it with"
    assert not config.seals.key.exists()
    assert not any((config.asked_directory / "seals").glob("*.jsonl"))
    create(config.seals.key)
    told = record(config, made)
    assert told
    assert "seal key" not in told

    assert entries(config) == 2
    (sealed,) = (config.asked_directory / "seals").glob("*.jsonl")
    assert node_of(config) in sealed.name


def test_commands_wait_for_each_other(config: Config) -> None:
    """One writes the journal; the other has its turn after."""
    made = inquiry_of(Asked(question="why", reason="x"), 1)
    directory = config.asked_directory / "journal"
    directory.mkdir(parents=True)
    other = Journal.open(directory, node_of(config), clock=SystemClock())
    asking = threading.Thread(target=record, args=(config, made))

    asking.start()
    other.close()
    asking.join(60)

    until(lambda: entries(config) == 1, "it is on disk")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another")
def test_root_leaves_files_of_whom_the_state_is() -> None:
    """Else the sidecar's account could record no inquiry any more."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    # Not below pytest's own directory, which no other account may pass.
    with TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        config = load(write_config(Path(directory), [front]))
        config.state.mkdir(exist_ok=True)
        os.chown(config.state, 65_534, 65_534)

        record(config, inquiry_of(Asked(question="why", reason="x"), 1))

        owners = {path.stat().st_uid for path in config.asked_directory.rglob("*")}
    assert os.geteuid() == 0
    assert owners == {65_534}
