"""Write constraints.txt anew: what resolves today, on each Python there is.

``make pins`` makes a throw-away environment for every ``pythonX.Y`` on the
path, lets pip resolve the project with its extras, and merges the versions. A
version all Pythons agree on is one line; where they differ, each line carries
a marker. No index host is recorded: pins are names and versions only. The extra
`kerberos` is compiled, so Debian's libkrb5-dev has to be there.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

PYTHONS = ("3.11", "3.12", "3.13")
ROOT = Path(__file__).parents[1]
HEADER = """\
# Versions the tests passed with. Written by `make pins`; read by `make setup`.
# mitmproxy 12 needs Python 3.12, so 3.11 keeps 11.0.2 and what that asks for.
"""


def merge(frozen: dict[str, dict[str, str]]) -> list[str]:
    """Lines of a constraints file from versions by Python, by package.

    >>> merge({"3.11": {"a": "1", "b": "1"}, "3.12": {"a": "1", "b": "2"}})
    ['a==1', "b==1; python_version == '3.11'", "b==2; python_version == '3.12'"]
    """
    by_package: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for python, versions in frozen.items():
        for package, version in versions.items():
            by_package[package].setdefault(version, []).append(python)
    lines = []
    for package in sorted(by_package, key=str.lower):
        versions_of = by_package[package]
        if len(versions_of) == 1 and len(next(iter(versions_of.values()))) == len(
            frozen
        ):
            lines.append(f"{package}=={next(iter(versions_of))}")
            continue
        for version, pythons in sorted(versions_of.items(), key=lambda item: item[1]):
            marker = " or ".join(f"python_version == '{p}'" for p in pythons)
            lines.append(f"{package}=={version}; {marker}")
    return lines


def resolve(python: str, directory: Path) -> dict[str, str]:
    """Install the project for this interpreter and read what came."""
    subprocess.run([python, "-m", "venv", str(directory)], check=True)
    pip = str(directory / "bin" / "pip")
    subprocess.run(
        [pip, "install", "--quiet", "--editable", f"{ROOT}[dev,kerberos]"], check=True
    )
    frozen = subprocess.run(
        [pip, "freeze", "--exclude-editable"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return parse(frozen)


def parse(frozen: str) -> dict[str, str]:
    """Package to version, from the lines of ``pip freeze``."""
    pairs = (line.split("==", 1) for line in frozen.splitlines() if "==" in line)
    return {name.strip(): version.strip() for name, version in pairs}


def _runs(python: str) -> bool:
    """Whether it is an interpreter: a version manager's stub may stand there."""
    found = subprocess.run([python, "--version"], check=False, capture_output=True)
    return found.returncode == 0


def main() -> int:
    """Resolve on each Python present and write the file."""
    frozen: dict[str, dict[str, str]] = {}
    for version in PYTHONS:
        python = shutil.which(f"python{version}")
        if python is None or not _runs(python):
            sys.stderr.write(f"python{version} is not here, left out\n")
            continue
        with tempfile.TemporaryDirectory() as directory:
            frozen[version] = resolve(python, Path(directory) / "venv")
    text = HEADER + "\n".join(merge(frozen)) + "\n"
    (ROOT / "constraints.txt").write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
