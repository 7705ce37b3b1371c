"""How an account came to buy: six rules in order, recomputed to verify the warehouse's tag (B2, K23, K26)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connector.model import Record
from connector.rules.names import COLUMNS, moment, typed

PLG, SALES_LED, HYBRID, UNKNOWN = "plg", "sales_led", "hybrid_escalation", "unknown"
TELLING = ("closed_won_at", "self_serve_paid_at", "pql_at", "mql_at")
"""A date in one of these gives an account a motion, by one of rules 1 to 5."""

EXPECTED = (*TELLING, "sql_at", "opportunity_at")
"""With a date in one of these an account should have a motion. Who merely signed up has none yet, and by rule 6 is
unknown as well; every account with a flag of `Motion` has such a date."""


@dataclass(frozen=True, slots=True)
class MotionPolicy:
    """Employees from which a PQL is a hybrid escalation (B2, rule 3); the share of unknown ones to stay below (B3)."""

    hybrid_min_employees: int = 50
    unknown_max: float = 0.05


@dataclass(frozen=True, slots=True)
class Motion:
    """The primary motion and what is doubtful about it."""

    name: str
    flags: tuple[str, ...] = ()


def motion(record: Record, policy: MotionPolicy) -> Motion:
    """The first of the six rules that fires. Dates compare by day; "before" is strict (J29)."""
    won, pql = _day(record, "closed_won_at"), _day(record, "pql_at")
    opportunity = _day(record, "opportunity_at")
    if won and pql is None:
        return Motion(SALES_LED, ("no_pql",))  # rule 1: an opportunity is vacuously before a PQL that never was
    if won and pql and opportunity and opportunity < pql:
        return Motion(SALES_LED)  # rule 1
    if _day(record, "self_serve_paid_at"):
        return Motion(PLG)  # rule 2
    if pql:
        return _by_size(typed(record.values.get("employees"), COLUMNS["employees"]), policy)  # rules 3 and 4
    if _day(record, "mql_at"):
        return Motion(SALES_LED)  # rule 5
    unexplained = _day(record, "sql_at") or opportunity
    return Motion(UNKNOWN, ("sql_without_mql",) if unexplained else ())  # rule 6


def flags(record: Record, found: Motion) -> tuple[str, ...]:
    """What is doubtful, with "motion_mismatch" where the warehouse says something else."""
    tagged = record.values.get("motion")
    differs = isinstance(tagged, str) and tagged != found.name
    return (*found.flags, *(("motion_mismatch",) if differs else ()))


def _by_size(employees: object, policy: MotionPolicy) -> Motion:
    if not isinstance(employees, Decimal):
        return Motion(PLG, ("employee_count_missing",))
    return Motion(HYBRID if employees >= policy.hybrid_min_employees else PLG)


def _day(record: Record, column: str) -> date | None:
    when = moment(record.values.get(column))
    return when.date() if when else None
