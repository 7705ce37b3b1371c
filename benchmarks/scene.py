"""One scene: a warehouse, both stand-ins, a store of ours, and what each contestant does in it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import clients, rows
from benchmarks.clients import Sample
from benchmarks.standins import StandIns, stand_ins
from connector.store import migrate

FIELDS_ONLY = Path(__file__).parent / "mappings"
UNREAD = Path(__file__).parent / "mappings_blind"
SHIPPED = Path(__file__).parents[1] / "mappings"
BOTH = ("salesforce", "hubspot")
NOTHING: Mapping[str, Mapping[str, Any]] = {}
BY_REST: Mapping[str, Mapping[str, Any]] = {"salesforce": {"bulk_from": 100_000_000}}
BY_JOB: Mapping[str, Mapping[str, Any]] = {"salesforce": {"bulk_from": 2_000}}


@dataclass
class Scene:
    """`count` accounts everywhere. Each change makes a new generation of scores."""

    folder: Path
    count: int
    crms: StandIns
    generation: int = 0
    _stores: set[str] = field(default_factory=set)

    @property
    def warehouse(self) -> Path:
        """The warehouse's file."""
        return self.folder / "warehouse.db"

    def store(self, name: str) -> Path:
        """A store of its own per name, made when first asked for."""
        path = self.folder / f"store-{name}.db"
        if name not in self._stores:
            migrate(f"sqlite:///{path}")
            self._stores.add(name)
        return path

    def store_name(self, crms: Sequence[str], mappings: Path) -> str:
        """The store that a sync of these CRMs by these mappings remembers in."""
        return "-".join((*crms, mappings.parent.name))

    def change(self, limit: int | None = None) -> None:
        """Score accounts again."""
        self.generation += 1
        rows.change(self.warehouse, self.generation, limit)

    def sync(
        self,
        *crms: str,
        mappings: Path = FIELDS_ONLY,
        profile: str | None = None,
        settings: Mapping[str, Mapping[str, Any]] = NOTHING,
        among: Sequence[str] = (),
    ) -> Sample:
        """One sync of ours; `settings` by section of the configuration. CRMs and mappings have a store of their own.

        `among` are the CRMs in whose common store it remembers.
        """
        job = {**self._job(crms, mappings, settings), "action": "sync", "profile": profile}
        if among:
            job["store"] = f"sqlite:///{self.store(self.store_name(among, mappings))}"
        return self._measured(crms, lambda: clients.run("benchmarks.ours", job))

    def retry(self, *crms: str) -> None:
        """`plsync retry --all`, on the store of the sync with fields only."""
        clients.run("benchmarks.ours", {**self._job(crms, FIELDS_ONLY, NOTHING), "action": "retry"})

    def _job(self, crms: Sequence[str], mappings: Path, settings: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        return {
            "crms": crms,
            "mappings": str(mappings),
            "warehouse": f"sqlite:///{self.warehouse}",
            "store": f"sqlite:///{self.store(self.store_name(crms, mappings))}",
            "place": self.crms.place,
            "settings": settings,
        }

    def peer(self, module: str, python: str, crm: str, **options: Any) -> Sample:
        """One run of a peer towards one CRM."""
        job = {"warehouse": str(self.warehouse), "crm": crm, "place": self.crms.place, "count": self.count, **options}
        return self._measured((crm,), lambda: clients.run(module, job, python))

    def _measured(self, crms: tuple[str, ...], run: Any) -> Sample:
        """A sample with the stand-ins' counts, and how many accounts did not arrive, beside the client's report."""
        self.crms.ask("forget")
        sample: Sample = run()
        wanted = rows.scores(self.warehouse)
        sample["calls"] = {crm: self.crms.counts(crm) for crm in crms}
        sample["missed"] = {crm: self.crms.missed(crm, wanted) for crm in crms}
        return sample


@contextmanager
def scene(count: int) -> Iterator[Scene]:
    """Set everything up for `count` accounts, in a folder that goes away."""
    with tempfile.TemporaryDirectory(prefix="plsync-bench-") as name:
        folder = Path(name)
        rows.write(folder / "warehouse.db", count)
        with stand_ins(folder, count) as crms:
            yield Scene(folder, count, crms)
