"""How the sidecar and its commands get to the store."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.app.access import password, store_client
from proxy.config import Config, load
from proxy.errors import UsageError
from tests.support.sidecars import Front, write_config
from tests.support.tickets import RULES


def config(directory: Path, store: str = "") -> Config:
    """With this ``store`` section, or an embedded one."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    path = write_config(directory, [front])
    if store:
        kept, _ = path.read_text().split("store:")
        path.write_text(f"{kept}store:\n{store}")
    return load(path)


def test_an_embedded_store_gets_its_password_at_the_first_start(tmp_path: Path) -> None:
    """Made once, long, and for its owner only."""
    embedded = config(tmp_path)

    first = password(embedded)

    file = embedded.store.password_file
    assert first == password(embedded) == file.read_text().strip()
    assert len(first) >= 32
    assert file.stat().st_mode & 0o077 == 0


def test_the_password_of_another_store_is_never_invented(tmp_path: Path) -> None:
    """A missing file is a mistake, not an occasion."""
    other = config(tmp_path, "  url: http://127.0.0.1:1\n  password_file: word\n")

    with pytest.raises(UsageError, match="word"):
        password(other)
    assert not (tmp_path / "word").exists()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_password_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    """Whatever the others are."""
    other = config(tmp_path, "  url: http://127.0.0.1:1\n  password_file: word\n")
    (tmp_path / "word").write_text("secret")
    (tmp_path / "word").chmod(mode)

    with pytest.raises(UsageError, match="chmod 600") as refused:
        store_client(other)
    assert "secret" not in str(refused.value)
