"""From one version to another under load, by the commands of docs/going-live.md.

The old version is an early one that knows ``whosaw reload``, out of this repository's
own history; a clone without it skips. It lies where the new one is put, and is gone
then, as in an environment that is installed over.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from proxy.config import load
from proxy.events import GapRecorded
from proxy.store.port import StoreRejected, StoreUnavailable
from tests.support.led_client import asking
from tests.support.sidecars import Front, Running, until_ready, whosaw, write_config
from tests.support.tickets import RULES, tickets, working
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
OLD = "0d7fa16"
"""Five migrations ago."""
PACKAGES = ("proxy", "addons", "deploy", "dashboards")
ACCOUNTS = ("joan", "rik")


def old_version(directory: Path) -> None:
    """Its packages, from the history."""
    done = subprocess.run(
        ["git", "-C", str(ROOT), "archive", OLD, *PACKAGES],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"this clone does not have {OLD}: {done.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(directory, filter="data")


@contextmanager
def installed(directory: Path, config: Path) -> Iterator[Running]:
    """``whosaw run`` of whatever lies in ``directory``."""
    log = config.with_name("sidecar.log")
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "proxy", "run", "--config", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=config.parent,
            env={**os.environ, "PYTHONPATH": str(directory)},
            start_new_session=True,
        )
    running = Running(load(config), process, log)
    try:
        yield running
    finally:
        running.end()


def migrations(running: Running) -> int:
    """As many as the store has."""
    ((count,),) = running.asked("SELECT count() FROM migrations")
    assert isinstance(count, int)
    return count


def exchanges(running: Running) -> int:
    """As many as the store has; none while it does not answer."""
    try:
        ((count,),) = running.asked("SELECT count() FROM exchanges")
    except (StoreUnavailable, StoreRejected):
        return 0
    assert isinstance(count, int)
    return count


@pytest.mark.timeout(300)
def test_an_upgrade_under_load_fails_no_request_and_leaves_nothing_unexplained(
    tmp_path: Path,
) -> None:
    """Connections that are kept and new ones; every exchange of both versions is
    recorded once, in one journal and one store; bytes seen are bytes recorded."""
    old_version(tmp_path / "old")
    place = tmp_path / "installed"
    place.symlink_to("old")
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        config = write_config(tmp_path, [front])
        with installed(place, config) as running:
            until(lambda: "recorder" in running.reports(), "it has started", 60)
            until(lambda: running.figure("wire-0", "recorder_connected"), seconds=60)
            with (
                working(running.port(), *ACCOUNTS) as traffic,
                asking("127.0.0.1", running.port(), "/report") as fresh,
            ):
                until(lambda: traffic.opened >= 10, "work goes on")
                before = {x: r.pid for x, r in running.reports().items()}
                until(lambda: exchanges(running) >= 10, "the store takes rows", 60)
                schema = migrations(running)

                (tmp_path / "next").symlink_to(ROOT)
                (tmp_path / "next").replace(place)
                shutil.rmtree(tmp_path / "old")
                for words in (("migrate",), ("reload",)):
                    done = whosaw(*words, "--config", config, timeout=120)
                    assert done.returncode == 0, done.stderr + running.words()
                opened = traffic.opened
                until(lambda: traffic.opened >= opened + 10, "work goes on")
                told = fresh()
                after = {x: r.pid for x, r in running.reports().items()}
            until_ready(running)
            running.until_exchanges(traffic.opened + len(ACCOUNTS) + told.answers)
            shown = {client for _, _, client in application.shown}
            recorded = running.shown("client", shown)
            gaps = [e for e in running.events() if isinstance(e, GapRecorded)]
            account = whosaw("reconcile", "--config", config)
            print(
                f"{told.answers + traffic.opened + len(ACCOUNTS)} requests, "
                f"{len(told.wrong)} failed, {traffic.cut} connections cut, "
                f"{told.longest:.2f} s the longest wait"
            )

            assert (told.wrong, traffic.cut, gaps) == ([], 0, [])
            assert recorded == application.shown
            # What started since then found the new version only.
            assert {role for role in before if before[role] == after.get(role)} <= {
                "sidecar",
                "wire-0",
            }
            assert migrations(running) > schema
            assert account.returncode == 0, account.stdout
