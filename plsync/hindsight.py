"""An account as it stood after a run: what was decided of it, and what the run wrote. From the store alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from connector.errors import ConfigError
from connector.model import Decision
from connector.store import Store, audit, decisions, runs
from connector.store.audit import AuditRow
from connector.store.columns import as_number
from connector.store.runs import RunRow

MOST = 10_000  # rows of one account's audit


@dataclass(frozen=True)
class Hindsight:
    """`decided_in` is the run that made the decision, `written` what `run` did to the account's records."""

    account: str
    run: RunRow
    decided_in: str | None
    decision: Decision | None
    written: Sequence[AuditRow]

    def as_json(self) -> dict[str, Any]:
        """For `explain --at RUN --json`."""
        return {
            "account": {"key": self.account},
            "run": {"run": self.run.id, "lane": self.run.lane, "started_at": self.run.started_at},
            "decided_in": self.decided_in,
            "decision": asdict(self.decision) if self.decision else None,
            "written": [_row(row) for row in self.written],
        }


def hindsight(store: Store, account: str, run_id: str) -> Hindsight:
    """What is known of the account as of a run. Raises ConfigError for a run or an account that nobody knows."""
    with store.read() as conn:
        run = runs.get(conn, run_id)
        if run is None:
            raise ConfigError([f'there is no run "{run_id}" in this store; `plsync runs` lists them'])
        made = decisions.history(conn, account)
        rows = audit.of_account(conn, account, MOST)
    if not made and not rows:
        raise ConfigError([f'the store knows no account "{account}"; the key is case sensitive'])
    before = [(as_number(name), name, decision) for name, decision in made if as_number(name) <= as_number(run_id)]
    _, decided_in, decision = max(before, key=lambda one: one[0], default=(0, None, None))
    mine = [row for row in reversed(rows) if row.run_id == run_id]
    return Hindsight(account, run, decided_in, decision, mine)


def _row(row: AuditRow) -> dict[str, Any]:
    fields = [{"name": name, "before": before, "after": after} for name, (before, after) in sorted(row.changes.items())]
    told = {"record_id": row.record_id, "outcome": row.outcome, "code": row.code, "message": row.message}
    return {"mapping": row.mapping, **told, "fields": fields}
