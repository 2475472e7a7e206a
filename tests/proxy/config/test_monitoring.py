"""The keys of monitoring."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.config import Config, read
from proxy.config.monitoring import ADMIN
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

    assert problems == ""
    assert config is not None
    assert (config.admin, config.telemetry) == (None, None)


def test_the_admin_server_answers_on_loopback(tmp_path: Path) -> None:
    """Without a token, and on the port of Prometheus exporters."""
    config, problems = _read(tmp_path, "admin: {}\n")

    assert problems == ""
    assert config is not None
    assert config.admin is not None
    assert (config.admin.listen, config.admin.token_file) == (ADMIN, None)


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "sidecar.example", "[::]"])
def test_beyond_loopback_a_token_is_required(tmp_path: Path, host: str) -> None:
    """Figures are nobody else's business."""
    _, problems = _read(tmp_path, f"admin: {{listen: '{host}:9464'}}\n")
    _, none = _read(tmp_path, f"admin: {{listen: '{host}:9464', token_file: t}}\n")

    assert "admin.token_file: missing" in problems
    assert none == ""


def test_metrics_are_pushed_to_a_url(tmp_path: Path) -> None:
    """Every fifteen seconds unless told otherwise."""
    config, problems = _read(tmp_path, "telemetry: {otlp: http://h:4318/v1/metrics}\n")
    _, missing = _read(tmp_path, "telemetry: {interval: 1s}\n")

    assert problems == ""
    assert config is not None
    assert config.telemetry is not None
    assert config.telemetry.interval == 15.0
    assert "telemetry.otlp: missing" in missing
