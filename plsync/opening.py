"""The house of one run: opened when first needed, and what its calls came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.model import Purpose, Spent
from connector.prepare import House
from plsync.wiring import Plsync


@dataclass
class Opening:
    """Call it for the house. Every request since it was made counts, those of opening included, however that ended."""

    plsync: Plsync
    _house: House | None = field(default=None, repr=False)
    _before: Mapping[str, Counter[Purpose]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._before = {name: +one.turnstile.counted for name, one in self.plsync.connections.items()}

    def __call__(self) -> House:
        """The house, the same one each time. Raises what `Plsync.house` does."""
        if self._house is None:
            self._house = self.plsync.house()
        return self._house

    def spent(self) -> dict[str, Spent]:
        """Requests to each CRM so far."""
        return {name: self._spent(name) for name in self.plsync.connections}

    def left(self) -> dict[str, int]:
        """Calls this run may still make, by CRM; one that has not said yet is absent."""
        callers = [crm.caller for crm in self._house.crms] if self._house else []
        return {caller.destination.name: caller.left for caller in callers if caller.left is not None}

    def leave_out(self, spent: Mapping[str, Spent]) -> None:
        """Requests that another run made meanwhile are that run's."""
        for name, theirs in spent.items():
            self._before[name].update(theirs.calls)

    def _spent(self, name: str) -> Spent:
        connection = self.plsync.connections[name]
        allowance = connection.destination.allowance()
        left = None if allowance is None else max(0, allowance.limit - allowance.used)
        return Spent(connection.turnstile.counted - self._before[name], left)
