"""`plsync retry`: let the next sync try again. Nothing is sent now."""

from __future__ import annotations

from collections.abc import Sequence

from connector.errors import ConfigError
from connector.store import bindings, troubles
from plsync import exits
from plsync.terminal import say, say_json
from plsync.wiring import Plsync


def run(plsync: Plsync, accounts: Sequence[str], everything: bool, as_json: bool) -> int:
    """Make accounts due, whatever their trouble, or every refused and waiting record.

    The CRMs' schemas are read anew, too. Raises ConfigError for neither or both, and for an account without trouble.
    """
    plsync.store.require_current()
    if bool(accounts) == everything:
        raise ConfigError(["retry: name accounts, or --all; `plsync rejects` and `plsync held` list them"])
    with plsync.store.write() as conn:
        bindings.doubt_schemas(conn)
        if everything:
            due = troubles.retry_all(conn, [mapping.name for mapping in plsync.mappings])
        else:
            due = len(_required(accounts, troubles.retry(conn, accounts)))
    if as_json:
        say_json({"due": due})
    elif not due:
        say("no record is refused or waits for its time: nothing to try again")
    else:
        say(f"{due:,} {'record' if everything else 'account'}{'' if due == 1 else 's'} due; `plsync sync` tries again")
    return exits.DONE


def _required(accounts: Sequence[str], found: set[str]) -> set[str]:
    if unknown := [account for account in accounts if account not in found]:
        words = "nothing of it is refused, held or waiting; the key is case sensitive"
        raise ConfigError([f'account "{account}": {words}' for account in unknown])
    return found
