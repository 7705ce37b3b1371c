"""Why an account is no fit, as codes that can be counted (E10, E15)."""

from __future__ import annotations

from collections.abc import Mapping

OTHER = "other"
REASONS: Mapping[str, str] = {
    "no_budget": "No budget",
    "no_authority": "Nobody with a mandate to buy",
    "no_need": "No need",
    "no_timeline": "Not in any foreseeable time",
    "not_icp": "Not our kind of customer",
    "student_personal": "Student or personal use",
    "competitor": "Competitor",
    "already_in_opportunity": "Already in an opportunity",
    "self_serving_happily": "Happy to serve itself",
    "duplicate": "Duplicate of another account",
    "bad_data": "Wrong or broken data",
    OTHER: "Other",
}


def reason_told(code: str) -> str:
    """What people read for a code; the code itself where it is from another version."""
    return REASONS.get(code, code.replace("_", " "))
