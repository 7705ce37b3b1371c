"""A first sentence to somebody of the account, by what happened: about their work, never a general demo (F6, F7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_BY_SIGNAL = {
    "limit_hit": "I saw your team ran into a limit. Shall we take ten minutes on what usually comes next?",
    "hand_raise": "You asked to talk to us, so here I am. What would make this call worth your time?",
    "gated_attempt": "I saw you tried something your plan does not have. What were you about to do with it?",
    "pricing_view": "You looked into our plans. Which question did the page leave open?",
    "external_domain_invite": "I saw you work with another company. Shall I show you how others share access safely?",
    "security_review": "You asked about security. I can bring the answers your reviewers need; who should be there?",
    "sso_or_permissions": "I saw you set up access for your team. Is a wider roll-out coming that we can prepare?",
    "integration_issue": "I saw the integration gave you trouble. Shall I bring somebody who has set it up before?",
    "integration_connected": "I saw you connected your own systems. What should the product do for you there next?",
    "teammate_invited": "I saw you bringing your team in. A few things come up then that are worth ten minutes.",
    "seat_saturation": "Your seats are nearly all in use. Who else should be able to work in it?",
}
_BY_TRIGGER = {
    "usage_limit": _BY_SIGNAL["limit_hit"],
    "expansion": "Your team uses more of the product than when you bought it. Shall we look at what fits you now?",
}
_ANY = "Your team has done a lot in the product lately. Which part of it should we make easier?"


def opener(told: Mapping[str, Any]) -> str:
    """What to say first: by what opened the alert, else by its strongest signal we have words for."""
    if known := _BY_TRIGGER.get(str(told.get("trigger"))):
        return known
    kinds = (str(signal.get("kind")) for signal in told.get("signals") or [])
    return next((_BY_SIGNAL[kind] for kind in kinds if kind in _BY_SIGNAL), _ANY)
