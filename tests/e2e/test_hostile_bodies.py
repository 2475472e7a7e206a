"""Bodies made to harm end with a reason, within time and memory."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

EXPECTED = {
    "json nested": ("failed", "too_deep"),
    "json keys": ("failed", "unreadable_rows"),
    "json number": ("failed", "not_json"),
    "html nested": ("failed", "no_subject"),
    "html attributes": ("failed", "too_many_attributes"),
    "html comments": ("failed", "no_markup"),
    "xml nested": ("failed", "bad_xml"),
    "xml entities": ("failed", "xml_entities"),
    "xml outside": ("failed", "xml_entities"),
    "gzip bomb": ("truncated", "body_cap"),
    "deflate bomb": ("truncated", "long_line"),
    "gzip in gzip": ("truncated", "body_cap"),
    "brotli bomb": ("truncated", "body_cap"),
    "zstd bomb": ("truncated", "body_cap"),
    "bomb of lines": ("truncated", "too_many_lines"),
    "many codings": ("failed", "too_many_codings"),
    "lying charset": ("failed", "no_subject"),
    "no such charset": ("recorded", ""),
    "invalid utf-16": ("failed", "bad_charset"),
    "half utf-16": ("partial", "unreadable_rows"),
    "long line csv": ("truncated", "long_line"),
    "long line jsonl": ("truncated", "long_line"),
    "long line html": ("truncated", "body_cap"),
    "open quote": ("partial", "bad_table"),
    "many rows": ("truncated", "too_many_rows"),
    "pdf bomb": ("failed", "pdf_too_costly"),
    "pdf dear": ("failed", "pdf_too_costly"),
    "pdf junk": ("failed", "bad_pdf"),
    "many parts": ("failed", "no_markup"),
    "runs away": ("failed", "regex_timeout"),
    "too long a length": ("partial", "cut"),
    "too short a length": ("failed", "no_subject"),
    "two lengths": ("failed", "no_response"),
    "chunks that break off": ("partial", "cut"),
}
SHOWN = {
    "no such charset",
    "half utf-16",
    "long line csv",
    "long line jsonl",
    "long line html",
    "open quote",
    "many rows",
    "too long a length",
    "chunks that break off",
}
"""What stands before the harm, and is recorded: one client."""
GAPS = {
    "too short a length": ["response_without_request"],
    "two lengths": ["ambiguous_length"],
    "chunks that break off": ["chunk_size"],
}


@pytest.fixture(scope="module")
def told() -> dict[str, dict[str, Any]]:
    """By name what became of each, in a process under the kernel's own limits: 256 MiB
    of data above the bodies, a minute of CPU for all."""
    command = [sys.executable, "-m", "tests.support.hostile"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["name"]: line for line in lines}


def test_none_is_left_out(told: dict[str, dict[str, Any]]) -> None:
    """Every body came to its end, and is looked at below."""
    assert set(told) == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_hostile_body_ends_with_a_reason(
    told: dict[str, dict[str, Any]], name: str
) -> None:
    """And without a fault of our own; what stands before the harm is recorded."""
    line = told[name]

    assert (line["extraction"], line["reason"]) == EXPECTED[name]
    assert line["views"] == (name in SHOWN)
    assert line["gaps"] == GAPS.get(name, [])
    assert line["faults"] == 0
