"""What happens in one run, drawn from its seed; pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import Enum

from typing_extensions import override


class Fault(Enum):
    """One thing that goes wrong, and later right again."""

    KILL = "kill"
    """SIGKILL; started again when the fault ends."""
    STOP = "stop"
    """SIGSTOP, then SIGCONT: it hangs, and nothing tells so."""
    DISK_FULL = "disk_full"
    """Files of the process cannot grow (RLIMIT_FSIZE)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A fault of some processes."""

    at: float
    """Seconds after the people began to work."""
    lasts: float
    fault: Fault
    roles: tuple[str, ...]

    @override
    def __str__(self) -> str:
        return (
            f"{self.fault.value} {'+'.join(self.roles)} at {self.at:.2f} s "
            f"for {self.lasts:.2f} s"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A run."""

    seed: int
    wires: int
    desks: int
    seconds: float
    """How long people work."""
    closed: bool
    """``on_failure`` of the gated rule."""
    segment_kib: int
    steps: tuple[Step, ...]

    @property
    def wires_died(self) -> bool:
        """Whether bytes may have died with the only process that had them."""
        return any(
            step.fault is Fault.KILL and role.startswith("wire")
            for step in self.steps
            for role in step.roles
        )

    @property
    def store_killed(self) -> bool:
        """The slowest thing to come back."""
        return any(
            step.fault is Fault.KILL and "store" in step.roles for step in self.steps
        )


SIDECAR = ("recorder", "shipper")
_CHOICES: tuple[tuple[Fault, str, int], ...] = (
    (Fault.KILL, "recorder", 25),
    (Fault.KILL, "wire", 15),
    (Fault.KILL, "shipper", 12),
    (Fault.KILL, "store", 6),
    (Fault.KILL, "all", 10),
    (Fault.STOP, "recorder", 12),
    (Fault.STOP, "store", 8),
    (Fault.STOP, "shipper", 3),
    (Fault.DISK_FULL, "recorder", 8),
    (Fault.DISK_FULL, "shipper", 4),
)
"""Fault, of whom, how often in 103: the recorder is what everything goes through."""


def draw(seed: int) -> Plan:
    """The run of a seed; the same for ever, so that a failure can be repeated."""
    chance = random.Random(f"torture {seed}")
    wires = chance.choice((1, 1, 2))
    seconds = 1.4
    steps: list[Step] = []
    for _ in range(chance.choice((1, 1, 2, 2, 3))):
        fault, whom, _ = chance.choices(_CHOICES, [c[2] for c in _CHOICES])[0]
        longest = 0.7 if fault is Fault.STOP else 0.4
        steps.append(
            Step(
                at=chance.uniform(0.05, seconds - 0.2),
                lasts=chance.uniform(0.0, longest),
                fault=fault,
                roles=_roles(whom, wires, chance),
            )
        )
    return Plan(
        seed=seed,
        wires=wires,
        desks=chance.randint(3, 8),
        seconds=seconds,
        closed=chance.random() < 0.5,
        segment_kib=chance.choice((64, 64, 16384)),
        steps=tuple(sorted(steps, key=lambda step: step.at)),
    )


def _roles(whom: str, wires: int, chance: random.Random) -> tuple[str, ...]:
    every = tuple(f"wire-{number}" for number in range(wires))
    if whom == "all":
        return (*every, *SIDECAR)
    return (chance.choice(every),) if whom == "wire" else (whom,)
