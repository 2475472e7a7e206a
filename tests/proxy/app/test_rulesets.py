"""Rule sets with the files they refer to: every mistake at the start, none later."""

from __future__ import annotations

from pathlib import Path

from proxy.app.rulesets import MAX_FILE, load_file
from proxy.document import Problems
from proxy.ruleset.model import RuleSet
from tests.support.certificates import Authority

RULES = """
application: app
session: none
identity:
  - client_certificate: {ca: keys/ca.pem, name: subject.CN}
records:
  client:
    request: "GET /client/{id}"
    action: view
    subject: {type: client, id: path.id}
"""


def written(folder: Path, ca: bytes | None) -> Path:
    """The rule file, and beside it what it refers to."""
    path = folder / "rules.yaml"
    path.write_text(RULES)
    (folder / "keys").mkdir()
    if ca is not None:
        (folder / "keys" / "ca.pem").write_bytes(ca)
    return path


def test_files_stand_relative_to_the_rule_set(tmp_path: Path) -> None:
    """And are handed over under the name the rule set gave them."""
    (tmp_path / "made").mkdir()
    ca = Authority(tmp_path / "made").path.read_bytes()

    found = load_file(written(tmp_path, ca))

    assert isinstance(found, RuleSet), str(found)
    assert found.materials.file("keys/ca.pem") == ca
    assert "BEGIN" not in repr(found)


def test_a_file_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    """The message names it."""
    found = load_file(written(tmp_path, None))

    assert isinstance(found, Problems)
    assert "keys/ca.pem: cannot be read" in str(found)


def test_a_broken_file_stops_the_start_and_is_not_quoted(tmp_path: Path) -> None:
    """It may hold a key."""
    found = load_file(written(tmp_path, b"SECRET-THAT-IS-NO-CERTIFICATE"))

    assert isinstance(found, Problems)
    assert "keys/ca.pem" in str(found)
    assert "SECRET" not in str(found)


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    """Certificates have a few thousand bytes."""
    found = load_file(written(tmp_path, b"x" * (MAX_FILE + 1)))

    assert isinstance(found, Problems)
    assert f"larger than {MAX_FILE} bytes" in str(found)
