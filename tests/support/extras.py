"""Extras that ``make setup`` leaves out: installed when root, else a clear skip.

The requirement is what pyproject.toml says of the extra and the pin what
constraints.txt says of it, so that nothing is stated twice.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import pytest

from tests.support.debian import need

ROOT = Path(__file__).parents[2]


def need_extra(extra: str, module: str, *packages: str) -> None:
    """Skip the calling test, visibly, unless the extra's module can be imported.

    Args:
        extra: Its name in pyproject.toml.
        module: What it installs.
        packages: Debian packages it is compiled against.
    """
    if _importable(module):
        return
    need(*packages)
    if os.geteuid() == 0:
        _install(extra, module)
    if not _importable(module):
        pytest.skip(f"needs the extra: pip install 'whosaw[{extra}]'")


def requirements(extra: str) -> list[str]:
    """What pyproject.toml says of an extra."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    found: list[str] = project["optional-dependencies"][extra]
    return found


def _importable(module: str) -> bool:
    importlib.invalidate_caches()
    return importlib.util.find_spec(module) is not None


def _install(extra: str, module: str) -> None:
    # Workers of one run ask at the same time; one installs, the others wait.
    lock = Path(tempfile.gettempdir()) / f"extra-{extra}.{os.geteuid()}.tests.lock"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if _importable(module):
            return
        command = [sys.executable, "-m", "pip", "install", "--quiet"]
        command += ["--disable-pip-version-check", "--constraint", "constraints.txt"]
        command += requirements(extra)
        subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            check=False,
            timeout=600,
        )
