"""What a verification does not say: who could still have forged what. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from proxy.evidence.chain import Chain
from proxy.evidence.seal import Signed
from proxy.verification.anchors import Stamped
from proxy.verification.report import Report

_NOT_SEEN = (
    "that everything passed through the sidecar, and that what it recorded is what a "
    "person saw: reconcile with other logs for that"
)
_FORGED_FIRST = (
    "whether a row that was forged on the sidecar before it was sealed is true: seals "
    "begin where recording ends"
)
_RUNS = 10
"""Runs of erased seals that are named."""
NEVER = (_NOT_SEEN, _FORGED_FIRST)
"""What no seal can show."""


def forgeries(
    report: Report, anchors: Sequence[Signed], stamps: Sequence[Stamped]
) -> Iterator[str]:
    """Who could have forged what, node by node."""
    digests = {anchor.digest for anchor in anchors}
    for node, chain in report.nodes.items():
        last = chain.last
        if last is None:
            yield f"{node}: anybody who can write here: there is no seal"
            continue
        anchored = max(
            (
                *(s.number for s, sealed in chain.seals if sealed.digest in digests),
                *(each.number for each in stamps if each.node == node and each.trusted),
            ),
            default=0,
        )
        yield (
            f"{node}: who does not hold its seal key could have forged nothing in its "
            f"{len(chain.seals)} seals, up to {last.epoch}:{last.last}, sealed "
            f"{_told(last.sealed_at_ns)}"
        )
        yield _with_key(chain, anchored)


def _with_key(chain: Chain, anchored: int) -> str:
    who = f"{chain.node}: who holds its seal key and can write here could have "
    if not anchored:
        return (
            who
            + "replaced everything, or cut off the newest seals: no anchor was given"
        )
    seal = next(seal for seal, _ in chain.seals if seal.number == anchored)
    return (
        who + f"replaced only what came after seal {anchored} "
        f"({seal.epoch}:{seal.last}, {_told(seal.sealed_at_ns)}), the last one anchored"
    )


def nothing_sealed(report: Report) -> str:
    """The verdict where there is no seal: neither changed nor unchanged."""
    return (
        f"nothing is sealed yet: {report.unsealed} rows and no seal, so nobody can say "
        "whether they were changed; a sidecar makes the first seal within seals.every "
        "of its start, and where there were seals before, they were removed"
    )


def unchecked(report: Report, stamps: Sequence[Stamped]) -> Iterator[str]:
    """What was not checked."""
    if report.unsealed:
        yield f"{report.unsealed} rows after the last seal of their node"
    if report.absent:
        yield f"{report.absent} entries that could not be read when they were sealed"
    if report.erased:
        yield f"{report.erased} entries whose rows were erased in time{_runs(report)}"
    if report.unfinished:
        yield (
            f"{report.unfinished} seals whose erasure has begun and not ended: "
            "whosaw retain ends it"
        )
    for chain in report.nodes.values():
        for seal, _ in chain.seals[:1]:
            if seal.first > 1:
                yield (
                    f"rows of {seal.node}:{seal.epoch} before {seal.first}: they were "
                    "recorded before sealing began"
                )
    unknown = sum(not each.trusted for each in stamps)
    if unknown:
        yield f"the authority of {unknown} time-stamps: no roots were given"
    yield from NEVER


def _runs(report: Report) -> str:
    runs = [
        f"{node} {first}-{last}" if last > first else f"{node} {first}"
        for node, first, last in report.erased_runs
    ]
    more = f" and {len(runs) - _RUNS} more runs" if len(runs) > _RUNS else ""
    return f": of seals {', '.join(runs[:_RUNS])}{more}" if runs else ""


def _told(ns: int) -> str:
    return datetime.fromtimestamp(ns // 1_000_000_000, UTC).strftime(
        "%Y-%m-%d %H:%M:%SZ"
    )
