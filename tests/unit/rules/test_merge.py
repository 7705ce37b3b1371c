"""One field where all sides meet: every policy against every state of the CRM (D19, D20, D22, D23)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from connector.mapping.fields import FieldMapping, OnNull
from connector.model import (
    Canonical,
    FieldKind,
    FieldMerge,
    FieldSpec,
    FieldVerdict,
    Live,
    Memory,
    MergePolicy,
    WarehouseValue,
)
from connector.rules.merge import Meeting, is_ours, merge, same
from tests.unit.rules.shipped import NOW

WRITE, SAME, KEEP, HOLD = FieldVerdict
WINS, EDITED, FILL, FURTHEST, HIGHEST, LATEST, NEVER_CLEAR = MergePolicy
STAGES = ("MQL", "SQL", "Opportunity", "Closed won")
EARLIER, LATER = NOW - timedelta(days=1), NOW + timedelta(days=1)


def met(
    policy: MergePolicy,
    held: Canonical,
    wanted: Canonical,
    *,
    ours: Canonical = None,
    dated: WarehouseValue = None,
    on_null: OnNull = OnNull.CLEAR,
    writable: bool = True,
    source: str = "stage",
    editor: str | None = "AE 1",
    anew: bool = False,
) -> FieldMerge:
    """The merge of one field of a record a person changed at NOW, where we wrote `ours` before."""
    field = FieldMapping("F", source, policy, on_null, STAGES if policy is FURTHEST else (), "scored_at")
    memory = Memory("acme") if ours is None else Memory("acme", wanted={"F": ours}, written={"F": ours})
    live = Live("001", {"F": held}, NOW, "AE 1")
    spec = FieldSpec("F", FieldKind.TEXT, writable=writable)
    return merge(Meeting(field, spec, wanted, live, memory, dated, editor, anew))


# Three words of one ladder stand for what we wrote (ours), what somebody else put there (theirs), what we want.
OURS, THEIRS, WANTED = "MQL", "SQL", "Opportunity"
TRUTH: list[tuple[MergePolicy, FieldVerdict, FieldVerdict, FieldVerdict]] = [
    # policy      live is  blank  ours   somebody else's
    (WINS, WRITE, WRITE, WRITE),
    (EDITED, WRITE, WRITE, HOLD),
    (FILL, WRITE, KEEP, KEEP),
    (FURTHEST, WRITE, WRITE, WRITE),
    (LATEST, WRITE, WRITE, HOLD),
    (NEVER_CLEAR, WRITE, WRITE, WRITE),
]


@pytest.mark.parametrize(("policy", "blank", "ours", "theirs"), TRUTH)
def test_truth_table(policy: MergePolicy, blank: FieldVerdict, ours: FieldVerdict, theirs: FieldVerdict) -> None:
    """Each policy's verdict where the field is blank, holds what we wrote, or what somebody else did."""
    assert met(policy, None, WANTED).verdict is blank
    assert met(policy, OURS, WANTED, ours=OURS).verdict is ours
    assert met(policy, THEIRS, WANTED, ours=OURS, dated=EARLIER).verdict is theirs


@pytest.mark.parametrize("policy", MergePolicy)
@pytest.mark.parametrize(("held", "wanted"), [("SQL", "SQL"), (" SQL ", "SQL"), (87, 87.0), (None, ""), ("  ", None)])
def test_equal_values_are_never_written(policy: MergePolicy, held: Canonical, wanted: Canonical) -> None:
    """No policy writes what the CRM holds already, in whatever blanks and digits it holds it."""
    found = met(policy, held, wanted, ours="MQL")

    assert (found.verdict, found.written) == (SAME, held)


@pytest.mark.parametrize("policy", MergePolicy)
def test_null_is_left_out_under_skip(policy: MergePolicy) -> None:
    """on_null = skip: a null in the warehouse changes no field, whoever wrote it (D22)."""
    for held in (None, "MQL", "SQL"):
        found = met(policy, held, None, ours="MQL", on_null=OnNull.SKIP)

        assert (found.verdict, found.written) == (KEEP, held)


@pytest.mark.parametrize(
    ("policy", "ours", "theirs"),
    [(WINS, WRITE, WRITE), (EDITED, WRITE, HOLD), (FILL, KEEP, KEEP), (NEVER_CLEAR, KEEP, KEEP)],
)
def test_null_under_clear(policy: MergePolicy, ours: FieldVerdict, theirs: FieldVerdict) -> None:
    """on_null = clear: a null clears what the policy lets us write, and never what a person put there (D22)."""
    assert met(policy, "MQL", None, ours="MQL").verdict is ours
    assert met(policy, "SQL", None, ours="MQL").verdict is theirs
    assert met(policy, None, None, ours="MQL").verdict is SAME


