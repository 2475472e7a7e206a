"""The command line: one module per kind of command, thin over the core.

``serve`` keeps processes running, ``report`` and ``ask`` answer, ``rules`` and
``captures`` help to describe an application, ``demo`` shows all of it. A
command prints its answer to stdout and everything else to stderr, and ends
with an exit code of ``proxy.errors.ExitCode``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click
import typer

from proxy import __version__
from proxy.cli import ask, captures, demo, report, rules, serve
from proxy.errors import ExitCode, WhosawError

app = typer.Typer(
    name="whosaw",
    help="Which employee saw which client's data, when, and which data?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
for module in (serve, report, ask, captures, demo):
    module.register(app)
app.add_typer(rules.app, name="rules")


def _version(value: bool) -> None:
    if value:
        typer.echo(f"whosaw {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Which employee saw which client's data, when, and which data?"""


def run(arguments: Sequence[str]) -> int:
    """Carry out one command; its exit code. Expected errors are one clear text."""
    try:
        result = app(list(arguments), prog_name="whosaw", standalone_mode=False)
    except WhosawError as error:
        sys.stderr.write(f"whosaw: {error}\n")
        return int(error.exit_code)
    except click.ClickException as error:
        error.show()
        return int(ExitCode.USAGE)
    except (click.Abort, KeyboardInterrupt):
        sys.stderr.write("whosaw: interrupted\n")
        return 130
    return int(result) if isinstance(result, int) else 0
