"""What a merge decides, field by field."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from connector.model.values import Canonical


class MergePolicy(StrEnum):
    """How a mapped field meets what is already in the CRM."""

    WAREHOUSE_WINS = "warehouse_wins"
    CRM_WINS_IF_EDITED = "crm_wins_if_edited"
    FILL_BLANK = "fill_blank"
    FURTHEST = "furthest"
    HIGHEST = "highest"
    LATEST = "latest"
    NEVER_CLEAR = "never_clear"


class FieldVerdict(StrEnum):
    """What the merge decided for one field."""

    WRITE = "write"
    SAME = "same"  # the CRM holds what we want
    KEEP = "keep"  # the policy prefers what the CRM holds
    HOLD = "hold"  # somebody else's value is in the way: a person should know


@dataclass(frozen=True, slots=True)
class FieldMerge:
    """What happens to one field of one record, and why. All three values are canonical."""

    name: str
    live: Canonical
    wanted: Canonical
    written: Canonical  # the value after the merge: what the CRM will hold
    verdict: FieldVerdict
    policy: MergePolicy
    reason: str
    restores: bool = False  # it is written over what somebody put in the place of ours

    @property
    def writes(self) -> bool:
        """Whether the field is sent."""
        return self.verdict is FieldVerdict.WRITE