@pytest.mark.parametrize("policy", [FURTHEST, HIGHEST])
def test_null_never_takes_a_lead_away(policy: MergePolicy) -> None:
    """A field that only ever rises is not cleared by a null."""
    held: Canonical = "SQL" if policy is FURTHEST else 5

    assert met(policy, held, None, ours=held).verdict is KEEP
    assert met(policy, None, None).verdict is SAME


@pytest.mark.parametrize("policy", MergePolicy)
def test_unwritable_field_is_held(policy: MergePolicy) -> None:
    """A field the CRM does not let us write is somebody's to know, unless it already holds the value."""
    assert met(policy, None, "SQL", writable=False).verdict is HOLD
    assert met(policy, "SQL", "SQL", writable=False).verdict is SAME
    assert "does not let us write" in met(policy, None, "SQL", writable=False).reason


@pytest.mark.parametrize("policy", MergePolicy)
def test_new_record_gets_every_value(policy: MergePolicy) -> None:
    """On a record about to be created nobody's value is in the way."""
    field = FieldMapping("F", "stage", policy, OnNull.CLEAR, STAGES, "scored_at")
    spec = FieldSpec("F", FieldKind.TEXT)

    assert merge(Meeting(field, spec, "SQL", None, Memory("acme"))).verdict is WRITE
    assert merge(Meeting(field, spec, None, None, Memory("acme"))).verdict is SAME


# --- crm_wins_if_edited ----------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["wanted", "written", "intended"])
@pytest.mark.parametrize("spelled", ["Sales led", " Sales led ", "SALES LED"])
def test_each_memory_proves_a_value_ours(side: str, spelled: str) -> None:
    """A live value equal to what we wanted, wrote or were sending is ours, however the CRM spells it (D19, D20)."""
    memory = Memory("acme", **{side: {"F": "Sales led"}})  # type: ignore[arg-type]  # side names a mapping
    field = FieldMapping("F", "motion", EDITED)
    live = Live("001", {"F": spelled}, NOW, "AE 1")

    assert is_ours("F", spelled, memory)
    assert merge(Meeting(field, FieldSpec("F", FieldKind.TEXT), "PLG", live, memory)).verdict is WRITE


def test_another_field_proves_nothing() -> None:
    """What we wrote to one field does not make the same value in another field ours."""
    assert not is_ours("F", "Sales led", Memory("acme", written={"G": "Sales led"}))


def test_cleared_by_a_person_stays_cleared() -> None:
    """A person who empties a field we wrote has edited it."""
    found = met(EDITED, None, "SQL", ours="MQL")

    assert found.verdict is HOLD
    assert found.reason == "cleared in the CRM by AE 1, and the CRM wins if edited"


def test_hold_says_who_changed_the_record() -> None:
    """The reason of a hold names who set the value, where that was asked, and the policy."""
    found = met(EDITED, "SQL", "Opportunity", ours="MQL")

    assert found.reason == "edited in the CRM by AE 1, and the CRM wins if edited"
    assert (found.live, found.wanted, found.written) == ("SQL", "Opportunity", "SQL")


def test_value_found_at_first_contact_is_a_persons() -> None:
    """What stood in the field before we ever wrote there is not ours to overwrite."""
    assert met(EDITED, "SQL", "MQL").verdict is HOLD


# --- the ladders -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "wanted", "verdict"),
    [
        (None, "MQL", WRITE),
        ("MQL", "SQL", WRITE),
        ("MQL", "Closed won", WRITE),
        ("SQL", "MQL", KEEP),
        ("Closed won", "MQL", KEEP),
        ("Nurturing", "SQL", HOLD),
        ("SQL", "Nurturing", HOLD),
    ],
)
def test_furthest(held: Canonical, wanted: Canonical, verdict: FieldVerdict) -> None:
    """A stage only moves forward; one the ladder does not know is a person's to judge (D23)."""
    assert met(FURTHEST, held, wanted, ours="MQL").verdict is verdict


@pytest.mark.parametrize("held", [" sql ", "SQL ", "sql"])
def test_furthest_reads_a_crms_spelling(held: str) -> None:
    """A stage in the CRM's own spelling is that stage, not an unknown one (D20)."""
    assert met(FURTHEST, held, "Opportunity").verdict is WRITE
    assert met(FURTHEST, held, "MQL").verdict is KEEP


@pytest.mark.parametrize(
    ("held", "wanted", "on_null", "verdict"),
    [
        ("Opportunity", "MQL", OnNull.SKIP, WRITE),
        ("Closed won", "SQL", OnNull.SKIP, WRITE),
        ("SQL", "Opportunity", OnNull.SKIP, WRITE),
        ("SQL", "SQL ", OnNull.SKIP, SAME),
        ("sql", "SQL", OnNull.SKIP, KEEP),
        ("Opportunity", None, OnNull.CLEAR, WRITE),
        ("Opportunity", None, OnNull.SKIP, KEEP),
        (None, None, OnNull.CLEAR, SAME),
        ("Nurturing", "SQL", OnNull.SKIP, HOLD),
    ],
)
def test_a_ladder_that_came_to_nothing_starts_anew(
    held: Canonical, wanted: Canonical, on_null: OnNull, verdict: FieldVerdict
) -> None:
    """After a lost deal or a disqualification a stage may go back, to none where a null clears; and forward (D23)."""
    assert met(FURTHEST, held, wanted, ours="MQL", on_null=on_null, anew=True).verdict is verdict


