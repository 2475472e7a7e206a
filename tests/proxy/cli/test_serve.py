"""Commands that keep running, as far as they refuse to; and ``migrate``."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.app import sidecar
from proxy.cli import run
from proxy.errors import ExitCode
from tests.support.embedded import EmbeddedStore
from tests.support.sidecars import Front, write_config
from tests.support.tickets import RULES

FRONT = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")


def external(directory: Path, url: str, password: str, database: str) -> Path:
    """A config whose store is somebody else's."""
    secret = directory / "password"
    secret.touch(0o600)
    secret.write_text(password)
    config = write_config(directory, [FRONT])
    kept, _ = config.read_text().split("store:")
    config.write_text(
        f"{kept}store:\n  url: {url}\n  password_file: password\n"
        f"  database: {database}\n"
    )
    return config


def test_migrate_plans_then_applies_then_has_nothing_to_do(
    tmp_path: Path, embedded_store: EmbeddedStore, capsys: pytest.CaptureFixture[str]
) -> None:
    """``--plan`` changes nothing; applying twice changes nothing more."""
    config = external(
        tmp_path, embedded_store.url, embedded_store.writer_password, "migrated"
    )
    command = ["migrate", "--config", str(config)]

    said = []
    for more in (["--plan"], ["--plan"], [], [], ["--plan"]):
        assert run([*command, *more]) == ExitCode.OK
        said.append(capsys.readouterr().out.splitlines())

    assert said[0] == said[1]
    assert said[0][0].startswith("0001")
    assert all("statements to run" in line for line in said[0])
    assert [line.split(":")[0] + " applied" for line in said[0]] == said[2]
    assert said[3] == said[4] == ["the schema is up to date"]


def test_migrate_with_a_wrong_password_ends_with_3(
    tmp_path: Path, embedded_store: EmbeddedStore, capsys: pytest.CaptureFixture[str]
) -> None:
    """The store said no; the password is not repeated."""
    config = external(tmp_path, embedded_store.url, "not-the-password", "refused")

    code = run(["migrate", "--config", str(config)])

    said = capsys.readouterr().err
    assert code == ExitCode.UNAVAILABLE
    assert f"the store at {embedded_store.url}" in said
    assert "not-the-password" not in said


def test_migrate_without_a_store_ends_with_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Trying again may help."""
    config = external(tmp_path, "http://127.0.0.1:1", "word", "absent")

    code = run(["migrate", "--config", str(config)])

    assert code == ExitCode.UNAVAILABLE
    assert "the store at http://127.0.0.1:1" in capsys.readouterr().err


def test_a_password_file_others_may_read_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the command that repairs it."""
    config = external(tmp_path, "http://127.0.0.1:1", "word", "open")
    (tmp_path / "password").chmod(0o644)

    code = run(["migrate", "--config", str(config)])

    said = capsys.readouterr().err
    assert code == ExitCode.USAGE
    assert "chmod 600" in said


def test_serving_a_store_that_is_not_embedded_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is not this sidecar's to serve."""
    config = external(tmp_path, "http://127.0.0.1:1", "word", "whosaw")

    code = run(["store", "--config", str(config)])

    assert code == ExitCode.USAGE
    assert "store.embedded is not true" in capsys.readouterr().err


def test_an_unknown_role_is_refused_with_the_known_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every unknown one is named."""
    config = write_config(tmp_path, [FRONT])

    code = run(["run", "--role", "wires", "--role=wire", "--config", str(config)])

    assert code == ExitCode.USAGE
    said = capsys.readouterr().err
    assert "--role wires: expected " in said
    assert all(role in said for role in sidecar.ROLES)


def test_the_help_of_run_names_every_role(capsys: pytest.CaptureFixture[str]) -> None:
    """The text is written by hand; the roles are the supervisor's."""
    from proxy.app.sidecar import ROLES

    run(["run", "--help"])

    assert ", ".join(ROLES) in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("pair", ["tickets", "tickets=", "=3x", "tickets=three"])
def test_a_descriptor_that_is_no_number_is_refused(
    tmp_path: Path, pair: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """``APPLICATION=NUMBER``."""
    config = write_config(tmp_path, [FRONT])

    code = run(["wire", "--listen-fd", pair, "--config", str(config)])

    assert code == ExitCode.USAGE
    assert f"--listen-fd {pair}: expected APPLICATION=NUMBER" in capsys.readouterr().err
