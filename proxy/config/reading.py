"""Reading a config file, strictly.

Unknown keys, wrong types and impossible combinations are reported all at once,
with file, line and key. Relative paths count from the folder of the config
file, so that a config can be moved with what belongs to it.
"""

from __future__ import annotations

import socket
from pathlib import Path

from proxy.config.across import across
from proxy.config.applications import applications
from proxy.config.asking import asking
from proxy.config.canary import canary
from proxy.config.checking import (
    applications_complete,
    distinct_listeners,
    shadow_alone,
)
from proxy.config.detecting import detecting
from proxy.config.ldv import ldv
from proxy.config.model import (
    Config,
    GateBounds,
    JournalBounds,
    Pseudonyms,
    Recording,
    StoreAccess,
    TapBounds,
)
from proxy.config.monitoring import admin, telemetry
from proxy.config.quarantine import quarantine
from proxy.config.retaining import retention
from proxy.config.sealing import sealing
from proxy.document import Fields, Problems, parse
from proxy.errors import UsageError

MIB = 1 << 20
GIB = 1 << 30
HOSTNAME = "{hostname}"
"""Stands for the first part of this host's name, so that one file serves many."""


def load(path: Path) -> Config:
    """Read and check a config file.

    Raises:
        UsageError: with every mistake, one a line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise UsageError(f"{path}: cannot read the config: {reason}") from error
    problems = Problems(str(path))
    config = read(text, path, problems)
    if problems or config is None:
        raise UsageError(str(problems))
    return config


def read(text: str, path: Path, problems: Problems) -> Config | None:
    """Config of this text; mistakes go to ``problems`` and void the result."""
    root = parse(text, problems)
    if root is None:
        return None
    base = path.absolute().parent
    with Fields(root, problems) as fields:
        state = _under(base, fields, "state", "var")
        fronts = applications(fields, base, problems)
        config = Config(
            file=path.absolute(),
            node=_node(fields),
            state=state,
            wires=fields.integer("wires", 2, least=1, most=64),
            keys=_under(base, fields, "keys", str(state / "keys")),
            drain=fields.duration("drain", 30.0),
            handover=fields.duration("handover", 600.0),
            applications=fronts,
            tap=_tap(fields, problems),
            gate=_gate(fields, problems),
            journal=_journal(fields, problems),
            store=_store(fields, base, state, problems),
            seals=sealing(fields, base, state, problems),
            recording=fields.choice("recording", Recording, Recording.FULL),
            pseudonyms=fields.choice("pseudonyms", Pseudonyms, Pseudonyms.KEYED),
            reconcile_every=_reconcile(fields, problems),
            admin=admin(fields, base, problems),
            telemetry=telemetry(fields, problems),
            across=across(fields, problems),
            quarantine=quarantine(fields, base, problems),
            asking=asking(fields, base, state, problems),
            canary=canary(fields, base, fronts, problems),
            detections=detecting(fields, base, problems),
            ldv=ldv(fields, base, problems),
        )
    distinct_listeners(config.applications, root, problems)
    applications_complete(config, root, problems)
    shadow_alone(config, root, problems)
    return config


def _node(fields: Fields) -> str:
    name = fields.text("node", "sidecar")
    if name == HOSTNAME:
        name = socket.gethostname().split(".")[0]
    if not name or len(name) > 64 or not name.replace("-", "").isalnum():
        child = fields.child("node")
        if child is not None:
            fields.wrong(child, "not a node name", "letters, digits and dashes")
    return name


def _reconcile(fields: Fields, problems: Problems) -> float:
    node = fields.child("reconcile")
    if node is None:
        return 900.0
    with Fields(node, problems) as reconcile:
        return reconcile.duration("every", 900.0, least=1.0)


def _cluster(store: Fields) -> str:
    name = store.text("cluster", "")
    if name and not name.isidentifier():
        child = store.child("cluster")
        if child is not None:
            store.wrong(child, "not a cluster name", "letters, digits and _")
    return name


def _under(base: Path, fields: Fields, key: str, default: str) -> Path:
    found = fields.path(key, None)
    return base / (str(found) if found is not None else default)


def _tap(fields: Fields, problems: Problems) -> TapBounds:
    defaults = TapBounds(pace=0.02, backlog=16 * MIB, kept=64 * MIB)
    node = fields.child("tap")
    if node is None:
        return defaults
    with Fields(node, problems) as tap:
        return TapBounds(
            pace=tap.duration("pace", defaults.pace, most=1.0),
            backlog=tap.size("backlog", defaults.backlog, least=64 << 10),
            kept=tap.size("kept", defaults.kept, least=64 << 10),
        )


def _gate(fields: Fields, problems: Problems) -> GateBounds:
    defaults = GateBounds(deadline=2.0, connection=8 * MIB, total=64 * MIB)
    node = fields.child("gate")
    if node is None:
        return defaults
    with Fields(node, problems) as gate:
        bounds = GateBounds(
            deadline=gate.duration("deadline", defaults.deadline, least=0.05),
            connection=gate.size("connection", defaults.connection, least=64 << 10),
            total=gate.size("total", defaults.total, least=64 << 10),
        )
        if bounds.connection > bounds.total:
            gate.wrong(
                node, "one connection may hold more than all", "connection ≤ total"
            )
        return bounds


def _journal(fields: Fields, problems: Problems) -> JournalBounds:
    defaults = JournalBounds(most=8 * GIB, segment=64 * MIB)
    node = fields.child("journal")
    if node is None:
        return defaults
    with Fields(node, problems) as journal:
        bounds = JournalBounds(
            most=journal.size("most", defaults.most, least=MIB),
            segment=journal.size("segment", defaults.segment, least=64 << 10),
        )
        if bounds.segment * 2 > bounds.most:
            journal.wrong(
                node, "segments so large that only one fits", "segment ≤ most / 2"
            )
        return bounds


def _store(fields: Fields, base: Path, state: Path, problems: Problems) -> StoreAccess:
    node = fields.child("store")
    if node is None:
        return StoreAccess(
            embedded=True,
            url="http://127.0.0.1:8123",
            user="whosaw",
            password_file=state / "store-password",
            database="whosaw",
        )
    with Fields(node, problems) as store:
        password = store.path("password_file", None)
        embedded = store.flag("embedded", default=False)
        if password is None and not embedded:
            store.required("password_file", "a file with the password, mode 0600")
        return StoreAccess(
            embedded=embedded,
            url=store.url("url", "http://127.0.0.1:8123"),
            user=store.text("user", "whosaw"),
            password_file=(
                base / str(password)
                if password is not None
                else state / "store-password"
            ),
            database=store.text("database", "whosaw"),
            cluster=_cluster(store),
            retention=retention(store, problems),
        )
