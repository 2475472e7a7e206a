"""Asks for one page again and again until its standard input ends.

``python -m tests.support.led_client HOST PORT PATH [kept]``: a new connection each
time, or one that is kept. Prints ``begun``, then one JSON object: how many answers
came, what went wrong, the longest time between two answers in seconds.
"""

from __future__ import annotations

import http.client
import json
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import msgspec


class Told(msgspec.Struct, frozen=True):
    """What somebody who asked all the time says."""

    answers: int
    wrong: list[str]
    longest: float


@contextmanager
def asking(
    host: str, port: int, path: str, *more: str, prefix: Sequence[str] = ()
) -> Iterator[Callable[[], Told]]:
    """Somebody who asks all the time; the block calls what it is given to stop.

    ``prefix`` are words that run a command elsewhere.
    """
    words = (sys.executable, "-m", "tests.support.led_client", host, str(port), path)
    process = subprocess.Popen(
        [*prefix, *words, *more], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None

    def stop() -> Told:
        told, _ = process.communicate(timeout=20)
        return msgspec.json.decode(told, type=Told)

    try:
        assert process.stdout.readline() == b"begun\n"
        yield stop
    finally:
        process.kill()
        process.communicate()


def _main(host: str, port: int, path: str, *, kept: bool) -> None:
    answers, wrong, longest = 0, [], 0.0
    last = asked_at = time.monotonic()
    connection: http.client.HTTPConnection | None = None
    ending = False
    # One more answer after the end was asked for: a request that hangs is heard out.
    while not ending or last < asked_at:
        if not ending and select.select([sys.stdin], [], [], 0.005)[0]:
            ending, asked_at = True, time.monotonic()
        if connection is None or not kept:
            connection = http.client.HTTPConnection(host, port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                wrong.append(str(answer.status))
        except (OSError, http.client.HTTPException) as error:
            wrong.append(f"{type(error).__name__}: {error}")
            connection = None
            if len(wrong) > 1000:
                break
            continue
        if not kept:
            connection.close()
        now = time.monotonic()
        longest = max(longest, now - last)
        last = now
        answers += 1
        if answers == 1:
            print("begun", flush=True)
    print(json.dumps({"answers": answers, "wrong": wrong, "longest": longest}))


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]), sys.argv[3], kept="kept" in sys.argv)
