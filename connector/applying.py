"""Apply: bring a plan's chunks home one after another, each mapping in its own way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from tempfile import TemporaryFile
from typing import IO

from connector.deliver import deliver
from connector.errors import DestinationError, QuotaError
from connector.loading import Cargo, Watch, load, paused, takes_jobs
from connector.mapping.fields import ObjectMapping
from connector.merging import Merged
from connector.model import CHANGED_MEANWHILE, Decision, Intent, NewFact, Outcome, OutcomeKind, Pause, Write
from connector.plan import Planned
from connector.planning import Plan
from connector.prepare import CHUNK, Crm, House, Prepared, merge_again, prepare, prepare_unseen
from connector.rationing import affordable, most_valuable_first, unread
from connector.recording import Recorder, Tally
from connector.spool import batched
from connector.ways import guarded, usual

ROWS = 1_000  # of one transaction (D32)
UNSETTLED = ""  # the fingerprint of a decision that is to be made anew
ROUNDS = 3  # times a record that somebody keeps changing is read and merged before it waits for the next run


@dataclass
class Application:
    """A plan on its way to the CRMs. `cargos` hold, by mapping, what goes out as jobs once all of it is merged.

    `spent` is why nothing more can be read.
    """

    house: House
    run_id: str
    tallies: Mapping[str, Tally]
    clock: Callable[[], datetime]
    cargos: Mapping[str, Cargo]
    spent: QuotaError | None = None

    def apply(self, chunk: Sequence[Planned]) -> None:
        """Bring one chunk home, or as much of it as the calls that are left allow."""
        count = 0 if self.spent else affordable([crm.caller for crm in self.house.crms], chunk)
        some, rest = chunk[:count], chunk[count:]
        house = self.house.of(chunk[0].source)
        try:
            prepared = prepare(house, some, self.clock()) if some else None
        except QuotaError as error:
            prepared, rest, self.spent = None, chunk, error
        except DestinationError:
            self._tell_unseen(house, chunk)
            raise
        if prepared is not None:
            self._deliver(house, prepared, some)
        if rest:
            self.spent = self.spent or QuotaError("today's share of calls is used up")
            self._tell_unseen(house, rest)
            self._leave(rest, str(self.spent))

    def finish(self, lane: str, alive: Callable[[], None], stopped: Pause | None) -> None:
        """Send what waits for its job, unless somebody put on the brake."""
        for name, cargo in self.cargos.items():
            crm, mapping = self.house.place(name)
            braked = partial(self._braked, stopped, lane, mapping.destination)
            load(crm, mapping, cargo, self._recorder(mapping), Watch(crm.caller.patience.sleep, alive, braked))

    def _braked(self, stopped: Pause | None, *systems: str) -> Pause | None:
        return stopped or self.house.ledger.pause_of(*systems)

    def _deliver(self, house: House, prepared: Prepared, chunk: Sequence[Planned]) -> None:
        self._commit(house, list(prepared.decisions.values()), prepared.outbox)
        for crm in house.crms:
            for mapping in crm.mappings:
                self._send_until_unchanged(crm, mapping, prepared, chunk)

    def _commit(self, house: House, decided: Sequence[tuple[Decision, str]], outbox: Sequence[NewFact]) -> None:
        """Each decision with what follows from it, a transaction for so many at a time."""
        for some in batched(decided, ROWS):
            accounts = {decision.account_key for decision, _ in some}
            house.ledger.commit_decisions(self.run_id, some, [fact for fact in outbox if fact.account_key in accounts])

    def _send_until_unchanged(
        self, crm: Crm, mapping: ObjectMapping, prepared: Prepared, chunk: Sequence[Planned]
    ) -> None:
        """Send what the mapping wants; what somebody changed in the meantime is read and merged again (A4)."""
        merged = prepared.merged[mapping.name]
        for patience in reversed(range(ROUNDS)):
            changed = self._send(crm, mapping, prepared, merged, insist=patience == 0)
            if not changed:
                return
            again = [one for one in chunk if one.record.key in changed]
            try:
                merged = merge_again(self.house.of(mapping.source), crm, mapping, again, prepared)
            except QuotaError as error:  # they are in flight as far as we know, so they are due
                self.spent = error
                self.tallies[mapping.name].add(unread(again, mapping.name, str(error)))
                return

    def _send(
        self, crm: Crm, mapping: ObjectMapping, prepared: Prepared, merged: Sequence[Merged], *, insist: bool
    ) -> set[str]:
        """Send and record one mapping's records; returns those changed meanwhile, unless they are to be recorded so."""
        by_key, changed, recorder = {one.key: one for one in merged}, set[str](), self._recorder(mapping)

        def record(outcomes: Sequence[Outcome]) -> None:
            changed.update(outcome.key for outcome in outcomes if outcome.code == CHANGED_MEANWHILE and not insist)
            final = [outcome for outcome in outcomes if outcome.key not in changed]
            recorder(final, {outcome.key: by_key[outcome.key].sent for outcome in final})

        record([one.outcome for one in merged if one.outcome])
        sends = self._loaded(crm, mapping, [one for one in merged if one.write], record)
        if sends and (pause := self.house.ledger.pause_of(mapping.destination)):
            record([paused(one.write, pause) for one in sends if one.write])
            return changed
        self._intend(mapping, [one.intent for one in sends])
        for outcomes in _sent(crm, mapping, most_valuable_first(sends, prepared), sends):
            record(outcomes)
        return changed

    def _loaded(
        self,
        crm: Crm,
        mapping: ObjectMapping,
        sends: Sequence[Merged],
        record: Callable[[Sequence[Outcome]], None],
    ) -> list[Merged]:
        """Put what goes out as a job to the others that wait for it; returns the rest.

        A record that gets its key by a job is nobody's in the CRM until then: who else claims it waits (D7).
        """
        cargo = self.cargos.get(mapping.name)
        if cargo is None or crm.bulk is None:
            return list(sends)
        rest: list[Merged] = []
        waiting: list[tuple[Merged, Write]] = []
        claimed: list[Outcome] = []
        for one in sends:
            write = one.write
            if write and write.record_id in cargo.linked:
                claimed.append(_claimed(write))
            elif write and crm.bulk.fits_bulk(write):
                waiting.append((one, write))
            else:
                rest.append(one)
        record(claimed)
        self._intend(mapping, [one.loaded_intent for one, _ in waiting])
        for one, write in waiting:
            cargo.add(write, links=one.links)
        return rest

    def _intend(self, mapping: ObjectMapping, intents: Sequence[Intent]) -> None:
        for some in batched(intents, ROWS):
            self.house.ledger.intend(mapping.name, some)

    def _tell_unseen(self, house: House, rest: Sequence[Planned]) -> None:
        """Hold who should be alerted of and cannot be read. They stay due: no fingerprint of the decision is kept."""
        decisions, facts = prepare_unseen(house, rest, self.clock())
        self._commit(house, [(decision, UNSETTLED) for decision in decisions], facts)

    def _leave(self, rest: Sequence[Planned], why: str) -> None:
        """Count what could not be read: nothing of it is decided, remembered or sent, so that it stays due."""
        for name, tally in self.tallies.items():
            tally.add(unread(rest, name, why))

    def _recorder(self, mapping: ObjectMapping) -> Recorder:
        return Recorder(self.house.ledger, self.run_id, mapping, self.tallies[mapping.name], self.clock)


