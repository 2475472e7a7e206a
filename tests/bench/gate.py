"""What holding a page until it is on disk adds, over observing it.

Both sidecars run side by side in front of one application and are loaded in
turns, round by round, so that both live through the same minutes of the host.
Every page is claimed by a gated rule. 32 connections at once, and one.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console

from proxy import status
from tests.bench import peers, whosaw
from tests.bench.load import wrk

ROUNDS = 4
AIM_MS = 3.0
FIGURES = ("gate_deadlines", "gate_opened", "gate_closed", "gate_full")


def main(console: Console, seconds: float) -> None:
    """Measure; build/bench-gate.json."""
    busy = os.getloadavg()[0]
    found = {"load_before": busy, **measure(max(2.0, seconds / ROUNDS))}
    (Path(__file__).parents[2] / "build" / "bench-gate.json").write_text(
        json.dumps(found, indent=2) + "\n"
    )
    for count in (32, 1):
        row = found[f"c{count}"]
        console.print(
            f"gate at {count}: p50 {row['gate_p50_ms']:.3f} ms, observe"
            f" {row['observe_p50_ms']:.3f} ms, added {row['added_p50_ms']:.3f} ms"
            f" (aim {AIM_MS:g} at 32); p99 {row['gate_p99_ms']:.3f} and"
            f" {row['observe_p99_ms']:.3f} ms; {row['gate_rps']:,.0f} and"
            f" {row['observe_rps']:,.0f} requests/s"
        )
    console.print(
        f"gate: {found['figures']}, recorded {found['recorded']};"
        f" load of the host before: {busy:.1f}"
    )


def measure(seconds: float) -> dict[str, Any]:
    """Medians over the rounds."""
    with tempfile.TemporaryDirectory(prefix="whosaw-bench-") as directory:
        place = Path(directory)
        with (
            peers.application(place / "application") as app,
            whosaw.sidecar(place / "observe", app, wires=1) as observe,
            whosaw.sidecar(place / "gate", app, wires=1, assurance="gate") as gate,
        ):
            found: dict[str, Any] = {}
            for count in (32, 1):
                rounds = [
                    {
                        name: wrk(each.url, connections=count, seconds=seconds)
                        for name, each in (("observe", observe), ("gate", gate))
                    }
                    for _ in range(ROUNDS)
                ]
                row = {}
                for name in ("observe", "gate"):
                    results = [each[name] for each in rounds]
                    for key in ("p50_ms", "p99_ms", "rps"):
                        row[f"{name}_{key}"] = statistics.median(
                            getattr(each, key) for each in results
                        )
                row["added_p50_ms"] = row["gate_p50_ms"] - row["observe_p50_ms"]
                found[f"c{count}"] = row
            figures = status.read(gate.state / "status")["wire-0"].figures
            found["figures"] = {name: figures[name] for name in FIGURES}
            found["recorded"] = gate.settled(0, 5).exchanges
    return found
