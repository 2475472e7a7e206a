"""A machine of its own, started by a real systemd: ``with machine() as host``.

This host's files, seen through an overlay whose changes are forgotten, in namespaces
of its own (systemd-nspawn): the absolute paths of the pages are really there, users
and units too, and nothing of this host changes. No network but loopback, no unit of
this host. ``/opt/whosaw`` is an environment of the tests' own packages and code,
readable by every user; the project's tree is at ``TREE``.

Needs root, systemd-nspawn, overlayfs and a writable cgroup hierarchy; a host that has
them not skips the test, visibly.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.debian import need
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
TREE = "/usr/src/whosaw"
BOOT_SECONDS = 60.0
_COMMAND = """\
#!/opt/whosaw/bin/python
import sys
from proxy.__main__ import main
sys.exit(main())
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """One that runs."""

    pid: int
    """Of its systemd, as this host counts."""

    def prefix(self, folder: str = TREE) -> list[str]:
        """Words that run a command there, as root in an empty environment."""
        return [
            *("nsenter", "--target", str(self.pid), "--all", f"--wdns={folder}"),
            *("env", "-i", "HOME=/root", "LANG=C.UTF-8"),
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command, to its end."""
        return subprocess.run(
            [*self.prefix(), *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=120,
        )


@contextmanager
def machine() -> Iterator[Machine]:
    """Started until the block ends; what runs there ends with it."""
    if os.geteuid() != 0:
        pytest.skip("a machine of its own needs root")
    need("systemd", "systemd-container", "dbus", "procps")
    place = Path(tempfile.mkdtemp(prefix="whosaw-machine-"))
    try:
        _mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", str(place))
        try:
            yield from _started(place)
        finally:
            _unmount(place)
    finally:
        place.rmdir()


def _started(place: Path) -> Iterator[Machine]:
    upper, work, root = (place / name for name in ("upper", "work", "root"))
    for each in (upper, work, root):
        each.mkdir()
    layers = f"lowerdir=/,upperdir={upper},workdir={work}"
    _mount("-t", "overlay", "-o", layers, "overlay", str(root))
    try:
        binds = _furnish(root)
        with (place / "console").open("wb") as console:
            process = subprocess.Popen(
                [
                    *("systemd-nspawn", "--quiet", f"--directory={root}", "--boot"),
                    *("--register=no", "--keep-unit", "--console=pipe"),
                    *(f"--machine=whosaw-{secrets.token_hex(4)}", "--private-network"),
                    *binds,
                    "systemd.unit=basic.target",
                ],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
            )
        try:
            yield Machine(_booted(process, place / "console"))
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    finally:
        _unmount(root)


def _furnish(root: Path) -> list[str]:
    """Leave out this host's own units, put the environment there; what to bind."""
    for units in ("etc/systemd/system", "etc/systemd/network", "opt/whosaw"):
        shutil.rmtree(root / units, ignore_errors=True)
    (root / "etc/systemd/system").mkdir(parents=True)
    (root / "etc/machine-id").unlink(missing_ok=True)
    (root / "etc/machine-id").touch()
    environment = root / "opt/whosaw"
    (environment / "bin").mkdir(parents=True)
    minor = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = environment / "lib" / minor / "site-packages"
    packages.mkdir(parents=True)
    # Not where they are: a confined service sees no home directory.
    (packages / "whosaw.pth").write_text(f"{TREE}\n/opt/packages\n")
    (environment / "pyvenv.cfg").write_text("home = /opt/python/bin\n")
    (environment / "bin/python").symlink_to(f"/opt/python/bin/{minor}")
    command = environment / "bin/whosaw"
    command.write_text(_COMMAND)
    command.chmod(0o755)
    (root / "etc/ld.so.conf.d").mkdir(exist_ok=True)
    (root / "etc/ld.so.conf.d/whosaw.conf").write_text("/opt/python/lib\n")
    sources = {
        "/opt/python": sys.base_prefix,
        "/opt/packages": sysconfig.get_paths()["purelib"],
        TREE: str(ROOT),
    }
    for where in sources:
        (root / where.lstrip("/")).mkdir(parents=True, exist_ok=True)
    return [f"--bind-ro={what}:{where}" for where, what in sources.items()]


def _booted(process: subprocess.Popen[bytes], console: Path) -> int:
    """The process id of its systemd, once it is up."""
    found = [0]

    def up() -> bool:
        if process.poll() is not None:
            words = console.read_text(errors="replace")[-300:]
            pytest.skip(f"no machine can be started on this host: {words}")
        listed = subprocess.run(
            ["pgrep", "--parent", str(process.pid)],
            capture_output=True,
            text=True,
            check=False,
        )
        for pid in map(int, listed.stdout.split()):
            answer = Machine(pid).run("systemctl", "is-active", "basic.target")
            if answer.stdout.strip() == "active":
                found[0] = pid
        return bool(found[0])

    until(up, "the machine is up", BOOT_SECONDS)
    Machine(found[0]).run("ldconfig")
    return found[0]


def _mount(*words: str) -> None:
    done = subprocess.run(
        ["mount", *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"this host mounts no {words[1]}: {done.stderr.strip()}")


def _unmount(place: Path) -> None:
    subprocess.run(["umount", "--lazy", str(place)], check=False, capture_output=True)
