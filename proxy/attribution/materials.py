"""What a rule set refers to and this package may not read itself.

A rule set names files (a key set, a certificate, a keytab) by the text that
stands in it; the edge that loads rule sets (``proxy.app.rulesets``) reads them
and hands their bytes over under that same text. A keytab is not handed over as
bytes but as a function, because only the Kerberos library may look into it.

A scheme that cannot work with its material raises ``UsageError`` when it is
made, before anything listens: the message names the file and what is wrong
with it, and never quotes its content.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType

from proxy.errors import UsageError


@dataclass(frozen=True, slots=True)
class Refused:
    """A token was not accepted; ``reason`` is lower_snake and holds no secret."""

    reason: str


Acceptor = Callable[[bytes], str | Refused]
"""A token to the principal that it proves, or why it proves none. Never raises."""


@dataclass(frozen=True, slots=True)
class Materials:
    """What rule sets refer to, by the text they refer with. Never printed."""

    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    acceptors: Mapping[str, Acceptor] = field(default_factory=dict, repr=False)
    """Keytab → what accepts Kerberos tokens with it."""

    def file(self, name: str) -> bytes:
        """The content of a file of the rule set.

        Raises:
            UsageError: it was not handed over.
        """
        try:
            return self.files[name]
        except KeyError:
            raise UsageError(f"{name}: the rule set needs this file") from None


NOTHING = Materials()


def extra(module: str, name: str, *, use: str) -> ModuleType:
    """A module of an optional dependency, imported when a rule set needs it.

    Args:
        module: To import, ``signxml``.
        name: The extra that installs it, ``saml``.
        use: What needs it, for the message: ``SAML logins``.

    Raises:
        UsageError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UsageError(
            f"{use} need an extra that is not installed; "
            f"install it with: pip install 'whosaw[{name}]'"
        ) from error
