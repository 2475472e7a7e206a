"""The host's clock and kernel, by figures."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from proxy.config import load
from proxy.doctor import host
from proxy.doctor.finding import Grade
from tests.support.sidecars import Front, write_config
from tests.support.tickets import RULES


def test_a_clock_that_nobody_keeps_right_is_bad() -> None:
    """And one that is kept says how well."""
    assert host.synchronised(True, 16_000_000).grade is Grade.BAD
    assert "within 12 ms" in host.synchronised(False, 12_000).said


def test_a_short_queue_is_bad() -> None:
    """Below what the sidecar asks for."""
    assert host.queue(4096).grade is Grade.GOOD
    assert host.queue(128).grade is Grade.BAD
    assert "4096" in host.queue(128).do
    assert host.queue(None).grade is Grade.NOTE


def test_each_connection_to_one_application_needs_a_local_port() -> None:
    """28,232 by default."""
    default = (32768, 60999)

    assert host.local_ports(default, 28_232).grade is Grade.GOOD
    assert host.local_ports(default, 28_233).grade is Grade.BAD


def test_the_packet_filter_follows_two_connections_a_user() -> None:
    """One towards each side."""
    assert host.tracking(16_384, 8_192).grade is Grade.GOOD
    assert host.tracking(16_383, 8_192).grade is Grade.BAD


def test_more_connections_than_descriptors_are_refused() -> None:
    """The hard limit is what counts: the soft one is raised."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        pytest.skip("this host gives a process any number of descriptors")

    assert host.files(10).grade is Grade.GOOD
    assert host.files(hard).grade is Grade.REFUSED


def test_this_host_answers(tmp_path: Path) -> None:
    """Whatever it says, each of its findings that is bad has a way out."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    config = load(write_config(tmp_path, [front]))

    found = [*host.clock(config), *host.kernel(config)]

    assert {each.check for each in found} >= {"clock", "descriptors", "kernel"}
    for each in found:
        assert each.do or each.grade in {Grade.GOOD, Grade.NOTE}
