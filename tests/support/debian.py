"""Debian packages the tests run against: installed when root, else a clear skip."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_asked: dict[str, bool] = {}


def have(package: str) -> bool:
    """Whether the package is installed; installs it first when root."""
    if package not in _asked:
        _asked[package] = _installed(package) or _install(package)
    return _asked[package]


def need(*packages: str) -> None:
    """Skip the calling test, visibly, unless every package is there."""
    missing = [package for package in packages if not have(package)]
    if missing:
        pytest.skip(
            f"needs Debian's {', '.join(missing)}: run as root once, "
            f"or apt-get install {' '.join(missing)}"
        )


def _installed(package: str) -> bool:
    if shutil.which("dpkg-query") is None:
        return False
    answer = subprocess.run(
        ["dpkg-query", "-W", "-f=${Status}", package],
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.startswith("install ok installed")


def _install(package: str) -> bool:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # A package must not start its service: the tests start their own.
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package],
        ):
            subprocess.run(
                ["flock", "/tmp/apt.tests.lock", *command],
                env=environment,
                capture_output=True,
                check=False,
                timeout=600,
            )
    finally:
        if ours:
            policy.unlink(missing_ok=True)
    return _installed(package)
