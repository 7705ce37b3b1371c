"""What is said where a promise ran out and nobody can see whether it was kept: a CRM's activities are hidden (D40)."""

from __future__ import annotations

from bot.lifecycle import UNPROVEN, Alert
from bot.views.links import crm_name
from bot.views.text import escape


def unproven(alert: Alert) -> str | None:
    """Why no breach is told. None where the CRMs could be read, or the promise has not run out."""
    crms = alert.payload.get(UNPROVEN)
    if not crms:
        return None
    named = " and ".join(escape(crm_name(str(crm)), 40) for crm in crms[:4])
    keep = "keeps" if len(crms) == 1 else "keep"
    return f"no outreach is known ({named} {keep} no activities plsync can read): unproven"
