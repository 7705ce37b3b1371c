"""`plsync explain ACCOUNT`: who has it, why, what to do; then everything behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connector.explain import NOWHERE, Explanation, FieldView, explain
from connector.model import ACCOUNTS, Counterfactual, Decision, Layers
from connector.rules.book import RuleTrace
from connector.rules.people import Staff
from connector.store import Store, alerts, decisions, scores
from connector.store.alerts import Alert, Transition
from connector.store.scores import Score
from plsync import exits
from plsync.hindsight import Hindsight, hindsight
from plsync.running import require_ready
from plsync.terminal import labelled, moment, say, say_json, shown, table
from plsync.todo import to_do
from plsync.wiring import Plsync

LAST = 5  # scores shown


def run(plsync: Plsync, account: str, as_json: bool, mapping: str | None = None, at: str | None = None) -> int:
    """Explain one account, or the row that `mapping` carries from its source. Reads the CRMs now, writes nothing.

    `at` is a run: then the account is told as it stood after it, from the store alone.
    """
    if at is not None:
        return _look_back(plsync, account, at, as_json)
    require_ready(plsync)
    warehouse, basis = plsync.source_of(mapping)
    explanation = explain(plsync.house(), warehouse, basis, account, plsync.clock())
    decided = basis.source == ACCOUNTS
    raised = alerts_of(plsync.store, account) if decided else []
    scored = scores_of(plsync.store, account) if decided else []
    if as_json:
        told = [{"since": one.since, "score": one.score, "tier": one.tier} for one in scored]
        say_json({**explanation.as_json(), "alerts": raised, "scores": told})
    else:
        show(explanation, raised, scored, plsync.folder.definitions.staff)
    return exits.DONE


def _look_back(plsync: Plsync, account: str, at: str, as_json: bool) -> int:
    plsync.store.require_current()
    seen = hindsight(plsync.store, account, at)
    if as_json:
        say_json(seen.as_json())
    else:
        show_hindsight(seen, plsync.folder.definitions.staff)
    return exits.DONE


def alerts_of(store: Store, account: str) -> list[dict[str, Any]]:
    """The account's alerts, oldest first: who has them, and every step they took."""
    with store.read() as conn:
        return [_alert(alert, alerts.transitions_of(conn, alert.id)) for alert in alerts.of_account(conn, account)]


def scores_of(store: Store, account: str) -> list[Score]:
    """The last scores it was decided by, the newest first."""
    with store.read() as conn:
        in_force = decisions.latest(conn, [account]).get(account)
        return scores.of(conn, account, in_force)[: -LAST - 1 : -1]


def _alert(alert: Alert, steps: Sequence[Transition]) -> dict[str, Any]:
    names = {alert.acknowledged_by: alert.acknowledged_by_name}
    return {
        "kind": alert.kind,
        "state": alert.state,
        "owner": alert.owner_email,
        "raised_at": alert.raised_at,
        "acknowledged_by": alert.acknowledged_by_name,
        "acknowledged_at": alert.acknowledged_at,
        "steps": [
            {
                "at": step.at,
                "from": step.from_state,
                "to": step.to_state,
                "by": names.get(step.actor) or step.actor,
                "through": step.source,
            }
            for step in steps
        ],
    }


# --- for people ------------------------------------------------------------------------------------


def show(explanation: Explanation, raised: Sequence[Mapping[str, Any]], scored: Sequence[Score], staff: Staff) -> None:
    """Who, why and what to do first; then what else there is, every rule, every field."""
    record, decision = explanation.record, explanation.decision
    say(f"{record.values.get('name') or record.key} ({record.key})", "bold")
    if decision is None:
        labelled([("decision", "none: only accounts are decided, by the rules of mappings/rules.toml")])
    else:
        labelled([*_first(decision, staff), ("to do", to_do(decision, explanation.matches, raised))])
        say()
        labelled([*_decided(explanation, decision, staff), ("scores", _scores(scored)), *_alerts(raised)])
    if explanation.rules:
        say()
        table(["rule, in order", "matched", "because"], [_rule(trace) for trace in explanation.rules], indent=2)
    for match in explanation.matches:
        _mapping(match, [view for view in explanation.fields if view.mapping == match["mapping"]])


