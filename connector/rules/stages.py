"""How far an account has come: one ladder in the product, one in the CRM, never mixed (D23)."""

from __future__ import annotations

from connector.model import CrmState, FactKind, Record

PLG_STAGES = {
    "signup_at": "Signup",
    "activated_at": "Activated",
    "pql_at": "PQL",
    "self_serve_paid_at": "Self-serve paid",
    "expanded_at": "Expanded",
}


def plg_stage(record: Record) -> str | None:
    """The furthest product stage that has a date."""
    reached = [label for column, label in PLG_STAGES.items() if record.values.get(column) is not None]
    return reached[-1] if reached else None


def crm_stage(state: CrmState) -> str | None:
    """The furthest CRM stage that still stands; a lost or disqualified record takes its stage along (D23)."""
    kinds = {fact.kind for fact in state.facts}
    if FactKind.WON_OPPORTUNITY in kinds:
        return "Closed won"
    if state.open_opportunity:
        return "Opportunity"
    if state.sql_active:
        return "SQL"
    return "MQL" if FactKind.MQL in kinds and not state.disqualified else None
