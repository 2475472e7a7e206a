"""The verdict of a run: names that are wrong, names that should be there."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

from tests.model.delivery import deliver, rulesets
from tests.model.office import Office, Step

RESTARTS_PER_10_000 = 4


@dataclass
class Verdict:
    """One seed, or several added up."""

    exchanges: int = 0
    wrong: int = 0
    missing: int = 0
    """Wrongly unattributed: the wire tells the name and it is not there."""
    lost: int = 0
    """Exchanges without an event, or with two."""
    named: int = 0
    unknowable: int = 0
    later: int = 0
    """Named by what another node knew."""
    taken_back: int = 0
    """Whose name another node contested."""
    examples: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, other: Verdict) -> None:
        """Add another seed's."""
        self.exchanges += other.exchanges
        self.wrong += other.wrong
        self.missing += other.missing
        self.lost += other.lost
        self.named += other.named
        self.unknowable += other.unknowable
        self.later += other.later
        self.taken_back += other.taken_back
        self.examples += other.examples
        self.reasons.update(other.reasons)

    @property
    def clean(self) -> bool:
        """Nothing wrong, nothing missing, nothing lost."""
        return not (self.wrong or self.missing or self.lost)


def run(seed: int, exchanges: int) -> Verdict:
    """One office day, delivered and scored."""
    steps = Office(seed).steps(exchanges)
    restarts = max(1, exchanges * RESTARTS_PER_10_000 // 10_000)
    rng = random.Random(seed ^ 0x5EED)
    events, identity = deliver(steps, rulesets(), rng, restarts)
    verdict = Verdict(exchanges=len(steps))
    seen: Counter[tuple[int, int, int]] = Counter()
    for event in events:
        place = (event.wire, event.connection, event.request_offset)
        seen[place] += 1
        score_one(verdict, seed, identity[place], event.actor.name, event.actor.reason)
    verdict.lost = sum(seen[place] != 1 for place in identity)
    return verdict


def score_one(verdict: Verdict, seed: int, step: Step, name: str, reason: str) -> None:
    """Hold one recorded name, or its absence, against the truth."""
    said = step.said
    verdict.named += bool(name)
    verdict.unknowable += not said.knowable
    if name and name != said.truth:
        verdict.wrong += 1
        told = f"named {name}, was {said.truth or 'nobody'}"
    elif said.knowable and not name:
        verdict.missing += 1
        told = f"nameless ({reason}), was {said.truth}"
    else:
        if not name:
            verdict.reasons[reason] += 1
        return
    if len(verdict.examples) < 10:
        line = step.said.request.split(b"\r\n")[0].decode()
        verdict.examples.append(
            f"seed {seed} {step.line.application} line {step.line.number} "
            f"at {step.at}: {line}: {told}"
        )
