"""Who runs this process, as the system tells."""

from __future__ import annotations

import os
from pathlib import Path

from proxy.app.account import account


def test_who_became_another_is_named_by_his_login(tmp_path: Path) -> None:
    """The account somebody logged in with comes first; nobody's is no name."""
    login = tmp_path / "loginuid"
    mine = account(tmp_path / "none")

    for text in ("", "4294967295", str(os.getuid())):
        login.write_text(text)
        assert account(login) == mine
    login.write_text("4000000000")
    assert account(login) == f"uid 4000000000 as {mine}"
