"""``python -m deploy.demo.application``: run Vesta until SIGTERM or SIGINT.

The first line on standard output is one JSON object with the addresses:
``{"url": ..., "control_url": ..., "truth": ...}``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path

from deploy.demo.application.forms import Form
from deploy.demo.application.server import REQUESTS_PER_CONNECTION, Server
from deploy.demo.application.vesta import IDLE_SECONDS


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.demo.application",
        description="The stand-in legacy application of the demo.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--truth", type=Path, required=True, help="file to write")
    parser.add_argument("--seed", type=int, default=2005)
    parser.add_argument("--idle-seconds", type=float, default=IDLE_SECONDS)
    parser.add_argument(
        "--requests-per-connection",
        type=int,
        default=REQUESTS_PER_CONNECTION,
        help="then it closes; 0 never does",
    )
    parser.add_argument(
        "--form",
        choices=[form.value for form in Form],
        default=Form.PAGES.value,
        help="the dialect it speaks",
    )
    parser.add_argument(
        "--stop-with-parent",
        action="store_true",
        help="stop when standard input ends, as it does when the parent dies",
    )
    return parser.parse_args(argv)


async def serve(arguments: argparse.Namespace) -> None:
    """Serve until a signal; the truth is complete when this returns."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if arguments.stop_with_parent:
        loop.add_reader(sys.stdin.fileno(), stop.set)
    async with Server(
        arguments.truth,
        host=arguments.host,
        port=arguments.port,
        seed=arguments.seed,
        idle_seconds=arguments.idle_seconds,
        requests_per_connection=arguments.requests_per_connection,
        form=Form(arguments.form),
    ) as server:
        addresses = {
            "url": server.url,
            "control_url": server.control_url,
            "truth": str(arguments.truth),
        }
        sys.stdout.write(json.dumps(addresses) + "\n")
        sys.stdout.flush()
        await stop.wait()


def _run(main: Coroutine[None, None, None]) -> None:
    if sys.version_info < (3, 13):
        import uvloop

        uvloop.run(main)
    else:
        asyncio.run(main)


if __name__ == "__main__":
    _run(serve(_arguments(None)))
