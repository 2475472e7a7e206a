"""Promises of what one image hands to the next."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from proxy.app import succession
from proxy.app.succession import NAME, Child, Estate
from proxy.config import Application, load
from proxy.document import Address
from proxy.errors import UnavailableError, UsageError
from proxy.keys import load_or_create
from tests.support.sidecars import Front, write_config
from tests.support.tickets import RULES
from tests.support.wires import listening, port_of


def application(directory: Path) -> Application:
    """One that listens on a free port."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    return load(write_config(directory, [front])).applications[0]


def test_an_estate_is_taken_once() -> None:
    """Children of the new image must not believe it is theirs; nonsense is none."""
    estate = Estate(3, {"crm": 7}, (Child("wire-0", 9, 30.0),))
    environment = {NAME: msgspec.json.encode(estate).decode(), "HOME": "/"}
    assert succession.take(environment) == estate
    assert succession.take(environment) is None
    assert succession.take({NAME: "{"}) is None


def test_a_socket_is_kept_where_nothing_changed(tmp_path: Path) -> None:
    """Another address gets another socket; one that is taken gives nothing up."""
    before = application(tmp_path)
    with listening() as held, listening() as busy:
        same = succession.sockets([before], {"tickets": held}, [before])
        assert same == {"tickets": held}

        elsewhere = replace(before, listen=Address("127.0.0.1", 0))
        moved = succession.sockets([before], {"tickets": held}, [elsewhere])
        assert moved["tickets"] is not held
        moved["tickets"].close()

        taken = replace(before, listen=Address("127.0.0.1", port_of(busy)))
        with pytest.raises(UnavailableError):
            succession.sockets([before], {"tickets": held}, [taken])
        assert held.fileno() >= 0


def test_a_child_is_ended_and_reaped() -> None:
    """One that does not listen is killed after its grace."""
    deaf = "import signal,time;signal.signal(15,signal.SIG_IGN);print(1,flush=True);"
    process = subprocess.Popen(
        [sys.executable, "-c", deaf + "time.sleep(60)"], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()

    asyncio.run(succession.end(Child("deaf", process.pid, 0.1)))

    assert succession.gone(process.pid)
    process.stdout.close()
    process.returncode = -9


async def test_a_config_is_read_by_the_code_that_is_installed(tmp_path: Path) -> None:
    """Its own words come back."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    path = write_config(tmp_path, [front])
    await succession.check(path)
    path.write_text(path.read_text() + "nonsense: 1\n")

    with pytest.raises(UsageError, match="nonsense"):
        await succession.check(path)


async def test_keys_that_cannot_be_read_are_refused_before_anything_ends(
    tmp_path: Path,
) -> None:
    """Otherwise a reload ends what runs, and nothing starts."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    path = write_config(tmp_path, [front])
    load_or_create(tmp_path / "state" / "keys")
    await succession.check(path)
    (tmp_path / "state" / "keys").chmod(0o644)

    with pytest.raises(UsageError, match="may be read by others"):
        await succession.check(path)
