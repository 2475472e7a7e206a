"""What three nodes together can know of an exchange: the model's own answer.

Made from the steps of the day, not from what was recorded. A node knows what passed
it; what another node saw counts from ``skew`` after it and until ``skew`` before it,
by the clocks the nodes have. ``knowable`` is whether the name follows from that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.model.office import Step

UNKNOWN = "?"
"""Nothing was ever seen to happen to the key here."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that every node can be told of."""

    node: int
    start: int
    end: int
    key: str
    """The key that is ``user``'s from then on; empty: it only ends."""
    user: str
    login: int
    """Number of the login it goes back to; 0: none."""
    carried: bool = False
    """A rotation."""
    sure: bool = True
    """It was told; else only if its node had forgotten what it saw before."""

    def gives(self, user: str) -> bool:
        """It only says the same again."""
        return bool(self.key) and self.user == user


@dataclass
class Knowledge:
    """Of one application's keys; ``add`` every step of it in order of time."""

    node_of: Callable[[Step], int]
    clocks: tuple[int, ...]
    skew: int
    _local: dict[tuple[int, str], tuple[str, int]] = field(default_factory=dict)
    """(node, key): whose it is there (empty: nobody's), and by which login."""
    _facts: dict[str, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    _seen: dict[str, list[tuple[int, int, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """Key: node, start and what the node said: a name, UNKNOWN or nothing."""
    _family: dict[str, str] = field(default_factory=dict)
    _keys_of_login: dict[int, list[str]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _logins: int = 0

    def add(self, step: Step) -> None:
        """The step passed its node."""
        said, node = step.said, self.node_of(step)
        start, end = step.at + self.clocks[node], step.ends + self.clocks[node]
        before, login = self._local.get((node, said.key), (UNKNOWN, 0))
        sure = before != "" or said.does == "logout"
        if said.key and said.does != "login":
            self._seen[said.key].append((node, start, before))
        if said.does == "login":
            self._logins += 1
            login = self._logins
            if said.key and said.key != said.to:
                self._local[node, said.key] = ("", 0)
                self._facts[said.key].append(Fact(node, start, end, "", "", 0))
            self._gives(Fact(node, start, end, said.to, said.truth, login))
            self._seen[said.to].append((node, start, said.truth))
        elif said.does in ("logout", "login_page"):
            if said.key:
                ending = Fact(node, start, end, "", "", 0, sure=sure)
                self._facts[said.key].append(ending)
            self._local[node, said.key] = ("", 0)
        elif said.does == "issue":
            self._local[node, said.to] = ("", 0)
        elif said.does == "rotate":
            self._local[node, said.to] = ("", 0)
            if before not in (UNKNOWN, ""):
                self._gives(Fact(node, start, end, said.to, before, login, True))

    def _gives(self, fact: Fact) -> None:
        self._local[fact.node, fact.key] = (fact.user, fact.login)
        self._facts[fact.key].append(fact)
        mine = self._keys_of_login[fact.login]
        mine.append(fact.key)
        joined = {self._family.get(key, key) for key in mine}
        for key in [fact.key, *self._family]:
            if self._family.get(key, key) in joined:
                self._family[key] = self._family.get(mine[0], mine[0])

    def known(self, step: Step, local: tuple[str, int]) -> str:
        """The name that follows; empty when none does.

        Args:
            step: A page that was shown, after all steps were added.
            local: What ``local`` said when it passed.
        """
        node, key = self.node_of(step), step.said.key
        at = step.at + self.clocks[node]
        family = self._family.get(key, key)
        facts = [
            fact
            for other in {key, *(k for k, f in self._family.items() if f == family)}
            for fact in self._facts[other]
        ]
        sure = [fact for fact in facts if fact.sure]
        found = self._follows(facts, node, key, at, local)
        return found if found == self._follows(sure, node, key, at, local) else ""

    def _follows(
        self, facts: list[Fact], node: int, key: str, at: int, local: tuple[str, int]
    ) -> str:
        user, login = local
        if user == "":
            return ""
        if user != UNKNOWN:
            since = next(f for f in facts if f.login == login and not f.carried)
            return "" if self._doubt(facts, since, node, at, user) else user
        return self._given(facts, node, key, at)

    def local(self, step: Step) -> tuple[str, int]:
        """What its node knows by itself, before it."""
        place = (self.node_of(step), step.said.key)
        return self._local.get(place, (UNKNOWN, 0))

    def _doubt(
        self, facts: list[Fact], since: Fact, node: int, at: int, user: str
    ) -> bool:
        """Whether another node may have seen an end between two moments of one."""
        return any(
            fact.node != node
            and not fact.gives(user)
            and fact.end + self.skew >= since.start
            and fact.start - self.skew <= at
            for fact in facts
        )

    def _given(self, facts: list[Fact], node: int, key: str, at: int) -> str:
        """The name another node has for a key that is unknown here."""

        def apart(other: int, than: int) -> int:
            return 0 if other == than else self.skew

        near = [fact for fact in facts if fact.start - apart(fact.node, node) <= at]
        last = max(near, key=lambda fact: fact.end, default=None)
        if last is None or last.key != key or last.node == node:
            return ""
        if last.end + self.skew >= at:
            return ""
        for fact in near:
            gap = apart(fact.node, last.node)
            if fact is not last and fact.end + gap >= last.start + (gap == 0):
                return ""
        if last.carried:
            since = next(f for f in facts if f.login == last.login and not f.carried)
            if self._doubt(facts, since, last.node, last.end, last.user):
                return ""
        for other, start, told in self._seen[key]:
            if other == last.node and start < last.start:
                continue
            near_it = last.start - self.skew <= start <= at + self.skew
            if near_it and told not in (UNKNOWN, last.user):
                return ""
        return last.user
