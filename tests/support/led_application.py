"""Vesta on a host of its own: plain at port 80, with TLS at 443, IPv4 and IPv6.

``python -m tests.support.led_application DIRECTORY [CERTIFICATE KEY]`` prints
``ready``; who connected stands in ``DIRECTORY/peers``, a line each.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import sys
from pathlib import Path

from deploy.demo.application.server import Server


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
        else:
            writer.close()


async def _main(directory: Path, tls: list[str]) -> None:
    async with Server(directory / "truth", requests_per_connection=0) as vesta:
        inner = int(vesta.url.rpartition(":")[2])
        peers = (directory / "peers").open("a", buffering=1)

        open_ones: set[object] = set()

        async def relay(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            open_ones.add(asyncio.current_task())  # the loop itself holds none
            address = str(writer.get_extra_info("peername")[0])
            peers.write(address.removeprefix("::ffff:") + "\n")
            there, back = await asyncio.open_connection("127.0.0.1", inner)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_pour(reader, back))
                tasks.create_task(_pour(there, writer))
            writer.close()
            back.close()
            open_ones.discard(asyncio.current_task())

        await asyncio.start_server(relay, None, 80)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            await asyncio.start_server(relay, None, 443, ssl=context)
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), sys.argv[2:]))
