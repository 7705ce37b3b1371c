"""The org's side of a Bulk job: what happens between one poll and the next (A2)."""

from __future__ import annotations

import sys
from fractions import Fraction

from sandbox.salesforce.bulk_csv import BadFile, read_sheet
from sandbox.salesforce.bulk_job import WAITING, Job
from sandbox.salesforce.bulk_rows import Batch, column_names
from sandbox.salesforce.org import SalesforceOrg

MOST_AT_ONCE = 50_000  # records between two polls: a poll is answered within about a second, as a real org's is


def advance(org: SalesforceOrg, job: Job) -> None:
    """A poll passed: do the share of a waiting job that is due by now."""
    if job.state not in WAITING:
        return
    job.polls += 1
    _work(org, job)


def finish(org: SalesforceOrg) -> list[str]:
    """Do all the work there is at once, polls or not; the ids of the jobs that ended."""
    waiting = [job for job in org.bulk.jobs.values() if job.state in WAITING]
    for job in waiting:
        _work(org, job, at_once=True)
    return [job.id for job in waiting]


def _work(org: SalesforceOrg, job: Job, *, at_once: bool = False) -> None:
    try:
        _take_apart(org, job)
        share = Fraction(1) if at_once else _share(org, job)
        _run_batches(org, job, share, sys.maxsize if at_once else MOST_AT_ONCE)
    except BadFile as wrong:
        org.bulk.move(job, "Failed", str(wrong))
        return
    done = share == 1 and job.processed == len(job.rows)
    org.bulk.move(job, "JobComplete" if done else "InProgress")


def _share(org: SalesforceOrg, job: Job) -> Fraction:
    """How much of the job is due: all of it once both polls and time have passed."""
    polls = org.bulk.polls
    if job.polls > polls and org.monotonic() >= job.ready_at:
        return Fraction(1)
    return Fraction(min(job.polls, polls), polls + 1)


def _take_apart(org: SalesforceOrg, job: Job) -> None:
    if job.sheet is None:
        job.sheet = read_sheet(job.content or b"", job.dialect)
        job.ready_at += len(job.rows) * org.bulk.seconds_per_row


def _run_batches(org: SalesforceOrg, job: Job, share: Fraction, most: int) -> None:
    """Run batches until `share` of them, rounded down, are done, or `most` records were. Raises BadFile."""
    assert job.sheet is not None, "taken apart before"
    table = org.tables.of(job.object)
    batch = Batch(org, job, table, column_names(job, job.sheet.header, table))
    size, records = org.bulk.batch_rows, len(job.rows)
    begun = job.processed
    for number in range(_batches(begun, size), int(_batches(records, size) * share)):
        if job.processed - begun >= most:
            return
        org.bulk.take_batch(job, number + 1)
        batch.run(number * size, min((number + 1) * size, records))


def _batches(records: int, size: int) -> int:
    return -(-records // size)
