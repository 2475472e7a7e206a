"""The supervisor: what dies is started again, what is stopped stays down."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from proxy.app.supervisor import ChildSpec, Supervisor
from tests.support.waiting import until_async

SLEEPER = "import time\nwhile True: time.sleep(60)"


def _spec(code: str, role: str = "child", **more: float) -> ChildSpec:
    return ChildSpec(role=role, argv=[sys.executable, "-c", code], **more)  # type: ignore[arg-type]


async def test_a_child_that_dies_is_started_again() -> None:
    """A crash is repaired without a person."""
    supervisor = Supervisor([_spec(SLEEPER)])
    await supervisor.start()
    child = supervisor.children[0]
    assert child.process is not None
    first = child.process.pid

    os.kill(first, signal.SIGKILL)
    await until_async(
        lambda: child.process is not None and child.process.pid != first,
        "a new process",
    )

    assert child.restarts == 1
    await supervisor.stop()


async def test_children_end_in_the_reverse_order_of_their_start(
    tmp_path: Path,
) -> None:
    """The recorder outlives the wires that drain into it."""
    log = tmp_path / "log"
    code = (
        "import signal, sys, time\n"
        f"def bye(*_): open({str(log)!r}, 'a').write(NAME); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, bye)\n"
        f"open({str(tmp_path)!r} + '/up-' + NAME, 'w')\n"
        "while True: time.sleep(60)"
    )
    supervisor = Supervisor(
        [_spec(f"NAME = {name!r}\n{code}", role=name) for name in ("recorder", "wire")]
    )
    await supervisor.start()
    await until_async(
        lambda: all((tmp_path / f"up-{n}").exists() for n in ("recorder", "wire")),
        "both up",
    )

    await supervisor.stop()

    assert log.read_text() == "wirerecorder"


async def test_a_child_that_ignores_the_request_is_killed() -> None:
    """Stopping is bounded."""
    supervisor = Supervisor(
        [
            _spec(
                "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
                + SLEEPER,
                grace=0.2,
            )
        ]
    )
    await supervisor.start()

    await supervisor.stop()

    process = supervisor.children[0].process
    assert process is not None
    assert process.returncode is not None


async def test_the_next_child_waits_until_the_one_before_is_ready(
    tmp_path: Path,
) -> None:
    """A wire does not start before somebody listens to it."""
    mark = tmp_path / "ready"
    seen = tmp_path / "seen"
    supervisor = Supervisor(
        [
            ChildSpec(
                role="first",
                argv=[
                    sys.executable,
                    "-c",
                    f"import time; open({str(mark)!r}, 'w').close(); time.sleep(60)",
                ],
                ready=mark.exists,
            ),
            _spec(
                "import os, time\n"
                f"open({str(seen)!r}, 'w').write(str(os.path.exists({str(mark)!r})))\n"
                "time.sleep(60)"
            ),
        ]
    )

    await supervisor.start()
    await until_async(lambda: seen.exists() and seen.read_text(), "the second child")

    assert seen.read_text() == "True"
    await supervisor.stop()


async def test_a_program_that_does_not_exist_is_tried_again_not_raised() -> None:
    """One missing program does not take the others down."""
    supervisor = Supervisor([ChildSpec(role="gone", argv=["./no-such-program"])])

    await supervisor.start()
    await until_async(lambda: supervisor.children[0].restarts >= 1, "a retry")

    await supervisor.stop()


async def test_a_signal_is_forwarded_to_one_child(tmp_path: Path) -> None:
    """SIGHUP is the recorder's; the others would end of it."""
    code = (
        "import signal, time\n"
        f"def told(*_): open({str(tmp_path)!r} + '/told-' + NAME, 'w')\n"
        "signal.signal(signal.SIGHUP, told)\n"
        f"open({str(tmp_path)!r} + '/up-' + NAME, 'w')\n"
        "while True: time.sleep(60)"
    )
    supervisor = Supervisor(
        [_spec(f"NAME = {name!r}\n{code}", role=name) for name in ("recorder", "wire")]
    )
    await supervisor.start()
    await until_async(
        lambda: all((tmp_path / f"up-{n}").exists() for n in ("recorder", "wire")),
        "both up",
    )

    supervisor.forward("recorder", signal.SIGHUP)
    await until_async((tmp_path / "told-recorder").exists, "the recorder is told")

    assert not (tmp_path / "told-wire").exists()
    await supervisor.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can grant rights")
def test_a_child_keeps_the_rights_it_is_to_have(tmp_path: Path) -> None:
    """Of two that were granted to the supervisor, one, or none."""
    script = """
import asyncio, pathlib, sys
from proxy.app.supervisor import CAP_NET_RAW, ChildSpec, Supervisor
here = pathlib.Path(sys.argv[1])
def spec(role, rights):
    file = here / role
    words = f"grep CapAmb /proc/self/status >{file}.new; mv {file}.new {file}; sleep 60"
    argv = ("sh", "-c", words)
    return ChildSpec(role=role, argv=argv, ready=file.exists, capabilities=rights)
async def main():
    supervisor = Supervisor([spec("wire-0", (CAP_NET_RAW,)), spec("recorder", ())])
    await supervisor.start()
    await supervisor.stop()
asyncio.run(main())
"""
    rights = "+net_raw,+net_bind_service"
    granted = ("setpriv", "--inh-caps", rights, "--ambient-caps", rights)
    subprocess.run([*granted, sys.executable, "-c", script, str(tmp_path)], check=True)

    def kept(role: str) -> int:
        return int((tmp_path / role).read_text().split()[1], 16)

    assert (kept("wire-0"), kept("recorder")) == (1 << 13, 0)
