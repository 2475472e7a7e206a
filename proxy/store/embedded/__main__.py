"""``python -m proxy.store.embedded --directory DIR [--host H] [--port N]``.

``--limit NAME=VALUE`` sets a field of ``settings.Limits``; may be repeated.

Prints one line, ``listening on http://host:port``, once it answers. Ends cleanly
on SIGTERM and SIGINT. Exit codes: ``proxy.errors.ExitCode``.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from proxy.errors import WhosawError
from proxy.store.embedded.server import EmbeddedServer, serve
from proxy.store.embedded.settings import EmbeddedSettings, Limits


def _announce(server: EmbeddedServer) -> None:
    sys.stdout.write(f"listening on {server.url}\n")
    sys.stdout.flush()


async def _run(settings: EmbeddedSettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serve(settings, stop, _announce)


def _limit(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    kinds = {
        field.name: type(getattr(Limits(), field.name)) for field in fields(Limits)
    }
    if name not in kinds:
        raise argparse.ArgumentTypeError(f"{name}: one of {', '.join(kinds)}")
    return name, kinds[name](value)


def main() -> int:
    """Serve until a signal; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m proxy.store.embedded")
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8123)
    parser.add_argument("--limit", action="append", default=[], type=_limit)
    given = parser.parse_args()
    settings = EmbeddedSettings(
        directory=given.directory,
        host=given.host,
        port=given.port,
        limits=replace(Limits(), **dict(given.limit)),
    )
    try:
        asyncio.run(_run(settings))
    except WhosawError as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code)
    return 0


if __name__ == "__main__":
    sys.exit(main())
