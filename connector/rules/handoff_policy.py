"""When alerts open again, and what counts as an intent moment (D17, D37)."""

from __future__ import annotations

from dataclasses import dataclass

SEND, HOLD = "send", "hold"
WITHOUT_CRM = (SEND, HOLD)
SILENT, DIGEST, ALERT = "silent", "digest", "alert"
BASELINES = (SILENT, DIGEST, ALERT)
AS_BASELINE = "baseline"
ON_CHANGE = (AS_BASELINE, ALERT)


@dataclass(frozen=True, slots=True)
class AlertPolicy:
    """Days between two alerts of one account, after a disqualified one, and how far back news counts.

    The warehouse may bring a signal up to `late_hours` after it happened; a decision between the two hides it not.

    The `pricing_visits`-th view of the prices within thirty days is an intent moment, as is each of `intent`;
    `limits` are the usage limits. A score older than `stale_score_hours` is called stale (A6). While a CRM does not
    answer for `unknown_minutes` alerts are held; then they are sent without an owner or, with "hold", wait on.

    `baseline` says what becomes of accounts that are Hot when plsync arrives: nothing, a place in their owner's queue
    and one digest without a clock, or an alert as on any day (D18). `on_definition_change` says whether the same goes
    for those that turn Hot because other definitions are in force (D13).
    """

    cooldown_days: int = 14
    disqualified_days: int = 90
    news_days: int = 14
    late_hours: int = 24
    pricing_visits: int = 3
    stale_score_hours: int = 24
    alert_without_crm: str = SEND
    unknown_minutes: int = 15
    baseline: str = DIGEST
    on_definition_change: str = AS_BASELINE
    intent: tuple[str, ...] = ("gated_attempt", "external_domain_invite", "hand_raise")
    limits: tuple[str, ...] = ("limit_hit",)
