"""Bringing the warehouse's mirror up to the store, so that only what moved need leave the warehouse (D28).

The store is the truth. The mirror holds, per account, the fingerprints a plan would find in the store; a plan looks at
no account whose fingerprints in the mirror are those of its row. So the mirror may be wrong about an account only where
the store knows that it may be: in the accounts the store notes as touched.

1. Everything plans compare with is noted by the store's own triggers, account by account, whoever writes it: decisions,
   memory, intents, absences.
2. At the next plan the mirror is brought up. The store first marks a new stamp, which nobody ever had, in one
   transaction with setting out the accounts touched until then. Then the mirror takes their fingerprints, as read
   after that, and the new stamp, in one transaction, provided that it carries the stamp before. Only then does the
   store forget those accounts; one touched in the meantime stays noted.
3. A mirror that carries another stamp than the store has marked is rebuilt from all of the store. That is so after a
   crash between two of these steps, when two plans are made at once, for a mirror of another store, and for a store or
   a warehouse restored from a backup: a backup made before the mark has an older stamp, and one made after it still
   notes every account that the mirror took in later than the backup.
4. What a plan finds different is looked up in the store once more. A mirror that lags, or says null, costs a look-up
   and never a wrong plan. An account in flight, unsettled or missing is null in it: it is looked at in any case.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

from connector.model import Known
from connector.ports import Ledger, Mirror

MIRROR = "mirror"
Remembered = Callable[[Sequence[str] | None], Iterator[tuple[str, Known]]]  # of these keys, or of all


def brought_up(mirror: Mirror, ledger: Ledger, mappings: Sequence[str], known: Remembered) -> str | None:
    """Bring the mirror up to the store. The stamp it carries then, or None where it cannot serve this plan.

    `known` is what a plan by these mappings compares with, of these keys or of all.
    """
    layout = hashlib.blake2b(repr(list(mappings)).encode(), digest_size=8).hexdigest()  # whose fingerprints, in order
    carried = mirror.stamp()
    if carried is None or carried != ledger.mark(MIRROR) or not carried.endswith(layout):
        carried = None
    elif not ledger.mirror_lags():
        return carried
    fresh = mirror.prepare()
    if fresh is None:
        return None
    stamp = f"{fresh}:{layout}"
    touched = ledger.restamp(stamp)
    rows = _everyone(known) if carried is None else _those(known, touched)
    if not mirror.renew(carried, stamp, rows):
        return None
    ledger.mirrored(stamp)
    return stamp


def _everyone(known: Remembered) -> Iterator[tuple[str, str | None]]:
    return ((key, _prints(one)) for key, one in known(None))


def _those(remembered: Remembered, pages: Iterator[list[str]]) -> Iterator[tuple[str, str | None]]:
    """Whom the store has forgotten is to be looked at, too."""
    for keys in pages:
        known = dict(remembered(keys))
        yield from ((key, _prints(known[key]) if key in known else None) for key in keys)


def _prints(known: Known) -> str | None:
    told = [one for one in known.fingerprints if one is not None]
    return None if known.missing_since or len(told) < len(known.fingerprints) else ",".join(told)