def application(
    house: House,
    run_id: str,
    plan: Plan,
    tallies: dict[str, Tally],
    clock: Callable[[], datetime],
    progress: Callable[[int], None],
    stack: ExitStack,
) -> Application:
    """Ready for the first chunk: each mapping with its tally, and where it goes out as jobs with room on disk."""

    def file() -> IO[bytes]:
        return stack.enter_context(TemporaryFile(prefix="plsync-"))

    cargos: dict[str, Cargo] = {}
    for crm in house.crms:
        for mapping in crm.mappings:
            counted = plan.guarded.get(mapping.name)
            by_jobs = takes_jobs(crm, mapping, counted.records if counted else 0)
            window = _window(mapping, by_jobs=by_jobs)
            tallies[mapping.name] = Tally(crm.caller.destination.name, window, progress=progress)
            if by_jobs:
                cargos[mapping.name] = Cargo(file)
    return Application(house, run_id, tallies, clock, cargos)


def _claimed(write: Write) -> Outcome:
    text = f"another account's write to record {write.record_id} waits for its job"
    return Outcome(write.key, OutcomeKind.DEFERRED, None, "CLAIMED", text, "the next run finds whose record it is")


def _sent(
    crm: Crm, mapping: ObjectMapping, writes: Sequence[Write], sends: Sequence[Merged]
) -> Iterator[list[Outcome]]:
    """The mapping's way: known records under its guard, where it has one, everything else as usual."""
    destination = crm.caller.destination
    read_at = {m.record_id: m.modified_at for one in sends if (m := one.match.live) and m.modified_at}
    plain = writes
    if mapping.strict:
        plain = [write for write in writes if write.record_id not in read_at]
        known = [write for write in writes if write.record_id in read_at]
        yield from deliver(crm.caller, guarded(destination, mapping, read_at), known)
    yield from deliver(crm.caller, usual(destination, mapping), plain)


def _window(mapping: ObjectMapping, *, by_jobs: bool) -> str:
    """How long after the live read somebody's edit may be overwritten (D21)."""
    if mapping.strict:
        return "1 s"
    if mapping.blind:
        return "not read"
    return "the job" if by_jobs else f"a chunk of {CHUNK:,}"