def test_a_lost_deal_takes_back_nothing_that_the_product_has_seen() -> None:
    """The product's own ladder knows of no deal."""
    assert met(FURTHEST, "Opportunity", "MQL", source="decision.plg_stage", anew=True).verdict is KEEP
    assert met(FURTHEST, "Opportunity", None, source="decision.plg_stage", anew=True).verdict is KEEP
    assert met(FURTHEST, "Opportunity", "MQL", source="decision.crm_stage", anew=True).verdict is WRITE


@pytest.mark.parametrize("policy", [WINS, EDITED, FILL, HIGHEST, LATEST, NEVER_CLEAR])
def test_only_a_ladder_starts_anew(policy: MergePolicy) -> None:
    """A lost deal is no matter of the other policies."""
    for held, wanted in (("SQL", "MQL"), ("SQL", None), (5, 4)):
        known = met(policy, held, wanted, ours="MQL", dated=EARLIER)
        assert met(policy, held, wanted, ours="MQL", dated=EARLIER, anew=True) == known


# --- what somebody put in the place of ours (D20) --------------------------------------------------


@pytest.mark.parametrize(
    ("held", "wanted", "ours", "restores"),
    [
        pytest.param("SQL", "Opportunity", "MQL", True, id="typed"),
        pytest.param(None, "Opportunity", "MQL", True, id="emptied"),
        pytest.param("MQL", "Opportunity", "MQL", False, id="ours"),
        pytest.param("mql ", "Opportunity", "MQL", False, id="ours-as-the-crm-spells-it"),
        pytest.param("SQL", "Opportunity", None, False, id="there-before-we-came"),
        pytest.param("SQL", "SQL", "MQL", False, id="as-wanted"),
    ],
)
def test_what_is_written_over_somebodys_value_says_so(
    held: Canonical, wanted: Canonical, ours: Canonical, restores: bool
) -> None:
    """A field we wrote that holds something else since is restored, with whoever changed it."""
    found = met(WINS, held, wanted, ours=ours)

    assert found.restores is restores
    assert (found.reason == "AE 1 had changed it, and the warehouse wins") is restores
    if restores:
        assert met(WINS, held, wanted, ours=ours, editor=None).reason.startswith("somebody had changed it")


@pytest.mark.parametrize("policy", [EDITED, FILL, FURTHEST, LATEST, NEVER_CLEAR])
def test_only_what_the_warehouse_wins_is_restored(policy: MergePolicy) -> None:
    """The other policies have their own words for whose value counts."""
    assert not met(policy, "SQL", "Opportunity", ours="MQL", dated=LATER).restores


@pytest.mark.parametrize(
    ("held", "wanted", "verdict"),
    [(None, 1, WRITE), (1, 2, WRITE), (2, 1, KEEP), (1.5, 2, WRITE), (-1, 0, WRITE), ("many", 2, HOLD)],
)
def test_highest(held: Canonical, wanted: Canonical, verdict: FieldVerdict) -> None:
    """A number only rises; what is no number is not compared."""
    assert met(HIGHEST, held, wanted).verdict is verdict


@pytest.mark.parametrize(
    ("dated", "verdict"),
    [(LATER, WRITE), (EARLIER, HOLD), (NOW, HOLD), (None, HOLD), (date(2026, 3, 19), HOLD)],
)
def test_latest(dated: WarehouseValue, verdict: FieldVerdict) -> None:
    """Against somebody else's value the warehouse wins only where its date is later than the CRM's change (D23)."""
    assert met(LATEST, "SQL", "MQL", dated=dated).verdict is verdict


def test_latest_without_the_crms_date() -> None:
    """A CRM that does not say when the record changed cannot lose to a date."""
    field = FieldMapping("F", "stage", LATEST, OnNull.CLEAR, (), "scored_at")
    live = Live("001", {"F": "SQL"})
    found = merge(Meeting(field, FieldSpec("F", FieldKind.TEXT), "MQL", live, Memory("acme"), LATER))

    assert found.verdict is HOLD


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (87, 87.0, True),
        (87, "87", True),
        (None, "", True),
        (None, "  ", True),
        ("a", " a ", True),
        ("a", "A", False),
        (None, 0, False),
        (None, False, False),
        (0.1, 0.2, False),
        ("1", 2, False),
    ],
)
def test_same(left: Canonical, right: Canonical, equal: bool) -> None:
    """Two values a CRM would store alike are one; nothing is not zero and not false."""
    assert same(left, right) is equal
    assert same(right, left) is equal
