"""Large loads as jobs the CRM works on by itself (A2).

    writes wait on disk → open a job → commit its id → upload → poll → outcomes, batch by batch → forget the job

What was meant for each record is committed beside its intent, so that the outcomes are remembered by whoever reads
them: this run, or after a crash the next one, which picks up every job it finds before it plans.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import IO

from connector.deliver import deliver
from connector.errors import BatchRejectedError, QuotaError, TransientError
from connector.mapping.fields import ObjectMapping
from connector.model import BulkJob, JobPhase, JobState, OpenJob, Outcome, OutcomeKind, Pause, Purpose, Write
from connector.planning import Spool, batched
from connector.ports import BulkLoads
from connector.prepare import CHUNK, Crm
from connector.recording import Recorder
from connector.ways import usual

MOST = 100_000  # records of one job: what is remembered of them while its outcomes are read fits in memory
TOO_LARGE = "TOO_LARGE"
LONGEST_NAP, PATIENCE = 30.0, 3_600.0  # seconds between two polls, and for one job


@dataclass(frozen=True)
class Watch:
    """What a long wait needs: to sleep, to say that we are still there, and to hear that somebody put on the brake."""

    sleep: Callable[[float], None]
    alive: Callable[[], None]
    pause: Callable[[], Pause | None]


@dataclass
class Cargo:
    """The writes of one mapping that wait for their jobs, those of known records apart from those that create.

    One spool becomes one job. `file` opens a place on disk for it, and closes it when all is done.
    """

    file: Callable[[], IO[bytes]]
    known: list[Spool] = field(default_factory=list)
    new: list[Spool] = field(default_factory=list)

    def add(self, write: Write) -> None:
        """One more."""
        spools = self.new if write.record_id is None else self.known
        if not spools or spools[-1].count == MOST:
            spools.append(Spool(self.file()))
        spools[-1].add(write)


def takes_jobs(crm: Crm, mapping: ObjectMapping, planned: int) -> bool:
    """Whether a plan of so many records goes out as a job.

    Fields whose edits are to be kept do not, unless the mapping allows the window (D21). Below the configured size it
    does when the calls that are left would not pay for sending otherwise.
    """
    if crm.bulk is None or crm.bulk_from is None or mapping.strict or mapping.blind:
        return False
    if mapping.edited and not mapping.bulk_window:
        return False
    left, capacity = crm.caller.left, crm.caller.destination.capacity
    short = left is not None and planned >= capacity.job and planned / capacity.send > left
    return short or planned >= crm.bulk_from


def load(crm: Crm, mapping: ObjectMapping, cargo: Cargo, record: Recorder, watch: Watch) -> None:
    """Send what waits and remember what became of it. Few writes go out like any others."""
    for spool in (*cargo.known, *cargo.new):
        if crm.bulk and spool.count >= crm.caller.destination.capacity.job:
            _Lane(crm, crm.bulk, mapping, record, watch, spool).send(0, spool.count)
        else:
            _alone(crm, mapping, spool, record)


def unload(cargo: Cargo, outcome: Callable[[Write], Outcome], record: Recorder) -> None:
    """Remember of every waiting write that it was not sent."""
    for spool in (*cargo.known, *cargo.new):
        for some in batched(spool, CHUNK):
            record.loaded([outcome(write) for write in some])


def resume(crm: Crm, open_job: OpenJob, record: Recorder, watch: Watch) -> None:
    """Take up a job that an earlier run left: one still waiting for its upload is dropped, its records are due anew.

    Raises TransientError when it does not end in time, so that nothing is planned beside it.
    """
    if crm.bulk is None:
        return
    crm.caller(lambda: _drop_unbegun(crm, open_job.job), purpose=Purpose.WRITE)
    if not _finish(crm, crm.bulk, open_job.job, record, watch):
        raise TransientError(
            f"job {open_job.job.id} of run {open_job.run_id} is still under way in {crm.caller.destination.name}; "
            "run again when it has ended"
        )


@dataclass(frozen=True)
class _Lane:
    """The writes of one kind on their way by jobs."""

    crm: Crm
    bulk: BulkLoads
    mapping: ObjectMapping
    record: Recorder
    watch: Watch
    spool: Spool

    def send(self, start: int, count: int) -> None:
        """So many writes from `start` on as one job; as two when it is too large, one by one when none is taken."""
        try:
            job = self.crm.caller(lambda: self._begun(start, count), purpose=Purpose.WRITE)
        except BatchRejectedError as error:
            if error.code == TOO_LARGE and count > 1:
                self.send(start, count // 2)
                self.send(start + count // 2, count - count // 2)
            else:
                _alone(self.crm, self.mapping, self._writes(start, count), self.record)
            return
        except (QuotaError, TransientError) as error:
            self._leave(start, count, "QUOTA" if isinstance(error, QuotaError) else "TRANSIENT", str(error))
            return
        if not _finish(self.crm, self.bulk, job, self.record, self.watch):
            self._count_unheard(start, count, job)

    def _begun(self, start: int, count: int) -> BulkJob:
        """A job on its way: its id and its records are committed before the upload."""
        creates = next(self._writes(start, 1)).record_id is None
        job = self.bulk.open_job(self.mapping.object, self.mapping.match_to, creates=creates)
        ledger = self.record.ledger
        ledger.begin_job(OpenJob(job, self.mapping.name, self.record.run_id))
        for some in batched(self._writes(start, count), CHUNK // 2):
            ledger.put_in_job(self.mapping.name, job.id, [write.key for write in some])
        fields = [f.to for f in self.mapping.fields]
        mine = frozenset(ledger.in_job(self.mapping.name, job).values())  # others were sent anew meanwhile
        try:
            writes = (write for write in self._writes(start, count) if write.key in mine)
            self.bulk.upload(job, writes, [*fields, self.mapping.match_to])
        except (BatchRejectedError, TransientError):
            if self.bulk.job(job).state is not JobPhase.OPEN:
                return job  # it was begun, only the answer was lost
            self.bulk.abort(job)
            ledger.end_job(job.id)
            raise
        return job

    def _writes(self, start: int, count: int) -> Iterator[Write]:
        return islice(iter(self.spool), start, start + count)

    def _leave(self, start: int, count: int, code: str, why: str) -> None:
        for some in batched(self._writes(start, count), CHUNK):
            self.record.loaded([_deferred(write, code, why) for write in some])

    def _count_unheard(self, start: int, count: int, job: BulkJob) -> None:
        """Nothing is known yet of these, so nothing is remembered: the next run reads their outcomes."""
        why = f"job {job.id} is still under way; the next sync reads what became of it"
        for some in batched(self._writes(start, count), CHUNK):
            self.record.tally.add([_deferred(write, "IN_JOB", why) for write in some])


def _alone(crm: Crm, mapping: ObjectMapping, writes: Iterable[Write], record: Recorder) -> None:
    way = usual(crm.caller.destination, mapping)
    for some in batched(writes, CHUNK):
        mine = record.ledger.sent(mapping.name, [write.key for write in some])  # others were sent anew meanwhile
        for outcomes in deliver(crm.caller, way, [write for write in some if write.key in mine]):
            record.loaded(outcomes)


def _drop_unbegun(crm: Crm, job: BulkJob) -> None:
    if crm.bulk and crm.bulk.job(job).state is JobPhase.OPEN:
        crm.bulk.abort(job)


def _finish(crm: Crm, bulk: BulkLoads, job: BulkJob, record: Recorder, watch: Watch) -> bool:
    """Wait for a job's end and remember its outcomes. False when it has not ended while we had patience and calls."""
    try:
        state = _ended(crm, bulk, job, watch)
    except (QuotaError, TransientError):
        return False
    if state is None:
        return False
    rest = record.ledger.in_job(record.mapping.name, job)
    named = {key: name for name, key in rest.items()}

    def told() -> None:
        for outcomes in bulk.outcomes(job, state, dict(rest)):
            record.loaded(outcomes)
            for outcome in outcomes:
                rest.pop(named[outcome.key])

    if rest:
        crm.caller(told, purpose=Purpose.WRITE)  # after an error it goes on with those that have no outcome yet
    record.ledger.end_job(job.id)
    return True


def _ended(crm: Crm, bulk: BulkLoads, job: BulkJob, watch: Watch) -> JobState | None:
    """The state a job ended in; one whose CRM is paused meanwhile is stopped. None when patience ends first."""
    nap, waited = 1.0, 0.0
    while not (state := crm.caller(lambda: bulk.job(job), purpose=Purpose.WRITE)).ended:
        if watch.pause():
            crm.caller(lambda: bulk.abort(job), purpose=Purpose.WRITE)
            continue
        if waited >= PATIENCE:
            return None
        watch.alive()
        watch.sleep(nap)
        waited, nap = waited + nap, min(LONGEST_NAP, nap * 2)
    return state


def _deferred(write: Write, code: str, why: str) -> Outcome:
    return Outcome(write.key, OutcomeKind.DEFERRED, write.record_id, code, why, "it stays due and is sent next run")
