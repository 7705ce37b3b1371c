"""`plsync explain ACCOUNT`: the decision and every field, readable by a rep in ten seconds."""

from __future__ import annotations

from typing import Any

from connector.explain import Explanation, explain
from connector.rules.book import RuleTrace
from connector.store import alerts
from plsync import exits
from plsync.terminal import say, say_json, shown, table
from plsync.wiring import Plsync


def run(plsync: Plsync, account: str, as_json: bool) -> int:
    """Explain one account. Reads the CRMs now, writes nothing."""
    plsync.store.require_current()
    explanation = explain(plsync.house(), plsync.warehouse, plsync.basis, account, plsync.clock())
    raised = alerts_of(plsync, account)
    if as_json:
        say_json({**explanation.as_json(), "alerts": raised})
    else:
        show(explanation, raised)
    return exits.DONE


def alerts_of(plsync: Plsync, account: str) -> list[dict[str, Any]]:
    """The account's alerts and who has them."""
    with plsync.store.read() as conn:
        return [
            {
                "kind": alert.kind,
                "state": alert.state,
                "raised_at": alert.raised_at,
                "acknowledged_by": alert.acknowledged_by_name,
                "acknowledged_at": alert.acknowledged_at,
            }
            for alert in alerts.of_account(conn, account)
        ]


def show(explanation: Explanation, raised: list[dict[str, Any]]) -> None:
    """The explanation for people: what, why, what otherwise, then the fields."""
    decision = explanation.decision
    say(f"{explanation.record.values.get('name') or explanation.record.key} ({explanation.record.key})")
    say(f"  {decision.route} to {decision.routed_to or 'nobody'}, by rule {decision.rule}: {decision.reason}")
    if decision.counterfactual:
        other = decision.counterfactual
        say(f"  without the SQL or opportunity: {other.route} to {other.routed_to or 'nobody'}, by rule {other.rule}")
    say(f"  {decision.why_now}")
    layers = {"behavioural": decision.layers.behavioural, "organisational": decision.layers.organisational}
    layers["intent"] = decision.layers.intent
    ticks = ", ".join(f"{name} {_tick(met)}" for name, met in layers.items())
    say(f"  tier {decision.tier}, segment {decision.segment}, layers: {ticks}")
    if decision.flags:
        say(f"  flags: {', '.join(decision.flags)}")
    read_at = decision.crm_read_at.isoformat(timespec="seconds") if decision.crm_read_at else "never"
    say(f"  CRMs read {read_at}{'' if explanation.stored else '; rehearsed now, not recorded yet'}")
    for alert in raised:
        who = f" by {alert['acknowledged_by']}" if alert["acknowledged_by"] else ""
        say(
            f"  alert {alert['kind']}: {alert['state']}{who}, raised {alert['raised_at'].isoformat(timespec='seconds')}"
        )
    say()
    rows = [
        [f"{view.destination} {view.name}", shown(view.live, 28), shown(view.wanted, 28), view.policy, view.reason]
        for view in explanation.fields
    ]
    table("fields", ["field", "in the CRM", "wanted", "merge", "next sync"], rows)
    say()
    table("rules, in order", ["rule", "matched", "why"], [_rule(trace) for trace in explanation.rules])
    for match in explanation.matches:
        say(f"{match['mapping']}: record {match['record_id'] or 'none'} ({match['method']})")
        if match["last_outcome"]:
            words = f": {match['last_code']} {match['last_message']}" if match["last_code"] else ""
            say(f"  last outcome {match['last_outcome']}{words}")


def _rule(trace: RuleTrace) -> list[object]:
    matched = {True: "yes", False: "no", None: "undecided"}[trace.matched]
    return [trace.rule, matched, trace.why]


def _tick(met: bool | None) -> str:
    return {True: "✓", False: "✗", None: "?"}[met]
