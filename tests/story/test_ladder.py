"""The CRM's stage on a record, over several looks: forward only, until the last stage came to nothing (D23)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.model import CrmFact, FactKind
from tests.story.house import CRM_STAGE, SALESFORCE, Town, mapping
from tests.unit.rules.shipped import NOW, fact

LEAD, OTHER_LEAD = "00Q000000000001AAA", "00Q000000000002AAA"


@pytest.fixture
def staged(town: Town) -> Town:
    """One account whose record shows its stage."""
    town.mappings = {SALESFORCE: mapping(SALESFORCE, fields=CRM_STAGE)}
    town.accounts("acme")
    return town


def of(kind: FactKind, days: float, record_id: str = LEAD) -> CrmFact:
    """A record of the account that says this since so many days after the story began."""
    return fact(kind, at=NOW + timedelta(days=days), record_id=record_id)


MQL, SQL, DISQUALIFIED = FactKind.MQL, FactKind.SQL, FactKind.DISQUALIFIED
OPEN, WON, LOST = FactKind.OPEN_OPPORTUNITY, FactKind.WON_OPPORTUNITY, FactKind.LOST_OPPORTUNITY


@pytest.mark.parametrize(
    "story",
    [
        pytest.param([([of(MQL, 0)], "MQL"), ([of(SQL, 1)], "SQL"), ([of(OPEN, 2)], "Opportunity")], id="forward"),
        pytest.param([([of(SQL, 0)], "SQL"), ([of(MQL, 1)], "SQL")], id="never-back"),
        pytest.param([([of(SQL, 0)], "SQL"), ([], "SQL")], id="what-is-gone-is-no-loss"),
        pytest.param([([of(OPEN, 0)], "Opportunity"), ([of(LOST, 1)], None)], id="lost"),
        pytest.param(
            [([of(OPEN, 0)], "Opportunity"), ([of(LOST, 3), of(MQL, 1, OTHER_LEAD)], "MQL")], id="lost-to-mql"
        ),
        pytest.param(
            [([of(OPEN, 0)], "Opportunity"), ([of(LOST, 1)], None), ([of(LOST, 1), of(SQL, 2)], "SQL")],
            id="lost-and-qualified-anew",
        ),
        pytest.param(
            [([of(OPEN, 0)], "Opportunity"), ([of(LOST, 1), of(OPEN, 2)], "Opportunity")], id="lost-beside-an-open-one"
        ),
        pytest.param([([of(SQL, 0)], "SQL"), ([of(DISQUALIFIED, 1)], None)], id="disqualified"),
        pytest.param(
            [([of(SQL, 0)], "SQL"), ([of(DISQUALIFIED, 1), of(SQL, 0, OTHER_LEAD)], "SQL")],
            id="disqualified-beside-one",
        ),
        pytest.param([([of(WON, 0)], "Closed won"), ([of(WON, 0), of(LOST, 1)], "Closed won")], id="won-and-one-lost"),
    ],
)
def test_a_stage_follows_the_crm(staged: Town, story: list[tuple[list[CrmFact], str | None]]) -> None:
    """What the record shows after each look."""
    for facts, shown in story:
        staged.crms[SALESFORCE].facts["acme"] = tuple(facts)
        staged.later(days=1)
        staged.edit("acme")  # somebody touched the record, so that the account is looked at
        staged.later(seconds=1)
        staged.sync()
        staged.recheck()
        assert staged.holds("acme", "stage") == shown


def test_a_ladder_that_started_anew_is_written_once(staged: Town) -> None:
    """The lost deal stays lost: the next look writes nothing."""
    staged.crms[SALESFORCE].facts["acme"] = (of(OPEN, 0),)
    staged.settled()
    staged.crms[SALESFORCE].facts["acme"] = (of(LOST, 1), of(MQL, 0, OTHER_LEAD))
    for _ in range(2):
        staged.later(days=1)
        staged.edit("acme")
        staged.later(seconds=1)
        staged.forget_calls()
        staged.recheck()
    assert staged.holds("acme", "stage") == "MQL"
    assert staged.sent() == []
