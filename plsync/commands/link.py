"""`plsync link ACCOUNT RECORD`: a person says which CRM record is the account's (D5)."""

from __future__ import annotations

from connector.errors import ConfigError
from connector.link import link
from connector.store import troubles
from plsync import exits
from plsync.lease import alone
from plsync.running import require_ready
from plsync.terminal import say, say_json
from plsync.wiring import Plsync


def run(plsync: Plsync, account: str, record: str, mapping: str | None, as_json: bool) -> int:
    """Check the record in the CRM now, and remember it. Raises ConfigError when it is not there, or not free."""
    require_ready(plsync)
    name = mapping or _meant(plsync, account)
    with alone(plsync.store, plsync.clock, plsync.connections):
        live = link(plsync.house(), plsync.source_of(name)[0], name, account, record, plsync.clock)
    if as_json:
        say_json({"account": account, "mapping": name, "record": live.record_id})
    else:
        say(f"{account} is {name} record {live.record_id} from now on; `plsync sync` writes it")
    return exits.DONE


def _meant(plsync: Plsync, account: str) -> str:
    """The only mapping, or the only one that holds the account back."""
    names = [mapping.name for mapping in plsync.mappings]
    if len(names) == 1:
        return names[0]
    with plsync.store.read() as conn:
        waiting = [one.mapping for one in troubles.held(conn) if one.account == account and one.code != troubles.EDITED]
    if len(waiting) == 1:
        return waiting[0]
    raise ConfigError([f'link: say where "{account}" has that record: --mapping {" or --mapping ".join(names)}'])
