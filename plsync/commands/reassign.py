"""`plsync reassign --from A --to B`: what somebody had who is away or has left goes to somebody else (D43)."""

from __future__ import annotations

from datetime import date

from connector.errors import ConfigError
from connector.rules.people import WHERE, Staff
from connector.rules.reading import nearest
from connector.store.handovers import Belongings, Handover, belongings, hand_over
from plsync import exits
from plsync.lease import alone
from plsync.terminal import say, say_json
from plsync.wiring import Plsync

LANE = "reassign"


def run(plsync: Plsync, leaver: str, heir: str, as_json: bool) -> int:
    """Hand over decisions in force and open alerts. No CRM is called: the next sync brings the fields up to date.

    Raises ConfigError where the next sync would give them back, or there is nobody to give them to.
    """
    plsync.store.require_current()
    leaver, heir = leaver.strip().lower(), heir.strip().lower()
    staff = plsync.folder.definitions.staff
    _require_sound(staff, leaver, heir, plsync.clock().date())
    with alone(plsync.store, plsync.clock, plsync.connections):
        what = belongings(plsync.store, leaver)
        _require_some(staff, leaver, what)
        run_id = plsync.ledger.start_run(LANE, plsync.clock())
        hand_over(plsync.store, what, Handover(run_id, leaver, heir, plsync.clock()))
        counts = {LANE: {"accounts": len(what.accounts), "alerts": len(what.alerts)}}
        plsync.ledger.finish_run(run_id, "done", plsync.clock(), counts, None)
    if as_json:
        say_json({"run": run_id, "from": leaver, "to": heir, **counts[LANE]})
    else:
        _show(staff, leaver, heir, what)
    return exits.DONE


def _require_sound(staff: Staff, leaver: str, heir: str, today: date) -> None:
    problems = []
    if (one := staff.by_email.get(leaver)) and one.here(today):
        problems.append(
            f"reassign --from: {leaver} is active and not away, so the next sync would give everything back; "
            f'set active = false or away_until in {WHERE} [people."{leaver}"] first'
        )
    other = staff.by_email.get(heir)
    if other is None:
        problems.append(f'reassign --to: nobody in {WHERE} is "{heir}"; {nearest(heir, staff.by_email)}')
    elif heir == leaver or not other.here(today):
        problems.append(f"reassign --to: {heir} is away, has left, or is the same person; name somebody who is there")
    if problems:
        raise ConfigError(problems)


def _require_some(staff: Staff, leaver: str, what: Belongings) -> None:
    if not what.accounts and not what.alerts:
        hint = "" if leaver in staff.by_email else f"; {nearest(leaver, staff.by_email)}"
        raise ConfigError([f'reassign --from: no account and no open alert is "{leaver}"\'s{hint}'])


def _show(staff: Staff, leaver: str, heir: str, what: Belongings) -> None:
    accounts, alerts = len(what.accounts), len(what.alerts)
    say(f"{accounts:,} accounts and {alerts:,} open alerts go from {leaver} to {heir}")
    say("the bot tells them of the alerts; `plsync sync` decides the accounts again and writes their fields", "dim")
    one = staff.by_email.get(leaver)
    if one is None or one.delegate != heir:
        say(f'what {leaver} owns in a CRM follows once people.toml says delegate = "{heir}" of them', "dim")
