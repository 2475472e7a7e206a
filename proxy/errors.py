"""What can go wrong at the edges, and how it is told.

Inside the pure core a failure is a value (an extraction status, a gap, a
``Problem``). These exceptions exist for the edges: a command ends with the
exit code its error carries, and the message says what is wrong, where, and
what to do about it.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every ``whosaw`` command; documented in docs/operations.md."""

    OK = 0
    FAILED = 1
    """The command ran and the answer is no: a mismatch, not recording, not found."""
    USAGE = 2
    """The config, the rule file or the command line is wrong; nothing was started."""
    UNAVAILABLE = 3
    """Something this command needs did not answer: store, socket, port."""
    UNDECIDED = 4
    """The command ran, and there is no answer yet: nothing to judge by."""
    INTERRUPTED = 130
    """Ctrl-C, as shells count it: 128 and the number of the signal."""


class WhosawError(Exception):
    """Base of the errors a command may end with."""

    exit_code: ExitCode = ExitCode.FAILED


class UsageError(WhosawError):
    """The operator's input is wrong; the message names file, line and key."""

    exit_code = ExitCode.USAGE


class UnavailableError(WhosawError):
    """A peer this command needs is not there; trying again may help."""

    exit_code = ExitCode.UNAVAILABLE
