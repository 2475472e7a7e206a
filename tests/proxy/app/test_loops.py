"""Which event loop a role runs on."""

from __future__ import annotations

import asyncio

from proxy.app.loops import EAGER_TASKS, loop_factory


def test_the_loop_runs_and_is_uvloop_where_that_works() -> None:
    """Uvloop breaks with tasks that start eagerly, which Python 3.13 brings."""

    async def kind() -> str:
        await asyncio.sleep(0)
        return type(asyncio.get_running_loop()).__module__

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        module = runner.run(kind())

    assert module.startswith("uvloop") is not EAGER_TASKS
