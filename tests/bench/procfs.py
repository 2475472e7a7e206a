"""CPU time and memory of process trees, from /proc: the kernel's own accounts."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

TICK_US = 1_000_000 // os.sysconf("SC_CLK_TCK")


def tree(root: int) -> list[int]:
    """A process and all its living descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += children.get(pid, [])
    return found


def cpu_us(pid: int) -> int:
    """User and system time of a process so far, microseconds (0 when gone)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) * TICK_US


def memory_mib(pid: int, field: str = "VmHWM") -> float:
    """A memory figure of /proc/PID/status in MiB: VmHWM (peak) or VmRSS (now)."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def reset_peak(pid: int) -> None:
    """Let VmHWM start again from the present size (Linux clear_refs, value 5)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def name(pid: int) -> str:
    """What the process is, in a word: its whosaw role or its program."""
    try:
        argv = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return "gone"
    words = [word.decode("utf-8", "replace") for word in argv if word]
    for index, word in enumerate(words):
        if word == "proxy" and words[index - 1] == "-m" and index + 1 < len(words):
            return words[index + 1]
    return Path(words[0].split(":")[0]).name if words else "kernel"


def by_name(pids: Iterable[int]) -> dict[str, int]:
    """CPU time so far by what the processes are, microseconds."""
    total: dict[str, int] = {}
    for pid in pids:
        key = name(pid)
        total[key] = total.get(key, 0) + cpu_us(pid)
    return total
