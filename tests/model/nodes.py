"""The office day behind a load balancer: several nodes, one store, its questions.

Every connection goes to any node, so logins, logouts and the use of a key are seen
by different ones, whose clocks differ. Each node has its own wires, recorder and
journal; they share the session key. Rows reach the store in pieces, one node behind
the other, and names are compared (``proxy.app.across``) in between. Then who_saw and
seen_by are held against the truth.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from proxy.app.across import Nodes, step
from proxy.attribution.histories import Bounds
from proxy.events import Event, ExchangeRecorded, ViewRecorded
from proxy.pseudonym import pseudonym
from proxy.store.client import ClickHouseStore
from proxy.store.investigations import seen_by, who_saw
from proxy.store.tables import table_for
from tests.model.delivery import KEYS, Place, Recording, record, rulesets, wires
from tests.model.knowledge import Knowledge
from tests.model.office import EMPLOYEES, MS, WIRES, Line, Office, Step
from tests.model.scoring import Verdict, score_one
from tests.model.styles import PAGE, STYLES, Said, request, response

SECOND = 1000 * MS
SKEW = 2 * SECOND
PAUSES = (MS, 15 * MS, 200 * MS, 2 * SECOND, 8 * SECOND, 40 * SECOND)
"""Longer than on one node: what is closer than two clocks cannot be told."""
WALL = 1_780_000_000 * SECOND
LATER = 600 * SECOND
"""When every node is heard once more, so that all before is complete."""


@dataclass
class Node:
    """A sidecar's rows on their way into the store."""

    name: str
    events: list[Event]
    stored: int = 0


@dataclass
class Day:
    """Everything that is needed to score a day."""

    steps: list[Step]
    nodes: list[Node]
    identity: dict[Place, Step]
    known: dict[int, str]
    """By ``id`` of a step that showed a client: the name that can be known."""
    views: dict[tuple[str, int], Place] = field(default_factory=dict)
    """(node, number) of a view's row: its exchange."""


