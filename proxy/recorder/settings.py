"""What a recorder is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from proxy.recorder.committer import JournalPort
from proxy.recorder.deciding import Application
from proxy.recorder.limits import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderSettings:
    """What a recorder is given; the journal stays its owner's to close."""

    socket_path: Path
    applications: Mapping[str, Application]
    """Pipeline by application name, as OPEN frames carry it."""
    journal: JournalPort
    limits: Limits = field(default_factory=Limits)
    allowed_uids: frozenset[int] | None = None
    """Peers that may connect; None for this process's own uid (and root)."""
    gates: Callable[[dict[str, bool]], None] | None = None
    """Told which applications are held, and whether a failure closes: at the start
    and when a rule set changes it."""
    shadow: bool = False
    """Nothing of persons is recorded (``proxy.shadow``)."""
    markers: Path | None = None
    """Where wires leave open gaps (``proxy.taplink.markers``)."""
