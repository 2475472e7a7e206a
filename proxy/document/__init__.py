"""YAML text → values with positions, and every mistake at once.

Used for the config file and for rule sets. Pure: text in, values out.

Reading goes in two steps. ``parse`` turns text into ``Node`` trees that know
their line; ``Fields`` reads one mapping strictly: what is not asked for is
unknown, and reported with the nearest known key. Mistakes are collected in
``Problems`` and reading goes on with placeholders, so that one run shows all
of them::

    problems = Problems("whosaw.yaml")
    root = parse(text, problems)
    if root is not None:
        with Fields(root, problems) as fields:
            listen = fields.address("listen")
            idle = fields.duration("idle", 60.0)
    if problems:
        ...  # str(problem) is "file:line: key: what; expected …; did you mean …"

Nothing read while ``problems`` is non-empty may be used.

Scalars are taken as written: YAML 1.1 would turn ``on``, ``no``, ``012`` and
``1:30`` into something else, here the key that is read decides. Duplicate keys
and merge keys are mistakes; depth, size and alias expansion are bounded.
A value is echoed in a problem only by readers of things that are no secrets
(numbers, durations, sizes, addresses, choices); never by ``text``.
"""

from proxy.document.fields import Fields
from proxy.document.node import Bounds, Kind, Node, parse
from proxy.document.problems import Problem, Problems, near_miss
from proxy.document.values import (
    Address,
    parse_address,
    parse_duration,
    parse_size,
)

__all__ = [
    "Address",
    "Bounds",
    "Fields",
    "Kind",
    "Node",
    "Problem",
    "Problems",
    "near_miss",
    "parse",
    "parse_address",
    "parse_duration",
    "parse_size",
]
