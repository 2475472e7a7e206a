"""What the service manager hands over, and what it hears."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from proxy.app import systemd
from proxy.config import Config, load
from proxy.document import Address
from proxy.errors import UsageError
from tests.support.sidecars import Front, write_config
from tests.support.tickets import RULES


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """One application, ``tickets``."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    return load(write_config(tmp_path, [front]))


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """The datagram socket a service manager reads."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        sock.setblocking(False)
        yield sock


def told(manager: socket.socket) -> list[str]:
    """Datagrams so far."""
    found = []
    while True:
        try:
            found.append(manager.recv(65536).decode())
        except BlockingIOError:
            return found


def handed(**more: str) -> dict[str, str]:
    """The variables of a hand-over to this process."""
    return {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1", **more}


def test_without_a_service_manager_nothing_is_handed_over(config: Config) -> None:
    """And variables meant for another process are not this one's."""
    other = handed(LISTEN_PID="1", LISTEN_FDNAMES="tickets")

    assert systemd.handed_over({}, config.applications) == {}
    assert systemd.handed_over(other, config.applications) == {}


def test_a_socket_of_no_application_is_refused(config: Config) -> None:
    """It says which names there are."""
    with pytest.raises(UsageError, match=r"socket other .* tickets"):
        systemd.handed_over(handed(LISTEN_FDNAMES="other"), config.applications)


@pytest.mark.parametrize("names", ["", "tickets:tickets"])
def test_a_socket_needs_a_name_of_its_own(config: Config, names: str) -> None:
    """Two of one name, or one without, are a mistake in the unit."""
    environment = handed(LISTEN_FDS=str(len(names.split(":"))), LISTEN_FDNAMES=names)

    with pytest.raises(UsageError, match="FileDescriptorName="):
        systemd.handed_over(environment, config.applications)


def test_a_listening_socket_is_taken_as_it_is(config: Config) -> None:
    """By the name of its application; the variables are gone afterwards."""
    environment = handed(LISTEN_FDNAMES="tickets")
    with socket.create_server(("127.0.0.1", 0)) as sock:
        at = replace(config.applications[0], listen=Address(*sock.getsockname()))

        found = systemd.handed_over(environment, (at,), os.dup(sock.fileno()))

        with found["tickets"] as taken:
            assert taken.getsockname() == sock.getsockname()
            assert taken.get_inheritable()
    assert environment == {}


def test_a_socket_of_another_port_is_refused(config: Config) -> None:
    """Users would be told one port and served at another."""
    with (
        socket.create_server(("127.0.0.1", 0)) as sock,
        pytest.raises(UsageError, match="ListenStream= must be the same"),
    ):
        systemd.handed_over(
            handed(LISTEN_FDNAMES="tickets"),
            config.applications,
            os.dup(sock.fileno()),
        )


@pytest.mark.parametrize(
    ("family", "kind", "said"),
    [
        (socket.AF_INET, socket.SOCK_STREAM, "it does not listen"),
        (socket.AF_INET, socket.SOCK_DGRAM, "it is no TCP socket"),
        (socket.AF_UNIX, socket.SOCK_STREAM, "it is no TCP socket"),
    ],
)
def test_a_socket_of_another_kind_is_refused(
    config: Config, family: int, kind: int, said: str
) -> None:
    """ListenDatagram=, or a path."""
    with (
        socket.socket(family, kind) as sock,
        pytest.raises(UsageError, match=said),
    ):
        systemd.handed_over(
            handed(LISTEN_FDNAMES="tickets"),
            config.applications,
            os.dup(sock.fileno()),
        )


def test_a_manager_that_is_gone_is_not_waited_for(tmp_path: Path) -> None:
    """The sidecar goes on."""
    systemd.notify({"NOTIFY_SOCKET": str(tmp_path / "nobody")}, READY="1")
    systemd.notify({}, READY="1")


def test_a_state_is_one_line_a_variable(tmp_path: Path, manager: socket.socket) -> None:
    """A line break in a status would be a variable of its own."""
    environment = {"NOTIFY_SOCKET": str(tmp_path / "notify")}

    systemd.notify(environment, READY="1", STATUS="recording\nMAINPID=1")

    assert told(manager) == ["READY=1\nSTATUS=recording MAINPID=1"]


def test_an_abstract_address_is_understood() -> None:
    """``@`` stands for the zero byte of Linux's abstract namespace."""
    name = f"whosaw-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(f"\0{name}")
        sock.setblocking(False)

        systemd.notify({"NOTIFY_SOCKET": f"@{name}"}, READY="1")

        assert told(sock) == ["READY=1"]


def test_a_long_status_is_cut(tmp_path: Path, manager: socket.socket) -> None:
    """A datagram has a bound."""
    environment = {"NOTIFY_SOCKET": str(tmp_path / "notify")}

    systemd.notify(environment, STATUS="x" * 10_000)

    assert [len(each) for each in told(manager)] == [systemd.MOST_BYTES]


def test_alive_is_said_twice_as_often_as_asked() -> None:
    """sd_watchdog_enabled(3) recommends half the time."""
    mine = {"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}

    assert systemd.watchdog_seconds(mine) == 15.0
    assert systemd.watchdog_seconds({**mine, "WATCHDOG_PID": "1"}) is None
    assert systemd.watchdog_seconds({"WATCHDOG_USEC": "soon"}) is None
    assert systemd.watchdog_seconds({}) is None


async def test_alive_is_said_as_long_as_the_loop_turns(
    tmp_path: Path, manager: socket.socket
) -> None:
    """With the status line, which ``systemctl status`` shows."""
    environment = {
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
        "WATCHDOG_USEC": "20000",
    }
    said: list[str] = []

    task = asyncio.create_task(systemd.keep_told(environment, lambda: "recording"))
    async with asyncio.timeout(30):
        while len(said) < 3:
            await asyncio.sleep(0.01)
            said += told(manager)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert set(said) == {"WATCHDOG=1\nSTATUS=recording"}
