"""How urgent an account is, and whether its score adds up (C10, J22)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from connector.model import ColumnType, Record, Tier
from connector.rules.names import Value, typed

TOLERANCE = Decimal("0.05")  # scores are kept with one decimal


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Lowest score of each tier (C10). A new crossing counts after `rearm_days` below `rearm_below` (D17)."""

    hot: int = 80
    warm: int = 50
    watching: int = 30
    rearm_below: int = 70
    rearm_days: int = 3

    @property
    def problems(self) -> list[str]:
        """What does not make a ladder."""
        ladder = self.hot > self.warm > self.watching > 0 and self.watching <= self.rearm_below <= self.hot
        return [] if ladder else ["must fall from hot over warm to watching, with rearm_below not above hot"]

    def tier(self, score: Decimal | None) -> Tier | None:
        """The tier of a score; None when there is no score."""
        if score is None:
            return None
        if score >= self.hot:
            return Tier.HOT
        if score >= self.warm:
            return Tier.WARM
        return Tier.WATCHING if score >= self.watching else Tier.NONE

    def rearmed(self, score: Decimal | None) -> bool:
        """Whether the score is low enough for a later crossing to count again."""
        return score is not None and score < self.rearm_below


def points_of(record: Record, columns: Mapping[str, str]) -> dict[str, Value]:
    """The score's components by name; `columns` maps a component to its column."""
    return {name: typed(record.values.get(column), ColumnType.DECIMAL) for name, column in columns.items()}


def mismatch(score: Decimal | None, points: Mapping[str, Value]) -> bool:
    """Whether a full set of components does not sum to the score (J22). A missing component proves nothing."""
    known = [point for point in points.values() if isinstance(point, Decimal)]
    if score is None or not points or len(known) < len(points):
        return False
    return abs(sum(known, Decimal()) - score) > TOLERANCE


def above_worth(points: Mapping[str, Value], worths: Mapping[str, Decimal]) -> tuple[str, ...]:
    """The components that claim more than they can earn."""
    known = ((name, worth, points.get(name)) for name, worth in worths.items())
    return tuple(name for name, worth, point in known if isinstance(point, Decimal) and point > worth + TOLERANCE)