def clocks(count: int) -> tuple[int, ...]:
    """How far each node's clock is off; the first and the last by ``SKEW``."""
    return tuple(n * SKEW // (count - 1) - SKEW // 2 for n in range(count))


def day(seed: int, exchanges: int, count: int) -> Day:
    """So many exchanges over so many nodes, recorded."""
    office = Office(seed, wires=count * WIRES, pauses=PAUSES)
    steps = office.steps(exchanges)
    end = max(step.ends for step in steps) + LATER
    for number in range(count):
        line = Line("Basic", number * WIRES, 10**6 + number, "10.9.9.9")
        beat = Said(request("GET /health"), response(200, {}, PAGE))
        steps.append(Step(line, end, end + MS, end + 2 * MS, beat))
    rng = random.Random(seed ^ 0x0DE5)
    nodes, identity = [], {}
    for number, offset in enumerate(clocks(count)):
        mine = [step for step in steps if node_of(step) == number]
        numbers = range(number * WIRES, (number + 1) * WIRES)
        sending, places = wires(mine, numbers)
        identity.update(places)
        recording = Recording(rulesets(), sending, places, WALL + offset)
        nodes.append(Node(f"node{number}", record(recording, sending, rng, restarts=1)))
    return Day(steps, nodes, identity, _known(steps, count))


def node_of(step: Step) -> int:
    """The node its connection goes to."""
    return step.line.wire // WIRES


def _known(steps: list[Step], count: int) -> dict[int, str]:
    """What can be known of each page of a client; of styles without a shared key
    the office knows it already."""
    offsets = tuple(WALL + offset for offset in clocks(count))
    shown: list[tuple[Step, Knowledge, tuple[str, int]]] = []
    of: dict[str, Knowledge] = defaultdict(lambda: Knowledge(node_of, offsets, SKEW))
    found = {}
    for each in steps:
        said = each.said
        if not said.key and not said.does:
            found[id(each)] = said.truth if said.knowable else ""
            continue
        knowledge = of[each.line.application]
        if said.truth and said.does in ("", "rotate"):
            shown.append((each, knowledge, knowledge.local(each)))
        knowledge.add(each)
    for each, knowledge, local in shown:
        found[id(each)] = knowledge.known(each, local)
    return found


def ship(day: Day, store: ClickHouseStore, rng: random.Random) -> None:
    """Rows of all nodes into the store, in pieces, comparing in between."""
    bounds = {
        style.__name__: Bounds(skew=SKEW, idle=8 * 3600 * SECOND, absolute=10**14)
        for style in STYLES
    }
    nodes = Nodes(tuple(n.name for n in day.nodes), bounds, SKEW, underway_ns=0)
    until, writer = WALL, day.nodes[0]
    while any(node.stored < len(node.events) for node in day.nodes):
        for node in day.nodes:
            if rng.random() < 0.7:
                most = max(1, len(node.events) // 3)
                _insert(day, store, node, rng.randrange(most) + 1)
        until = _compare(store, nodes, until, writer)
    while (after := _compare(store, nodes, until, writer)) > until:
        until = after
    _insert(day, store, writer, len(writer.events))


def _compare(store: ClickHouseStore, nodes: Nodes, until: int, writer: Node) -> int:
    done = step(store, nodes, until, until)
    # The recorder takes them with what it records next.
    writer.events[writer.stored : writer.stored] = done.events
    return done.until_ns


def _insert(day: Day, store: ClickHouseStore, node: Node, count: int) -> None:
    some = node.events[node.stored : node.stored + count]
    rows: dict[str, list[tuple[object, ...]]] = defaultdict(list)
    columns = {}
    for seq, event in enumerate(some, node.stored + 1):
        table = table_for(event)
        columns[table.name] = table.columns
        rows[table.name].append(table.row(event, node.name, 1, seq))
        if isinstance(event, ViewRecorded):
            place = (event.wire, event.connection, event.request_offset)
            day.views[node.name, seq] = place
    for name, those in rows.items():
        token = f"{node.name}:{name}:{node.stored}"
        store.insert(name, columns[name], those, token)
    node.stored += len(some)


def ask(day: Day, store: ClickHouseStore, seed: int, employees: int) -> Verdict:
    """Both questions, about everybody, held against the truth."""
    verdict = Verdict(exchanges=len(day.steps))
    start = datetime.fromtimestamp(WALL / SECOND - 60, UTC)
    end = datetime.fromtimestamp(WALL / SECOND + 10**6, UTC)
    named: Counter[str] = Counter()
    asked = set()
    for subjects in _subjects(day):
        answer = who_saw(store, subjects, "client", start, end, limit=10**6)
        for row in answer.rows:
            place = day.views[row.node, row.seq]
            asked.add(place)
            name = row.actor or row.learned_actor
            named[name] += 1
            each = day.identity[place]
            each.said.knowable = bool(day.known[id(each)])
            score_one(verdict, seed, each, name, row.reason)
            verdict.later += bool(row.learned_actor)
    for employee in [f"user{n}" for n in range(EMPLOYEES)][:employees]:
        rows = seen_by(store, employee, start, end, limit=10**6).rows
        verdict.lost += len(rows) != named[employee]
        for row in rows:
            truth = day.identity[day.views[row.node, row.seq]].said.truth
            verdict.wrong += truth != employee
    verdict.lost += len(set(day.views.values()) - asked)
    verdict.taken_back = verdict.reasons["contested"]
    return verdict


def _subjects(day: Day) -> Iterator[list[str]]:
    found = sorted(
        {
            pseudonym(KEYS.subject, "client", target.decode()).hex()
            for each in day.steps
            if (target := _client(each))
        }
    )
    for first in range(0, len(found), 5_000):
        yield found[first : first + 5_000]


def _client(each: Step) -> bytes:
    _, _, rest = each.said.request.partition(b"/client/")
    return rest[:6] if rest else b""


def run(seed: int, exchanges: int, store: ClickHouseStore, count: int = 3) -> Verdict:
    """One day over so many nodes; every employee is asked about in the store."""
    the_day = day(seed, exchanges, count)
    ship(the_day, store, random.Random(seed ^ 0x51A9))
    verdict = ask(the_day, store, seed, EMPLOYEES)
    recorded = Counter(
        (event.wire, event.connection, event.request_offset)
        for node in the_day.nodes
        for event in node.events
        if isinstance(event, ExchangeRecorded)
    )
    verdict.lost += sum(recorded[place] != 1 for place in the_day.identity)
    return verdict


def store_all(day: Day, store: ClickHouseStore) -> None:
    """All rows, and nobody compares them."""
    for node in day.nodes:
        _insert(day, store, node, len(node.events))
