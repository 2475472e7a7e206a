"""The rule set: one application's description, from text to compiled rules.

``load`` reads a file's bytes into a ``RuleSet`` or all its ``Problems``; the
language is specified in docs/rules.md. Pure; reading the file is the caller's.
"""

from proxy.ruleset.explain import Explanation, explain
from proxy.ruleset.model import Claimed, Ignored, Record, RuleSet
from proxy.ruleset.reader import load

__all__ = [
    "Claimed",
    "Explanation",
    "Ignored",
    "Record",
    "RuleSet",
    "explain",
    "load",
]
