"""Exit codes, and the one place where an error becomes advice on standard error."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from connector.errors import ConfigError, ContentError, PlsyncError, RefusedPlanError, TransientError

DONE = 0
REJECTS = 1
FINDINGS = 1
CONFIGURATION = 2
REFUSED = 3
UNAVAILABLE = 4
INTERRUPTED = 130


def code_of(error: PlsyncError) -> int:
    """2 a person must correct something, 3 a plan waits for a word, 4 a system is unavailable."""
    if isinstance(error, ConfigError | ContentError):
        return CONFIGURATION
    if isinstance(error, RefusedPlanError):
        return REFUSED
    return UNAVAILABLE


def advice(error: PlsyncError) -> Sequence[str]:
    """The error in lines, one problem each."""
    if isinstance(error, ConfigError):
        return error.problems
    if isinstance(error, TransientError):
        return [
            f"{str(error).rstrip('.')}. Check that it is up and its address in the configuration, or run again later"
        ]
    return str(error).splitlines()


def complain(error: PlsyncError) -> int:
    """Print the error's advice, one problem a line, and return its exit code."""
    for line in advice(error):
        print(f"plsync: {line}", file=sys.stderr)  # noqa: T201  this is the command's voice
    return code_of(error)
