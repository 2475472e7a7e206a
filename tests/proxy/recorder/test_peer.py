"""Who is at the other end of the recorder's socket."""

from __future__ import annotations

import os
import socket

from proxy.recorder.peer import own_uids, uid_of


def test_uid_of_the_peer_is_the_kernels_word() -> None:
    """Nothing the peer sends can change it."""
    one, two = socket.socketpair(socket.AF_UNIX)
    with one, two:
        assert os.getuid() == uid_of(one)


def test_own_uid_and_root_may_connect() -> None:
    """Root needs no socket to forge evidence."""
    assert {os.getuid(), 0} == own_uids()
