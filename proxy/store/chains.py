"""What one name rests on: the view, its binding, and all that happened to it.

A view carries the id of its binding, ``wire-connection-offset`` in hex: the very
exchange that confirmed the name. So the chain is found again in the evidence
itself, and needs nothing that is not in it. Bounded by ``MOST`` events.

Failure modes: ``StoreUnavailable``, ``StoreRejected``; ValueError for a reference
that is none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from proxy.store.port import Questions

MOST = 200
"""Events of one binding or session: a day's rotations of a busy one."""
_REFERENCE = re.compile(r"([^:\s]{1,128}):(\d{1,20}):(\d{1,20})")
_BINDING = re.compile(r"([0-9a-f]{1,16})-([0-9a-f]{1,16})-([0-9a-f]{1,16})")


@dataclass(frozen=True, slots=True)
class Reference:
    """One row of the evidence: ``node:epoch:seq``."""

    node: str
    epoch: int
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The view the question is about, as it was recorded."""

    started_at: datetime
    application: str
    actor: str
    on_wire: str
    scheme: str
    strength: str
    reason: str
    binding: str
    session: str
    rule: str
    action: str
    client_address: str
    ruleset: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirming:
    """The exchange that confirmed the name."""

    node: str
    started_at: datetime
    method: str
    path: str
    status: int
    client_address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Something that happened to the binding, or to the session."""

    at: datetime
    kind: str
    actor: str
    reason: str
    session: str
    previous: str
    client_address: str
    node: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedLater:
    """A name that became known after the view was recorded."""

    at: datetime
    actor: str
    strength: str
    scheme: str
    binding: str
    exchanges: int
    node: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Everything behind one name, or behind its absence."""

    view: Subject
    confirmed: Confirming | None
    """None: without a binding, or the exchange is no longer kept."""
    events: list[Happened]
    """In order of time."""
    learned: LearnedLater | None


def reference(text: str) -> Reference:
    """The row a text names.

    Raises:
        ValueError: it is not ``node:epoch:seq``.
    """
    found = _REFERENCE.fullmatch(text)
    if found is None or max(int(found[2]), int(found[3])) >= 2**64:
        raise ValueError("a view is named NODE:EPOCH:SEQ")
    return Reference(found[1], int(found[2]), int(found[3]))


def chain(store: Questions, view: Reference) -> Chain | None:
    """The chain behind a view; None when there is no such view."""
    rows = store.query(
        "SELECT started_at, application, actor, actor_on_wire, actor_scheme, "
        "actor_strength, actor_reason, actor_binding, actor_session, rule, action, "
        "client_address, ruleset FROM views WHERE node = {node:String} "
        "AND epoch = {epoch:UInt64} AND seq = {seq:UInt64} LIMIT 1",
        {"node": view.node, "epoch": view.epoch, "seq": view.seq},
    ).rows
    if not rows:
        return None
    row = rows[0]
    subject = Subject(
        started_at=row[0],
        application=row[1],
        actor=row[2],
        on_wire=row[3],
        scheme=row[4],
        strength=row[5],
        reason=row[6],
        binding=row[7],
        session=row[8],
        rule=row[9],
        action=row[10],
        client_address=row[11],
        ruleset=row[12],
    )
    learned = None if subject.actor else _learned(store, subject)
    binding = subject.binding or (learned.binding if learned else "")
    return Chain(
        view=subject,
        confirmed=_confirming(store, subject.application, binding),
        events=_events(store, subject, binding),
        learned=learned,
    )


def _confirming(store: Questions, application: str, binding: str) -> Confirming | None:
    found = _BINDING.fullmatch(binding)
    if found is None:
        return None
    wire, connection, offset = (int(part, 16) for part in found.groups())
    rows = store.query(
        "SELECT node, started_at, method, path, status, client_address "
        "FROM exchanges WHERE application = {application:String} "
        "AND wire = {wire:UInt64} AND connection = {connection:UInt64} "
        "AND request_offset = {offset:UInt64} ORDER BY started_at LIMIT 1",
        {
            "application": application,
            "wire": wire,
            "connection": connection,
            "offset": offset,
        },
    ).rows
    if not rows:
        return None
    row = rows[0]
    return Confirming(
        node=row[0],
        started_at=row[1],
        method=row[2],
        path=row[3],
        status=row[4],
        client_address=row[5],
    )


def _events(store: Questions, view: Subject, binding: str) -> list[Happened]:
    if not binding and not view.session:
        return []
    params: dict[str, Any] = {
        "application": view.application,
        "binding": binding,
        "session": view.session,
        "most": MOST,
    }
    # The latest, should there be more than are asked for.
    rows = store.query(
        "SELECT at, kind, actor, reason, actor_session, previous, client_address, node "
        "FROM sessions WHERE application = {application:String} AND "
        "((actor_binding = {binding:String} AND actor_binding != '') OR "
        "({binding:String} = '' AND {session:String} != '' AND "
        "(actor_session = {session:String} OR previous = {session:String}))) "
        "ORDER BY at DESC, seq DESC LIMIT {most:UInt64}",
        params,
    ).rows
    return [
        Happened(
            at=row[0],
            kind=row[1],
            actor=row[2],
            reason=row[3],
            session=row[4],
            previous=row[5],
            client_address=row[6],
            node=row[7],
        )
        for row in reversed(rows)
    ]


def _learned(store: Questions, view: Subject) -> LearnedLater | None:
    if view.reason != "unknown_session" or not view.session:
        return None
    at = view.started_at.isoformat(sep=" ", timespec="microseconds")
    rows = store.query(
        "SELECT at, actor, actor_strength, actor_scheme, actor_binding, exchanges, "
        "node FROM attributions WHERE application = {application:String} "
        "AND actor_session = {session:String} "
        "AND from_at < parseDateTime64BestEffort({at:String}, 9, 'UTC') "
        "+ INTERVAL 1 MICROSECOND "
        "AND to_at > parseDateTime64BestEffort({at:String}, 9, 'UTC') "
        "ORDER BY to_at LIMIT 1",
        {"application": view.application, "session": view.session, "at": at},
    ).rows
    if not rows:
        return None
    row = rows[0]
    return LearnedLater(
        at=row[0],
        actor=row[1],
        strength=row[2],
        scheme=row[3],
        binding=row[4],
        exchanges=row[5],
        node=row[6],
    )