def show_hindsight(seen: Hindsight, staff: Staff) -> None:
    """What was decided by then, and what the run wrote."""
    say(f"{seen.account} after {seen.run.id}, a run of {seen.run.lane} of {moment(seen.run.started_at)}", "bold")
    if seen.decision is None:
        labelled([("decision", "none that is still known: decided later, or forgotten since (store.history_days)")])
    else:
        labelled([*_first(seen.decision, staff), ("decided", f"by {seen.decided_in}")])
        say()
        labelled(list(_evidence(seen.decision, staff)))
    say()
    if not seen.written:
        say("that run wrote nothing of it, or what it wrote is forgotten (store.audit_days)", "dim")
    for row in seen.written:
        words = " ".join(word for word in (row.outcome, row.code, row.message) if word)
        say(f"{row.mapping}: record {row.record_id or '—'}, {words}", "bold")
        changes = sorted(row.changes.items())
        if changes:
            rows = [[name, shown(before, 36), "→", shown(after)] for name, (before, after) in changes]
            table(["field", "before", "", "written"], rows, indent=2)


def _first(decision: Decision, staff: Staff) -> list[tuple[str, str]]:
    """What a reader needs in the first ten seconds."""
    return [("who has it", _who(decision.routed_to, staff)), ("why", decision.reason), ("why now", decision.why_now)]


def _who(email: str | None, staff: Staff) -> str:
    if email is None:
        return "nobody in sales"
    known = staff.by_email.get(email)
    return f"{known.name} ({email})" if known else email


def _decided(explanation: Explanation, decision: Decision, staff: Staff) -> Iterator[tuple[str, str]]:
    yield from _evidence(decision, staff)
    rehearsed = "" if explanation.stored else "; rehearsed now, not recorded yet"
    yield "CRMs read", moment(decision.crm_read_at) + rehearsed
    if anew := explanation.anew:
        yield "now", f"it would be {anew.route} to {_who(anew.routed_to, staff)}, by rule {anew.rule}: due for a sync"


def _evidence(decision: Decision, staff: Staff) -> Iterator[tuple[str, str]]:
    yield "route", f"{decision.route} by rule {decision.rule}, since {moment(decision.routed_at)}"
    yield "otherwise", _otherwise(decision.counterfactual, staff) if decision.counterfactual else ""
    yield "tier", f"{decision.tier}, segment {decision.segment}, {_layers(decision.layers)}"
    yield "stages", ", ".join(stage for stage in (decision.plg_stage, decision.crm_stage) if stage)
    yield "flags", ", ".join(decision.flags)


def _otherwise(other: Counterfactual, staff: Staff) -> str:
    return f"without it {other.route} to {_who(other.routed_to, staff)}, by rule {other.rule}"


def _layers(layers: Layers) -> str:
    met = {"behavioural": layers.behavioural, "organisational": layers.organisational, "intent": layers.intent}
    return " ".join(f"{name} {_tick(one)}" for name, one in met.items())


def _scores(scored: Sequence[Score]) -> str:
    return ", before that ".join(f"{one.score or 'none'} {one.tier}{_since(one)}" for one in scored)


def _since(score: Score) -> str:
    return f" since {moment(score.since)}" if score.since else ""


def _alerts(raised: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for alert in raised:
        owner = f"{alert['owner']}'s" if alert["owner"] else "nobody's"
        steps = (f"{moment(step['at'])} {_step(step)}" for step in alert["steps"])
        first = f"{alert['kind']}, {alert['state']}, {owner}; raised {moment(alert['raised_at'])}"
        yield "alert", "\n".join([first, *steps])


def _step(step: Mapping[str, Any]) -> str:
    if step["from"] == step["to"]:
        return f"handed over to {step['by']}"
    return f"{step['to']} by {step['by']}" + ("" if step["by"] == step["through"] else f" in {step['through']}")


def _mapping(match: Mapping[str, Any], views: Sequence[FieldView]) -> None:
    say()
    record = (
        f"record {match['record_id']} ({match['method']})" if match["record_id"] else f"no record: {match['method']}"
    )
    last = [str(match[key]) for key in ("last_outcome", "last_code", "last_message") if match[key]]
    say(f"{match['mapping']}: {record}{', last ' + ' '.join(last) if last else ''}", "bold")
    if match["offered"]:
        may_be = "it may be" if match["candidates"] else "no record is certain; called the same"
        table(["", may_be], [[record_id, name or "—"] for record_id, name in match["offered"].items()], indent=2)
    rows = [[view.name, shown(view.live, 24), _wanted(view), view.reason] for view in views if view.reason != NOWHERE]
    if rows:
        table(["field", "in the CRM", "wanted", "next sync"], rows, indent=2, widths=(20, 24, 24))


def _wanted(view: FieldView) -> str:
    return "same" if view.live is not None and view.live == view.wanted else shown(view.wanted, 24)


def _rule(trace: RuleTrace) -> list[object]:
    matched = {True: "yes", False: "no", None: "undecided"}[trace.matched]
    return [trace.rule, matched, trace.why]


def _tick(met: bool | None) -> str:
    return {True: "✓", False: "✗", None: "?"}[met]
