"""Large loads as jobs the CRM works on by itself (A2).

    writes wait on disk → open a job → commit its id → upload → poll → outcomes, batch by batch → forget the job

What was meant for each record is committed beside its intent, so that the outcomes are remembered by whoever reads
them: this run, or after a crash the next one, which picks up every job it finds before it plans.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import IO

from connector.deliver import deliver
from connector.errors import BatchRejectedError, QuotaError, TransientError
from connector.mapping.fields import ObjectMapping
from connector.model import BulkJob, JobPhase, JobState, OpenJob, Outcome, OutcomeKind, Pause, Purpose, Write
from connector.ports import BulkLoads, Ledger
from connector.prepare import CHUNK, Crm
from connector.recording import Recorder
from connector.spool import Spool, batched
from connector.ways import usual

MOST = 100_000  # records of one job: what is remembered of them while its outcomes are read fits in memory
TOO_LARGE, NOT_FOUND = "TOO_LARGE", "NOT_FOUND"
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

    One spool becomes one job. `file` opens a place on disk for it, and closes it when all is done. `linked` are the
    records that get our key by these writes, and do not carry it yet.
    """

    file: Callable[[], IO[bytes]]
    known: list[Spool] = field(default_factory=list)
    new: list[Spool] = field(default_factory=list)
    linked: set[str] = field(default_factory=set)

    def add(self, write: Write, *, links: bool = False) -> None:
        """One more."""
        if links and write.record_id:
            self.linked.add(write.record_id)
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
    """Send what waits and remember what became of it. Few writes go out like any others, and none after a brake."""
    for spool in (*cargo.known, *cargo.new):
        if pause := watch.pause():
            _unsent(spool, partial(paused, pause=pause), record)
        elif crm.bulk and spool.count >= crm.caller.destination.capacity.job:
            _Lane(crm, crm.bulk, mapping, record, watch, spool).send(0, spool.count)
        else:
            _alone(crm, mapping, spool, record)


def resume(crm: Crm, open_job: OpenJob, record: Recorder, watch: Watch) -> None:
    """Take up a job that an earlier run left: one still waiting for its upload is dropped, its records are due anew.

    So are those of a job the CRM has forgotten, as it does after a week: what became of them is read from them.
    Raises TransientError when it does not end in time, so that nothing is planned beside it.
    """
    if crm.bulk is None:
        return
    try:
        crm.caller(lambda: _drop_unbegun(crm, open_job.job), purpose=Purpose.WRITE)
        unheard = _finish(crm, crm.bulk, open_job.job, record, watch)
    except BatchRejectedError as error:
        if error.code != NOT_FOUND:
            raise
        record.ledger.end_job(open_job.job.id)
        return
    if unheard is not None:
        raise TransientError(
            f"job {open_job.job.id} of run {open_job.run_id} is still under way in {crm.caller.destination.name}; "
            "run again when it has ended"
        )


def forget(crm: Crm, open_job: OpenJob, ledger: Ledger) -> None:
    """Stop a job whose mapping is no more, and expect nothing of it."""
    bulk = crm.bulk
    if bulk is not None:
        crm.caller(lambda: bulk.abort(open_job.job), purpose=Purpose.WRITE)
    ledger.end_job(open_job.job.id)


def paused(write: Write, pause: Pause) -> Outcome:
    """What becomes of a record whose CRM is paused."""
    text = f"not sent: {pause.by} paused {pause.system} at {pause.since:%Y-%m-%d %H:%M} UTC"
    return Outcome(write.key, OutcomeKind.DEFERRED, write.record_id, "PAUSED", text, f"plsync resume {pause.system}")


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
        if pause := self.watch.pause():
            _unsent(self._writes(start, count), partial(paused, pause=pause), self.record)
            return
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
        unheard = _finish(self.crm, self.bulk, job, self.record, self.watch)
        if unheard is not None:
            self._count_unheard(start, count, job, unheard)

    def _begun(self, start: int, count: int) -> BulkJob:
        """A job on its way: its id and its records are committed before the upload."""
        creates = next(self._writes(start, 1)).record_id is None
        job = self.bulk.open_job(self.mapping.object, self.mapping.match_to, creates=creates)
        ledger = self.record.ledger
        ledger.begin_job(OpenJob(job, self.mapping.destination, self.mapping.name, self.record.run_id))
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
        _unsent(self._writes(start, count), partial(_deferred, code=code, why=why), self.record)

    def _count_unheard(self, start: int, count: int, job: BulkJob, unheard: frozenset[str]) -> None:
        """Nothing is known yet of these, so nothing is remembered: the next run reads their outcomes."""
        why = f"job {job.id} is not heard to its end; the next sync reads what became of it"
        waiting = (write for write in self._writes(start, count) if write.key in unheard)
        for some in batched(waiting, CHUNK):
            self.record.tally.add([_deferred(write, "IN_JOB", why) for write in some])


def _unsent(writes: Iterable[Write], outcome: Callable[[Write], Outcome], record: Recorder) -> None:
    """Remember of writes that they were not sent."""
    for some in batched(writes, CHUNK):
        record.loaded([outcome(write) for write in some])


def _alone(crm: Crm, mapping: ObjectMapping, writes: Iterable[Write], record: Recorder) -> None:
    way = usual(crm.caller.destination, mapping)
    for some in batched(writes, CHUNK):
        mine = record.ledger.sent(mapping.name, [write.key for write in some])  # others were sent anew meanwhile
        for outcomes in deliver(crm.caller, way, [write for write in some if write.key in mine]):
            record.loaded(outcomes)


def _drop_unbegun(crm: Crm, job: BulkJob) -> None:
    if crm.bulk and crm.bulk.job(job).state is JobPhase.OPEN:
        crm.bulk.abort(job)


def _finish(crm: Crm, bulk: BulkLoads, job: BulkJob, record: Recorder, watch: Watch) -> frozenset[str] | None:
    """Wait for a job's end and remember its outcomes.

    None when that is done; else the accounts of which nothing was heard while we had patience and calls.
    """
    try:
        state = _ended(crm, bulk, job, watch)
    except (QuotaError, TransientError):
        state = None
    rest = record.ledger.in_job(record.mapping.name, job)
    if state is None:
        return frozenset(rest.values())
    named = {key: name for name, key in rest.items()}

    def told() -> None:
        for outcomes in bulk.outcomes(job, state, dict(rest)):
            record.loaded(outcomes)
            for outcome in outcomes:
                rest.pop(named[outcome.key])

    try:
        if rest:
            crm.caller(told, purpose=Purpose.WRITE)  # after an error it goes on with those that have no outcome yet
    except (QuotaError, TransientError):
        return frozenset(rest.values())
    record.ledger.end_job(job.id)
    return None


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
