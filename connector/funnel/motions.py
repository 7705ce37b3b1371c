"""How many accounts have no primary motion: a sign of gaps in identities or events (B3).

By the letter of the rules whoever merely signed up is "unknown" too. So the share is taken of the accounts that a
motion can be expected of, those with a PQL, MQL, SQL, opportunity, won or paid date, which all accounts with a doubtful
motion have; the share of all accounts stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connector.funnel.benchmarks import MINIMUM_COUNT
from connector.funnel.metrics import percent, share


@dataclass(frozen=True, slots=True)
class Motions:
    """All accounts, those a motion is expected of, and how many of these have none."""

    accounts: int
    expected: int
    unknown: int

    @property
    def share(self) -> float | None:
        """The part without a motion among those that should have one."""
        return share(self.unknown, self.expected)

    @property
    def literal(self) -> float | None:
        """The part of all accounts that the rules call unknown."""
        return share(self.accounts - self.expected + self.unknown, self.accounts)

    def is_alarm(self, most: float) -> bool:
        """Whether that is too many, among enough to judge by (D46)."""
        return self.expected >= MINIMUM_COUNT and self.unknown >= most * self.expected

    @property
    def words(self) -> str:
        """Both shares with their denominators."""
        return (
            f"the motion of {self.unknown:,} of {self.expected:,} accounts ({percent(self.share)}) with a PQL, MQL, "
            f"SQL, opportunity, won or paid date is unknown; of all {self.accounts:,}, mere sign-ups included, "
            f"{percent(self.literal)}"
        )

    def as_json(self) -> dict[str, object]:
        """For the run's row and for --json."""
        counted = {"accounts": self.accounts, "expected": self.expected, "unknown": self.unknown}
        return {**counted, "share": self.share, "literal": self.literal}


def alarm(motions: Motions, most: float) -> str:
    """What to say of too many."""
    return f"{motions.words}. From {percent(most)} on there are gaps in identities or events: look into them"


def from_json(stored: Mapping[str, object]) -> Motions:
    """What `as_json` said."""
    return Motions(*(int(str(stored[name])) for name in ("accounts", "expected", "unknown")))
