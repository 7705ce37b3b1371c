"""How far an account has come: one ladder in the product, one in the CRM, never mixed (D23)."""

from __future__ import annotations

from connector.model import CrmState, FactKind, Record

OPPORTUNITY = "Opportunity"
STAGE_ENDED = "crm.stage_ended"  # evidence of a decision: the CRM's ladder starts anew
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
        return OPPORTUNITY
    if state.sql_active:
        return "SQL"
    return "MQL" if FactKind.MQL in kinds and not state.disqualified else None


def ended(state: CrmState) -> bool:
    """Whether the last stage in the CRM came to nothing, so that the ladder starts anew (D23).

    An opportunity was lost, and nothing came after it; or the account is disqualified, and no SQL is active.
    """
    kinds = {fact.kind for fact in state.facts}
    if FactKind.WON_OPPORTUNITY in kinds or state.open_opportunity:
        return False
    if state.disqualified and not state.sql_active:
        return True
    lost = [fact.at for fact in state.facts if fact.kind is FactKind.LOST_OPPORTUNITY]
    dated = [at for at in lost if at is not None]
    if state.stage_at is None or len(dated) < len(lost):
        return bool(lost)
    return any(at >= state.stage_at for at in dated)
