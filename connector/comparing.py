"""The warehouse beside what we remember, in key order: what moved, what is missing, what is back (D13, D22)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.model import Known, Record
from connector.plan import Basis, Planned, plan, plan_gone

MISSING_FOR = timedelta(days=3)  # before what vanished from the warehouse is cleared in the CRM (D22)

Row = tuple[str, Sequence[str], Record | None]  # an account of the warehouse: key, fingerprints, values if at hand


@dataclass
class Comparison:
    """One walk over both sides. `sighted` is told each account newly missing (False) or back (True).

    `anew` makes every account due that is there.
    """

    basis: Basis
    now: datetime
    sighted: Callable[[str, bool], None]
    compared: int = 0
    anew: bool = False

    def moved(self, rows: Iterator[Row], known: Iterator[tuple[str, Known]]) -> Iterator[Planned]:
        """What is due, in key order; without values where they were not at hand.

        A warehouse without any row is one that is not loaded: nobody vanished from it.
        """
        row = next(rows, None)
        one = next(known, None) if row else None
        while row or one:
            if row and (one is None or row[0] <= one[0]):
                same = one is not None and row[0] == one[0]
                planned = self.present(row, one[1] if one and same else None)
                row, one = next(rows, None), next(known, None) if same else one
            elif one:
                planned = self.missing(*one)
                one = next(known, None)
            if planned:
                yield planned

    def present(self, row: Row, known: Known | None) -> Planned | None:
        """What is due for an account that is there."""
        key, fps, record = row
        self.compared += 1
        if known and known.missing_since:
            self.sighted(key, True)
        return plan(record or Record(key, {}), fps, known, self.basis, anew=self.anew)

    def missing(self, key: str, known: Known) -> Planned | None:
        """What is due for an account that is not there."""
        if known.missing_since is None:
            self.sighted(key, False)
            return None
        return plan_gone(key, known, self.basis) if known.missing_since + MISSING_FOR <= self.now else None
