"""`plsync explain ACCOUNT`: the decision and every field, readable by a rep in ten seconds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from connector.explain import Explanation, FieldView, explain
from connector.model import ACCOUNTS, Counterfactual, Decision
from connector.rules.book import RuleTrace
from connector.store import alerts
from plsync import exits
from plsync.running import require_ready
from plsync.terminal import labelled, moment, say, say_json, shown, table
from plsync.wiring import Plsync


def run(plsync: Plsync, account: str, as_json: bool, mapping: str | None = None) -> int:
    """Explain one account, or the row that `mapping` carries from its source. Reads the CRMs now, writes nothing."""
    require_ready(plsync)
    warehouse, basis = plsync.source_of(mapping)
    explanation = explain(plsync.house(), warehouse, basis, account, plsync.clock())
    raised = alerts_of(plsync, account) if basis.source == ACCOUNTS else []
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


def show(explanation: Explanation, raised: Sequence[dict[str, Any]]) -> None:
    """The explanation for people: what, why, what otherwise, then rules and fields."""
    record = explanation.record
    say(f"{record.values.get('name') or record.key} ({record.key})", "bold")
    labelled([*_decided(explanation), *(("alert", _alert(one)) for one in raised)])
    if explanation.rules:
        say()
        table(["rule, in order", "matched", "because"], [_rule(trace) for trace in explanation.rules], indent=2)
    for match in explanation.matches:
        _mapping(match, [view for view in explanation.fields if view.mapping == match["mapping"]])


def _decided(explanation: Explanation) -> Iterator[tuple[str, str]]:
    decision = explanation.decision
    if decision is None:
        yield "decision", "none: only accounts are decided, by the rules of mappings/rules.toml"
        return
    yield "route", _route(decision)
    yield "because", decision.reason
    yield "otherwise", _route(decision.counterfactual) if decision.counterfactual else ""
    yield "why now", decision.why_now
    yield "tier", f"{decision.tier}, segment {decision.segment}, {_layers(decision)}"
    yield "flags", ", ".join(decision.flags)
    rehearsed = "" if explanation.stored else "; rehearsed now, not recorded yet"
    yield "CRMs read", moment(decision.crm_read_at) + rehearsed


def _route(decided: Decision | Counterfactual) -> str:
    return f"{decided.route} to {decided.routed_to or 'nobody'}, by rule {decided.rule}"


def _layers(decision: Decision) -> str:
    layers = decision.layers
    met = {"behavioural": layers.behavioural, "organisational": layers.organisational, "intent": layers.intent}
    return " ".join(f"{name} {_tick(one)}" for name, one in met.items())


def _alert(alert: dict[str, Any]) -> str:
    who = f" by {alert['acknowledged_by']}" if alert["acknowledged_by"] else ""
    return f"{alert['kind']} {alert['state']}{who}, raised {moment(alert['raised_at'])}"


def _mapping(match: dict[str, Any], views: Sequence[FieldView]) -> None:
    say()
    record = (
        f"record {match['record_id']} ({match['method']})" if match["record_id"] else f"no record: {match['method']}"
    )
    last = [str(match[key]) for key in ("last_outcome", "last_code", "last_message") if match[key]]
    say(f"{match['mapping']}: {record}{', last ' + ' '.join(last) if last else ''}", "bold")
    rows = [[view.name, shown(view.live, 24), _wanted(view), view.reason] for view in views]
    table(["field", "in the CRM", "wanted", "next sync"], rows, indent=2, widths=(20, 24, 24))


def _wanted(view: FieldView) -> str:
    return "same" if view.live is not None and view.live == view.wanted else shown(view.wanted, 24)


def _rule(trace: RuleTrace) -> list[object]:
    matched = {True: "yes", False: "no", None: "undecided"}[trace.matched]
    return [trace.rule, matched, trace.why]


def _tick(met: bool | None) -> str:
    return {True: "✓", False: "✗", None: "?"}[met]
