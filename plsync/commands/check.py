"""`plsync check`: is everything in place? Writes nothing; every problem comes with what to do."""

from __future__ import annotations

from plsync import exits
from plsync.checking import check
from plsync.terminal import say, say_json
from plsync.wiring import Plsync


def run(plsync: Plsync, as_json: bool) -> int:
    """Check every room, say what was found, and return the exit code of the worst."""
    findings = list(check(plsync))
    if as_json:
        say_json(
            {
                "ok": not any(f.problems for f in findings),
                "checks": [{"what": f.what, "problems": f.problems, "notes": f.notes} for f in findings],
            }
        )
    else:
        for finding in findings:
            say(f"{'✗' if finding.problems else '✓'} {finding.what}", "bold red" if finding.problems else "")
            for problem in finding.problems:
                say(f"    {problem}")
            for remark in finding.notes:
                say(f"    {remark}", "dim")
    return max((f.code for f in findings if f.problems), default=exits.DONE)
