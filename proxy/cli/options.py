"""Options several commands share, and how they are read."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[
    Path,
    typer.Option(
        "--config",
        "-c",
        envvar="WHOSAW_CONFIG",
        help="The config file.",
        show_default=True,
    ),
]
Service = Annotated[
    str,
    typer.Option(
        envvar="WHOSAW_SERVICE",
        metavar="URL",
        help="Ask the question service there; without: the store of the config.",
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        envvar="WHOSAW_TOKEN_FILE", help="With --service: the file with your token."
    ),
]
ServiceCa = Annotated[
    Path | None,
    typer.Option(
        envvar="WHOSAW_SERVICE_CA", help="With --service: its authority, PEM."
    ),
]
Why = Annotated[
    str,
    typer.Option(
        "--reason",
        help="Why, such as a case number; who asks what and why is recorded.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object for machines.")]

DEFAULT_CONFIG = Path("whosaw.yaml")


def log_to_stderr(role: str, *, verbose: bool = False) -> None:
    """One line an event on stderr: time, level, role, text. No personal data."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        logging.Formatter(
            f"%(asctime)s.%(msecs)03d %(levelname)-7s {role} %(message)s",
            datefmt="%Y-%m-%dT%H:%M:%S",
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if verbose else logging.INFO)
    # Its connection chatter names addresses of people at INFO.
    logging.getLogger("mitmproxy").setLevel(logging.ERROR)
