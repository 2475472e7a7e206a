"""The keys of the question service."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.config import Config, read
from proxy.config.asking import QUESTIONS
from proxy.document import Problems

MINIMAL = """\
applications:
  tickets: {rules: rules.yaml, listen: 127.0.0.1:8080, upstream: "http://127.0.0.1:9"}
"""


def _read(tmp_path: Path, more: str) -> tuple[Config | None, str]:
    (tmp_path / "rules.yaml").write_text("application: tickets\n")
    problems = Problems("whosaw.yaml")
    config = read(MINIMAL + more, tmp_path / "whosaw.yaml", problems)
    return config, str(problems)


def test_nobody_is_answered_unless_it_is_configured(tmp_path: Path) -> None:
    """No port is opened that nobody asked for."""
    config, problems = _read(tmp_path, "")

    assert (problems, config and config.asking) == ("", None)


def test_it_answers_on_loopback(tmp_path: Path) -> None:
    """Without a certificate; people stand beside the state."""
    config, problems = _read(tmp_path, "questions: {}\n")

    assert problems == ""
    assert config is not None
    assert config.asking is not None
    assert (config.asking.listen, config.asking.certificate) == (QUESTIONS, None)
    assert config.asking.people == config.state / "people"


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "questions.example", "[::]"])
def test_beyond_loopback_it_needs_a_certificate(tmp_path: Path, host: str) -> None:
    """Tokens and answers would pass in the clear."""
    _, problems = _read(tmp_path, f"questions: {{listen: '{host}:8741'}}\n")
    more = f"questions: {{listen: '{host}:8741', certificate: c, key: k}}\n"
    _, none = _read(tmp_path, more)

    assert "questions.certificate: missing" in problems
    assert none == ""


def test_a_certificate_has_a_key(tmp_path: Path) -> None:
    """One without the other is a mistake."""
    _, no_key = _read(tmp_path, "questions: {certificate: c}\n")
    _, no_certificate = _read(tmp_path, "questions: {key: k}\n")

    assert "questions.key: missing" in no_key
    assert "questions.certificate: missing" in no_certificate
