"""The inside of the recorder's process: rule sets, keys and journal put together."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from dataclasses import asdict
from functools import partial
from typing import Any

from proxy.app import gating
from proxy.app.lifetime import (
    give_way_sooner,
    reporting,
    spare_collections,
    stop_on_signal,
)
from proxy.app.loops import loop_factory
from proxy.app.reloading import Reloading, Replaceable, start
from proxy.attribution.sessions import Sessions
from proxy.capture.keys import load_public
from proxy.clock import SystemClock, wall_minus_monotonic_ns
from proxy.config import Config, Recording
from proxy.extraction.drift import PREFIX
from proxy.journal import Journal, Limits
from proxy.journal.cursor import LDV
from proxy.journal.remaining import Remaining
from proxy.keys import load_or_create
from proxy.pipeline import Keys, Pipeline
from proxy.quarantine import Quarantine
from proxy.recorder import Recorder, RecorderSettings
from proxy.recorder.limits import Limits as RecorderLimits
from proxy.ruleset import RuleSet


def run(config: Config, limits: RecorderLimits | None = None) -> int:
    """Record until SIGTERM; then commit what was read.

    Args:
        config: the sidecar's.
        limits: other bounds than the recorder's own.

    Raises:
        UsageError: a rule set or the key file is wrong.
        JournalBusy, JournalFailed: the journal cannot be written.
    """
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(_run(config, limits or RecorderLimits()))


def pipelines(
    config: Config, sessions: Sessions, rulesets: dict[str, RuleSet]
) -> dict[str, Pipeline]:
    """One pipeline per application; all share the table of sessions."""
    keys = load_or_create(config.keys, plain=config.plain_ids)
    newest = max(keys.term_keys)
    secrets = Keys(
        session=keys.session_key,
        subject=keys.subject_key,
        subject_key_id=keys.subject_key_id,
        term=(keys.term_keys[newest], newest),
        older_sessions=keys.older_session_keys,
        recovery=keys.recovering,
    )
    return {
        name: Pipeline(ruleset, sessions, secrets) for name, ruleset in rulesets.items()
    }


def _quarantine(config: Config, clock: SystemClock) -> Quarantine | None:
    """What keeps responses that no rule read; None unless the config asks for it."""
    if config.quarantine is None:
        return None
    return Quarantine(
        config.quarantine_directory,
        load_public(config.quarantine.key),
        most=config.quarantine.most,
        days=config.quarantine.days,
        now_ns=clock.wall_ns,
    )


async def _run(config: Config, limits: RecorderLimits) -> int:
    stop = stop_on_signal()
    clock = SystemClock()
    files = {each.name: each.rules for each in config.applications}
    versions = config.state / "rules"
    rulesets, refused = start(files, versions)
    if config.ldv is None:
        # Nobody sends any more: what was not sent must not be kept for it.
        (config.journal_directory / LDV).unlink(missing_ok=True)
    with Journal.open(
        config.journal_directory,
        config.node,
        Limits(segment_bytes=config.journal.segment, total_bytes=config.journal.most),
        clock=clock,
    ) as journal:
        sessions = Sessions()
        kept = journal.sessions()
        sessions.load(
            ((key, blob) for key, blob in kept.items() if not key.startswith(PREFIX)),
            wall_minus_monotonic_ns(clock),
        )
        quarantine = _quarantine(config, clock)
        applications = {}
        for name, pipeline in pipelines(config, sessions, rulesets).items():
            pipeline.drift.load(kept.items())
            applications[name] = Replaceable(pipeline, quarantine)
        reloading = Reloading(files, applications, versions, refused)
        recorder = Recorder(
            RecorderSettings(
                socket_path=config.tap_socket,
                applications=applications,
                journal=journal,
                limits=limits,
                gates=partial(gating.keep, config),
                markers=gating.directory(config),
                shadow=config.recording is Recording.SHADOW,
            ),
            clock,
        )

        remaining = Remaining()

        def figures() -> dict[str, Any]:
            fill = journal.fill()
            days = remaining.days(clock.monotonic_ns(), journal.last_seq, fill)
            return {
                **recorder.status(),
                **reloading.figures(),
                **({} if quarantine is None else quarantine.figures()),
                "drift": {
                    name: drifting
                    for name, each in applications.items()
                    if (drifting := each.pipeline.drift.drifting())
                },
                "sessions_kept": len(sessions),
                "journal_epoch": journal.epoch,
                "journal_last_seq": journal.last_seq,
                "journal_bytes": fill.bytes,
                "journal_unshipped": fill.unshipped,
                "journal_pauses": journal.pauses,
                "sessions_dropped": asdict(sessions.counters),
                "journal_share": fill.bytes / fill.limit,
                "journal_days_left": days,
            }

        listening = asyncio.Event()
        recording = asyncio.create_task(recorder.run(stop, listening.set))
        starting = asyncio.create_task(listening.wait())
        await asyncio.wait({recording, starting}, return_when=asyncio.FIRST_COMPLETED)
        starting.cancel()
        spare_collections()
        give_way_sooner()
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reloading.ask)
        watching = asyncio.create_task(reloading.run(), name="rule sets")
        async with reporting(config.status_directory, "recorder", figures):
            await recording
        if quarantine is not None:
            quarantine.close()
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
    return 0
