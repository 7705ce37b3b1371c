"""Who comes first when calls are short, and how many can come at all; the rest is deferred by name, never dropped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice

from connector.calling import Caller
from connector.merging import Merged
from connector.model import ColumnType, Outcome, OutcomeKind, Tier, Write
from connector.plan import Planned
from connector.planning import Plan
from connector.prepare import House, Prepared
from connector.rules.names import typed
from connector.spool import chunked

RANKS = {tier: rank for rank, tier in enumerate((Tier.HOT, Tier.WARM, Tier.WATCHING, Tier.NONE))}
ADVICE = "it stays due and is sent next run; raise limits.daily_share to allow more"


def most_valuable_first(merged: Iterable[Merged], prepared: Prepared) -> list[Write]:
    """The writes, those of accounts somebody is alerted of before Hot, Warm and all other ones."""
    alerting = {fact.account_key for fact in prepared.outbox}

    def rank(write: Write) -> tuple[bool, int]:
        decided = prepared.decisions.get(write.key)  # an account that vanished is not decided again
        return write.key not in alerting, RANKS[decided[0].tier if decided else Tier.NONE]

    return sorted((one.write for one in merged if one.write), key=rank)


def in_turn(plan: Plan, house: House, size: int) -> Iterator[list[Planned]]:
    """The plan's rows in lists of at most `size`: by key, and by tier from where the calls left prove too few."""
    done = 0
    for chunk in plan.chunks(size):
        yield chunk
        done += len(chunk)
        if _is_short(house, plan.planned - done):
            break
    for tier in RANKS if done < plan.planned else ():
        rest = islice(plan.rows(), done, None)
        yield from chunked((one for one in rest if _tier(one, house) is tier), size)


def _is_short(house: House, records: int) -> bool:
    return any(_payable(crm.caller, records) < records for crm in house.crms)


def _tier(one: Planned, house: House) -> Tier:
    """The tier its score alone makes; the decision may see it differently once the CRM is read."""
    score = typed(one.record.values.get("score"), ColumnType.DECIMAL)
    return house.definitions.tiers.tier(score if isinstance(score, Decimal) else None) or Tier.NONE


def affordable(callers: Iterable[Caller], chunk: Sequence[Planned]) -> int:
    """How many of the chunk's accounts can be read and written with the calls that are left, as far as is known."""
    return min([len(chunk), *(_payable(caller, len(chunk)) for caller in callers)])


def _payable(caller: Caller, records: int) -> int:
    capacity, left = caller.destination.capacity, caller.left
    each = 1 / capacity.by_id + 1 / capacity.facts + 1 / capacity.send
    # Less than one call per step cannot be made: three are the least that get anything done.
    return records if left is None else int((left - 3) / each) + 1 if left >= 3 else 0


def unread(chunk: Sequence[Planned], mapping: str, why: str) -> list[Outcome]:
    """The outcome of records whose CRM could not be read: without its state nothing is decided (D4)."""
    keys = (one.record.key for one in chunk if mapping in one.due)
    return [Outcome(key, OutcomeKind.DEFERRED, None, "QUOTA", why, ADVICE) for key in keys]
