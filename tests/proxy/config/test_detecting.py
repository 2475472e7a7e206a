"""The ``detections`` of a config file."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.config import Config, load
from proxy.config.model import PushKind
from proxy.document import Address
from proxy.errors import UsageError
from tests.support.sidecars import Front, write_config
from tests.support.tickets import RULES


def read(directory: Path, more: str) -> Config:
    """The config with these lines."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    path = write_config(directory, [front])
    path.write_text(path.read_text() + more)
    return load(path)


def test_without_it_nothing_runs_on_a_schedule(tmp_path: Path) -> None:
    """Off by default; ``whosaw detect`` works all the same."""
    assert read(tmp_path, "").detections is None


def test_what_is_said_counts_and_the_rest_has_defaults(tmp_path: Path) -> None:
    """Paths count from the config's folder."""
    (tmp_path / "thresholds.yaml").write_text("{}")
    found = read(
        tmp_path,
        "detections:\n  thresholds: thresholds.yaml\n  push:\n"
        "    http: https://siem.example/in\n    token_file: siem-token\n",
    ).detections

    assert found is not None
    assert found.thresholds == tmp_path / "thresholds.yaml"
    assert (found.every, found.review_within) == (3_600, 5 * 86_400)
    assert found.push is not None
    assert found.push.kind is PushKind.HTTP
    assert found.push.token_file == tmp_path / "siem-token"


def test_findings_may_go_to_syslog_instead(tmp_path: Path) -> None:
    """One receiver."""
    text = "detections: {every: 5m, push: {syslog: '127.0.0.1:601'}}\n"
    found = read(tmp_path, text).detections

    assert found is not None
    assert found.push is not None
    assert (found.every, found.push.address) == (300, Address("127.0.0.1", 601))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{thresholds: none.yaml}", "there is no such file"),
        ("{push: {}}", "either http or syslog"),
        ("{push: {http: 'http://a', syslog: 'b:1'}}", "either http or syslog"),
        ("{every: 0s}", "every"),
        ("{treshold: x}", "unknown key"),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, text: str, said: str) -> None:
    """With what is expected."""
    with pytest.raises(UsageError, match=said):
        read(tmp_path, f"detections: {text}\n")
