"""What a run spends: requests to each CRM, by what they were for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

# Beside its mappings a run's row holds these; no mapping has such a name, since its name is that of a file.
CALLS = "/calls"
PLAN = "/plan"
MOTION = "/motion"


class Purpose(StrEnum):
    """What a request to a CRM is for."""

    READ = "read"  # the live read
    FACTS = "facts"
    WRITE = "write"
    POLL = "poll"  # what changed in the CRM, for the recheck lane
    SETUP = "setup"  # sign-in, identity, description


@dataclass(frozen=True, slots=True)
class Spent:
    """Every request of one run to one CRM, repeated and refused ones included.

    `left_today`: calls the organisation may still make today, as it last said; None where it does not say.
    """

    calls: Mapping[Purpose, int]
    left_today: int | None = None

    @property
    def total(self) -> int:
        """Requests for whatever purpose."""
        return sum(self.calls.values())
