"""What a wire that starts alone knows of gates."""

from __future__ import annotations

from pathlib import Path

from proxy.app import gating
from proxy.config import Config, load
from tests.support.sidecars import Front, write_config

RULES = """
application: sonar
session: none
assurance: gate
records:
  client: {request: "GET /client/{id}", action: view,
    subject: {type: client, id: path.id}, on_failure: closed}
"""


def config(directory: Path) -> Config:
    """Two applications, one of them gated."""
    (directory / "gated.yaml").write_text(RULES)
    (directory / "plain.yaml").write_text(RULES.replace("gate\n", "observe\n"))
    fronts = [
        Front(
            name=name,
            rules=directory / f"{name}.yaml",
            upstream="http://127.0.0.1:1",
        )
        for name in ("gated", "plain")
    ]
    return load(write_config(directory, fronts))


def test_what_was_said_last_counts_for_a_wire_that_starts_alone(tmp_path: Path) -> None:
    """It may be newer than the rule files, or older: the recorder will say."""
    told = config(tmp_path)

    gating.keep(told, {"plain": False})

    assert gating.kept(told) == {"plain": False}


def test_rule_sets_are_asked_where_nothing_was_said_yet(tmp_path: Path) -> None:
    """A wire in a container of its own may be the first to start."""
    told = config(tmp_path)

    assert gating.kept(told) == {"gated": True}
    (told.state).mkdir()
    (told.state / "gates.json").write_bytes(b"{")
    assert gating.kept(told) == {"gated": True}


def test_word_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    """A full disk must not stop a recorder."""
    told = config(tmp_path)
    told.state.write_text("no directory")

    gating.keep(told, {"gated": True})

    assert gating.kept(told) == {"gated": True}
