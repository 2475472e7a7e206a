r"""One employee, one name: spellings and aliases of accounts.

``EXAMPLE\Jansen``, ``jansen@example.nl`` and ``jansen`` are one account where the
rule set says so; what a login stood for at that time is what the alias file
says. What was on the wire stays beside the name.

Spelling is made one in three steps: Unicode NFC (a browser on another system
composes ``é`` differently), a listed domain or suffix off, lower case where
wanted. Nothing else is folded: accounts that differ may belong to two people.
"""

from __future__ import annotations

import unicodedata

import msgspec

from proxy.attribution.aliases import Aliases, read_aliases
from proxy.attribution.materials import NOTHING, Materials
from proxy.attribution.specs.accounts import NameRules
from proxy.document import Problems
from proxy.errors import UsageError
from proxy.events import Actor, Strength

ALIAS_NOT_VALID = "alias_not_valid"
"""The login is in the alias file, and not at this time: whose it is, is not said."""


class Names:
    """The names of one application's accounts.

    Raises:
        UsageError: the alias file has mistakes; each stands on a line.
    """

    def __init__(self, rules: NameRules, materials: Materials = NOTHING) -> None:
        self._ignore_case = rules.ignore_case
        self._domains = frozenset(domain.casefold() for domain in rules.domains)
        self._suffixes = frozenset(
            suffix.removeprefix("@").casefold() for suffix in rules.suffixes
        )
        self._aliases: Aliases | None = None
        if rules.aliases is not None:
            data = materials.file(rules.aliases)
            found = read_aliases(data, rules.aliases, self.canonical)
            if isinstance(found, Problems):
                raise UsageError(str(found))
            self._aliases = found

    def canonical(self, name: str) -> str:
        """The one spelling of an account, before aliases."""
        if not name.isascii():
            name = unicodedata.normalize("NFC", name)
        domain, slash, user = name.partition("\\")
        if slash and user and domain.casefold() in self._domains:
            name = user
        user, at, suffix = name.rpartition("@")
        if at and user and suffix.casefold() in self._suffixes:
            name = user
        return name.lower() if self._ignore_case else name

    def named(self, actor: Actor, wall_ns: int) -> Actor:
        """The same actor under its one name, as of this time.

        Args:
            actor: Its ``name`` as it was on the wire.
            wall_ns: When it logged in or sent its claim, ns since the epoch.
        """
        if not actor.name:
            return actor
        name = self.canonical(actor.name)
        if self._aliases is None or name not in self._aliases:
            if name == actor.name:
                return actor
            return msgspec.structs.replace(actor, name=name)
        entry = self._aliases.at(name, wall_ns)
        if entry is None:
            return msgspec.structs.replace(
                actor, name="", strength=Strength.NONE, reason=ALIAS_NOT_VALID
            )
        return msgspec.structs.replace(actor, name=entry.name or name, kind=entry.kind)
