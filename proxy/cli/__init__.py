"""The command line: one module per kind of command, thin over the core.

``serve`` keeps processes running, ``transparent`` leads connections to them,
``report`` and ``ask`` answer, ``rules`` and ``captures`` help to describe an
application, ``demo`` shows all of it. A command prints its answer to stdout and
everything else to stderr, and ends with an exit code of ``proxy.errors.ExitCode``.

Only the module of the command that was asked for is imported: a sidecar is half
a dozen processes, and none of them needs what the others are made of.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from proxy import __version__
from proxy.errors import ExitCode, WhosawError

MODULES = {
    "run": "serve",
    "wire": "serve",
    "record": "serve",
    "ship": "serve",
    "seal": "serve",
    "ldv": "serve",
    "store": "store",
    "admin": "serve",
    "attribute-across": "serve",
    "migrate": "serve",
    "reload": "reload",
    "transparent": "transparent",
    "bypass": "bypass",
    "status": "report",
    "doctor": "doctor",
    "who-saw": "ask",
    "seen-by": "ask",
    "question": "question",
    "report": "client_report",
    "export": "export",
    "attest": "attest",
    "why": "why",
    "crosswalk": "crosswalk",
    "load": "load",
    "detect": "detect",
    "review": "detect",
    "reviewed": "detect",
    "subject": "subject",
    "questions": "questions",
    "rules": "rules",
    "reconcile": "reconcile",
    "canary": "canary",
    "retain": "retention",
    "hold": "retention",
    "verify": "verify",
    "prove": "verify",
    "verify-proof": "verify",
    "export-evidence": "verify",
    "keys": "keys",
    "capture": "captures",
    "captures": "captures",
    "replay": "captures",
    "reprocess": "reprocess",
    "demo": "demo",
}
"""Command → module of this package that registers it, in the order of the help."""


def run(arguments: Sequence[str]) -> int:
    """Carry out one command; its exit code. Expected errors are one clear text."""
    command = command_line(arguments[0] if arguments else "")
    try:
        command(list(arguments), prog_name="whosaw")
    except WhosawError as error:
        sys.stderr.write(f"whosaw: {error}\n")
        return int(error.exit_code)
    except SystemExit as leaving:
        # Typer leaves this way: with what the command returned (see ``_leave``),
        # or with 2 after it has said what is wrong with the command line.
        code = leaving.code if isinstance(leaving.code, int) else ExitCode.OK
        if code == ExitCode.INTERRUPTED:
            sys.stderr.write("whosaw: interrupted\n")
        return int(code)
    return int(ExitCode.OK)


def command_line(first: str) -> typer.Typer:
    """The command line with this command only, or, if it is none, with all."""
    app = typer.Typer(
        name="whosaw",
        help="Which employee saw which client's data, when, and which data?",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        rich_markup_mode=None,
        result_callback=_leave,
    )
    app.callback()(_root)
    wanted = [MODULES[first]] if first in MODULES else dict.fromkeys(MODULES.values())
    for name in wanted:
        import_module(f"proxy.cli.{name}").register(app)
    return app


def _leave(code: object, **_: object) -> None:
    """End with the exit code a command returned."""
    raise typer.Exit(code if isinstance(code, int) else int(ExitCode.OK))


def _version(value: bool) -> None:
    if value:
        typer.echo(f"whosaw {__version__}")
        raise typer.Exit


def _root(
    *,
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Which employee saw which client's data, when, and which data?"""
