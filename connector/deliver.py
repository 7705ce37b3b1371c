"""Deliver: batches out, several at a time, and one outcome per record back, whatever happens in between.

A batch the CRM refuses as a whole is bisected until the culprit stands alone. When the first isolated records all
fail for one reason the fault is not in the data: a breaker stops the bisection and the rest stays due, unsent. When a
CRM takes long over a request the next batches are smaller.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from connector.calling import Caller
from connector.errors import BatchRejectedError, QuotaError, TransientError
from connector.model import Outcome, OutcomeKind, Purpose, Write
from connector.ways import Way

BREAKER = 5  # isolated records in a row refused for one reason
SLOW = 10.0  # seconds of one request after which batches are halved
LEAST = 25  # records of a batch that is not halved further


@dataclass
class Breaker:
    """Counts isolated refusals with one code; a delivered record resets it. A spent budget opens it for good."""

    code: str = ""
    count: int = 0
    spent: str = ""

    def refused(self, code: str) -> None:
        """An isolated record was refused."""
        self.count = self.count + 1 if code == self.code else 1
        self.code = code

    def delivered(self) -> None:
        """A record got through, so the fault is in single records after all."""
        self.count = 0

    @property
    def open(self) -> tuple[str, str] | None:
        """Why to stop trying, as code and message; None while there is no reason to."""
        if self.spent:
            return "QUOTA", self.spent
        if self.count >= BREAKER:
            return "BREAKER", f"not sent: the {BREAKER} before it were refused ({self.code})"
        return None


@dataclass
class Sizing:
    """How many records go out together: half as many after a slow request, a little more after each quick one."""

    most: int
    size: int

    def took(self, seconds: float) -> None:
        """How long a request was under way."""
        if seconds > SLOW:
            self.size = max(min(LEAST, self.most), self.size // 2)
        else:
            self.size = min(self.most, self.size + max(1, self.most // 20))


def deliver(caller: Caller, way: Way, writes: Iterable[Write]) -> Iterator[list[Outcome]]:
    """Send `writes`, the first ones first, and yield outcomes as responses arrive: exactly one per write in all."""
    breaker = Breaker()
    sizing = Sizing(way.most, way.most)
    jobs = (partial(_sent, caller, way, batch, breaker, sizing) for batch in _batches(writes, sizing))
    for arrived in caller.each(jobs):
        yield from arrived


def _batches(writes: Iterable[Write], sizing: Sizing) -> Iterator[list[Write]]:
    rest = iter(writes)
    while batch := list(islice(rest, sizing.size)):
        yield batch


def _sent(caller: Caller, way: Way, batch: Sequence[Write], breaker: Breaker, sizing: Sizing) -> list[list[Outcome]]:
    return list(_send(caller, way, batch, breaker, sizing))


def _send(
    caller: Caller, way: Way, batch: Sequence[Write], breaker: Breaker, sizing: Sizing
) -> Iterator[list[Outcome]]:
    if reason := breaker.open:
        yield [_deferred(write, *reason) for write in batch]
        return
    try:
        outcomes = caller(lambda: way.send(batch), sizing.took, Purpose.WRITE)
    except BatchRejectedError as error:
        yield from _bisect(caller, way, batch, breaker, sizing, error)
    except QuotaError as error:
        breaker.spent = str(error)
        yield [_deferred(write, "QUOTA", str(error)) for write in batch]
    except TransientError as error:
        yield [_deferred(write, "TRANSIENT", str(error)) for write in batch]
    else:
        breaker.delivered()
        yield _complete(batch, outcomes)


def _bisect(
    caller: Caller,
    way: Way,
    batch: Sequence[Write],
    breaker: Breaker,
    sizing: Sizing,
    error: BatchRejectedError,
) -> Iterator[list[Outcome]]:
    if len(batch) == 1:
        breaker.refused(error.code)
        yield [_refused(batch[0], error.code, str(error))]
        return
    half = len(batch) // 2
    yield from _send(caller, way, batch[:half], breaker, sizing)
    yield from _send(caller, way, batch[half:], breaker, sizing)


def _complete(batch: Sequence[Write], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """One outcome per write, even if the answer forgot some: those stay due."""
    answered = {outcome.key: outcome for outcome in outcomes}
    return [answered.get(w.key) or _deferred(w, "NO_ANSWER", "the CRM did not mention this record") for w in batch]


def _deferred(write: Write, code: str, message: str) -> Outcome:
    return Outcome(write.key, OutcomeKind.DEFERRED, write.record_id, code, message, "it stays due and is sent next run")


def _refused(write: Write, code: str, message: str) -> Outcome:
    return Outcome(write.key, OutcomeKind.REJECTED, write.record_id, code, message)
