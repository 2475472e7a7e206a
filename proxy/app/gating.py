"""Which applications are held, on the disk wires and recorder share.

The rule sets in force say it, and the recorder tells its wires. A wire that
starts while no recorder is there reads what was said last; where nothing was said
yet, it reads the rule sets themselves. ``STATE/gates.json`` holds
that word, ``STATE/open-gaps`` the markers of wires (``proxy.taplink.markers``).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from proxy.config import Config

logger = logging.getLogger(__name__)


def directory(config: Config) -> Path:
    """Where wires leave open gaps."""
    return config.state / "open-gaps"


def keep(config: Config, gated: Mapping[str, bool]) -> None:
    """Write which applications are held, and whether a failure closes."""
    path = _path(config)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = path.with_suffix(".new")
        beside.write_bytes(msgspec.json.encode(dict(gated)))
        beside.replace(path)
    except OSError as error:
        # Only a wire that starts without a recorder would miss it.
        logger.warning("the gates cannot be kept: %s", error.strerror)


def kept(config: Config) -> dict[str, bool]:
    """What was written last; without it, what the rule sets say.

    Raises:
        UsageError: nothing was written yet, and a rule set is wrong.
    """
    try:
        return msgspec.json.decode(_path(config).read_bytes(), type=dict[str, bool])
    except (OSError, msgspec.MsgspecError):
        # Not imported by every wire: rule sets bring parsers of documents along.
        from proxy.app.rulesets import load_all

        return of(load_all(config))


def of(rulesets: Mapping[str, Any]) -> dict[str, bool]:
    """The same of rule sets."""
    return {
        name: each.gated.value == "closed"
        for name, each in rulesets.items()
        if each.gated is not None
    }


def _path(config: Config) -> Path:
    return config.state / "gates.json"
