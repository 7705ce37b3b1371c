"""`plsync adopt`: accept what people typed where the CRM wins (D20)."""

from __future__ import annotations

from collections.abc import Sequence

from connector.adopt import Adopted, Adoption, adopt
from connector.errors import ConfigError
from plsync import exits
from plsync.lease import alone
from plsync.running import require_ready
from plsync.terminal import say, say_json, shown, table
from plsync.wiring import Plsync


def run(plsync: Plsync, accounts: Sequence[str], everything: bool, mapping: str | None, as_json: bool) -> int:
    """Adopt the held edits of accounts, or all. Reads the CRMs now, writes nothing there."""
    require_ready(plsync)
    if bool(accounts) == everything:
        raise ConfigError(["adopt: name accounts, or --all; `plsync held` lists them"])
    with alone(plsync.store, plsync.clock, plsync.connections):
        became = adopt(plsync.house(), None if everything else accounts, mapping, plsync.clock)
    if as_json:
        say_json({"adopted": [as_dict(one) for one in became]})
    else:
        show(became)
    return exits.DONE


def as_dict(one: Adopted) -> dict[str, object]:
    """A record as JSON."""
    return {
        "account": one.account,
        "mapping": one.mapping,
        "record": one.record_id,
        "became": str(one.became),
        "fields": dict(one.fields),
    }


def show(became: Sequence[Adopted]) -> None:
    """What became of each record's edits."""
    if not became:
        say("no edit is held")
        return
    table(
        ["account", "mapping", "", "what stays"],
        [[one.account, one.mapping, one.became, _fields(one)] for one in became],
    )
    if any(one.became is Adoption.ADOPTED for one in became):
        say()
        say("adopted values stay until the warehouse value changes", "dim")


def _fields(one: Adopted) -> str:
    return ", ".join(f"{name}: {shown(value)}" for name, value in one.fields.items())
