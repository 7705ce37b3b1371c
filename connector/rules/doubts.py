"""What is worth a second look about a decision: the flags it carries beside those of its rule."""

from __future__ import annotations

from collections.abc import Iterable

from connector.model import CrmState, Tier
from connector.rules import tiers
from connector.rules.crm_state import conflicts
from connector.rules.definitions import Definitions
from connector.rules.layers import missing
from connector.rules.segments import UNKNOWN_SIZE
from connector.rules.weighing import Weighed

REARMED = "rearmed"  # the score is low enough for a later crossing to alert again (D17)


def doubts(account: Weighed, state: CrmState, identity: str | None, definitions: Definitions) -> tuple[str, ...]:
    """Everything odd about the account itself, and where its CRMs disagree."""
    above = (f"points_above_worth:{name}" for name in tiers.above_worth(account.points, definitions.worths))
    return (*conflicts(state), *_odd(account, identity, definitions), *above, *_lacking(account, definitions))


def _odd(account: Weighed, identity: str | None, definitions: Definitions) -> Iterable[str]:
    hot, dated = account.tier is Tier.HOT, "pql_at" in definitions.declared
    pql = account.columns["pql_at"] is not None
    told = {
        "score_mismatch": tiers.mismatch(account.score, account.points),
        "unknown_size": account.segment == UNKNOWN_SIZE,
        "not_in_crm": identity == "unmatched",
        "hot_without_pql": dated and hot and not pql,
        "pql_not_hot": dated and pql and not hot,
        REARMED: definitions.tiers.rearmed(account.score),
    }
    return (flag for flag, holds in told.items() if holds)


def _lacking(account: Weighed, definitions: Definitions) -> Iterable[str]:
    """Missing layers matter where the score alone says Hot or Warm (C18, K18)."""
    if definitions.layers.require == "off" or account.tier not in (Tier.HOT, Tier.WARM):
        return ()
    return (f"layer_missing:{name}" for name in missing(account.layers))
