"""The demo company keeps its promises: volumes, determinism, every named account, and seeds that agree with it."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from sandbox.demo import EXCLUDED_COMPETITOR, EXCLUDED_INTERNAL, EXCLUDED_STUDENT, NAMED_ACCOUNT, DemoCompany

AS_OF = datetime(2026, 3, 10, 15, 30, tzinfo=UTC)
DAY_TWO = AS_OF + timedelta(days=1)
INTEGRATION_USER = "005000000000INTAAA"
STAGES = ("signup", "activated", "pql", "self_serve_paid", "mql", "sql", "opportunity", "closed_won")
VOLUMES = (4_200, 1_260, 189, 34, 85, 28, 19, 6)  # rules j
RUBRIC = {
    "core_workflow": 30,
    "distinct_days": 20,
    "quota": 15,
    "invites": 25,
    "multi_user": 20,
    "icp": 15,
    "business_email": 5,
    "pricing": 10,
    "support": 10,
}
SIGNAL_KINDS = {
    "limit_hit",
    "limit_near",
    "pricing_view",
    "gated_attempt",
    "teammate_invited",
    "external_domain_invite",
    "integration_connected",
    "sso_or_permissions",
    "hand_raise",
    "support_contact",
    "security_review",
    "integration_issue",
    "seat_saturation",
    "premium_attempt",
    "cross_product",
}
NAMED_CROSSERS = {
    "golden-sentence",
    "hot-open-sql",
    "hot-no-sql",
    "hot-open-opportunity",
    "hot-renewal-only",
    "hot-stale-opportunity",
    "hot-small-85",
    "hot-small-handraise",
    "hot-null-employees",
    "both-crms-conflict",
    "in-neither-crm",
    "hubspot-only",
    "ambiguous-domain",
    "sql-disqualified",
    "sql-inactive-owner",
}
STEADY = {  # key: score, employees
    "hot-student": (90, 2),
    "hot-competitor": (80, 60),
    "warm-120": (60, 120),
    "warm-20": (60, 20),
    "watching-45": (45, 90),
    "unactivated-hot": (85, 70),
    "salesforce-only": (80, 75),
    "named-warm": (60, 300),
    "enterprise-warm": (55, 800),
    "linked-by-domain": (80, 70),
    "edited-by-rep": (80, 130),
    "score-mismatch": (82, 45),
    "boundary-no-intent": (80, 30),
    "boundary-no-usage": (80, 30),
}
MOTIONS = {
    "motion-r1": "sales_led",
    "motion-r2": "plg",
    "motion-r3": "hybrid_escalation",
    "motion-50": "hybrid_escalation",
    "motion-49": "plg",
    "motion-null": "plg",
    "motion-mql": "sales_led",
    "motion-none": "unknown",
}
Row = dict[str, Any]
Seed = dict[str, list[Row]]


def rows(path: Path, query: str, *values: object) -> list[Row]:
    with closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(query, values)]


def accounts(path: Path) -> dict[str, Row]:
    return {row["account_key"]: row for row in rows(path, "SELECT * FROM accounts")}


def signals(path: Path, key: str, kind: str) -> list[Row]:
    return rows(path, "SELECT * FROM signals WHERE account_key = ? AND kind = ? ORDER BY occurred_at", key, kind)


def stage_counts(path: Path) -> tuple[int, ...]:
    counted = ", ".join(f"count({stage}_at) AS {stage}" for stage in STAGES)
    return tuple(rows(path, f"SELECT {counted} FROM accounts")[0].values())


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as database:
        return list(database.iterdump())


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def tier(score: float) -> str:
    return "hot" if score >= 80 else "warm" if score >= 50 else "watching" if score >= 30 else "none"


@pytest.fixture(scope="module")
def company() -> DemoCompany:
    return DemoCompany(AS_OF)


@pytest.fixture(scope="module")
def baseline(company: DemoCompany, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "baseline.db"
    company.write_warehouse(path)
    return path


@pytest.fixture(scope="module")
def advanced(company: DemoCompany, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "advanced.db"
    company.write_warehouse(path)
    company.advance(path)
    return path


@pytest.fixture(scope="module")
def before(baseline: Path) -> dict[str, Row]:
    return accounts(baseline)


@pytest.fixture(scope="module")
def after(advanced: Path) -> dict[str, Row]:
    return accounts(advanced)


@pytest.fixture(scope="module")
def salesforce(company: DemoCompany) -> Seed:
    return company.salesforce()


@pytest.fixture(scope="module")
def hubspot(company: DemoCompany) -> Seed:
    return company.hubspot()


@pytest.mark.parametrize("scale", [1, 3])
def test_volumes_after_day_two(scale: int, tmp_path: Path) -> None:
    """After day two every stage has its volume times the scale, and the baseline has no more of any."""
    company = DemoCompany(AS_OF, scale)
    company.write_warehouse(tmp_path / "demo.db")
    at_baseline = stage_counts(tmp_path / "demo.db")
    company.advance(tmp_path / "demo.db")

    assert stage_counts(tmp_path / "demo.db") == tuple(volume * scale for volume in VOLUMES)
    assert at_baseline[:3] < tuple(volume * scale for volume in VOLUMES[:3])
    assert at_baseline[3:] == tuple(volume * scale for volume in VOLUMES[3:])


def test_same_arguments_same_bytes(tmp_path: Path) -> None:
    """Two companies with the same arguments write the same file on both days and seed the same records."""
    one, two = DemoCompany(AS_OF), DemoCompany(AS_OF)
    paths = tmp_path / "one.db", tmp_path / "two.db"
    for company, path in zip((one, two), paths, strict=True):
        company.write_warehouse(path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    for company, path in zip((one, two), paths, strict=True):
        company.advance(path)

    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert (one.salesforce(), one.hubspot(), one.slack()) == (two.salesforce(), two.hubspot(), two.slack())


def test_zone_of_as_of_does_not_matter(baseline: Path, tmp_path: Path) -> None:
    """The same instant written in another zone gives the same warehouse."""
    DemoCompany(AS_OF.astimezone(timezone(timedelta(hours=2)))).write_warehouse(tmp_path / "demo.db")

    assert dump(tmp_path / "demo.db") == dump(baseline)


def test_writing_again_starts_over(company: DemoCompany, baseline: Path, tmp_path: Path) -> None:
    """Writing over an advanced warehouse gives the baseline, and advancing twice changes nothing more."""
    path = tmp_path / "demo.db"
    company.write_warehouse(path)
    company.advance(path)
    once = dump(path)
    company.advance(path)
    assert dump(path) == once

    company.write_warehouse(path)

    assert dump(path) == dump(baseline)


@pytest.mark.parametrize(("as_of", "scale"), [(AS_OF.replace(tzinfo=None), 1), (AS_OF, 0)])
def test_bad_arguments_are_refused(as_of: datetime, scale: int) -> None:
    """A time without a zone and a scale below one are refused."""
    with pytest.raises(ValueError, match="pass a"):
        DemoCompany(as_of, scale)


def test_advance_needs_a_baseline(company: DemoCompany, tmp_path: Path) -> None:
    """Advancing where nothing was written is refused and leaves no file behind."""
    with pytest.raises(FileNotFoundError, match="baseline"):
        company.advance(tmp_path / "demo.db")

    assert not (tmp_path / "demo.db").exists()


def test_stage_dates_lie_in_thirty_days(after: dict[str, Row]) -> None:
    """Every stage date lies in the thirty days that end with day two, none in their first hour."""
    dates = [row[f"{stage}_at"] for row in after.values() for stage in STAGES if row[f"{stage}_at"]]

    assert min(dates) >= text(DAY_TWO - timedelta(days=30) + timedelta(hours=1))
    assert max(dates) < text(DAY_TWO)


@pytest.mark.parametrize("funnel", [STAGES[:4], STAGES[4:]])
def test_stages_come_in_order(funnel: tuple[str, ...], after: dict[str, Row]) -> None:
    """No account has reached a stage without the one before it, or earlier."""
    for row in after.values():
        dates = [row[f"{stage}_at"] for stage in funnel]
        reached = [date for date in dates if date]

        assert reached == dates[: len(reached)], row["account_key"]
        assert reached == sorted(reached), row["account_key"]


@pytest.mark.parametrize("day", ["before", "after"])
def test_score_is_the_sum_of_its_components(day: str, request: pytest.FixtureRequest) -> None:
    """Each component is nothing or its worth; their sum is the score, but for the one account of J22."""
    differing = {}
    for key, row in request.getfixturevalue(day).items():
        earned = {name: row[f"points_{name}"] for name in RUBRIC}
        assert all(earned[name] in (0, worth) for name, worth in RUBRIC.items()), key
        if sum(earned.values()) != row["score"]:
            differing[key] = (row["score"], sum(earned.values()))

    assert differing == {"score-mismatch": (82, 80)}


@pytest.mark.parametrize("day", ["before", "after"])
def test_pql_is_activated_and_hot(day: str, request: pytest.FixtureRequest) -> None:
    """An account has a PQL date exactly when it is activated and Hot."""
    for key, row in request.getfixturevalue(day).items():
        assert bool(row["pql_at"]) == bool(row["activated_at"] and row["score"] >= 80), key


@pytest.mark.parametrize("day", ["before", "after"])
def test_motion_follows_the_six_rules(day: str, request: pytest.FixtureRequest) -> None:
    """Every motion tag is what the ordered rules give (B2)."""
    for key, row in request.getfixturevalue(day).items():
        won, pql, opportunity = row["closed_won_at"], row["pql_at"], row["opportunity_at"]
        rules = (
            (won and (not pql or opportunity < pql), "sales_led"),
            (row["self_serve_paid_at"], "plg"),
            (pql and (row["employees"] or 0) >= 50, "hybrid_escalation"),
            (pql, "plg"),
            (row["mql_at"], "sales_led"),
            (True, "unknown"),
        )
        assert row["motion"] == next(motion for holds, motion in rules if holds), key


def test_scored_at_marks_what_day_two_touched(
    baseline: Path, advanced: Path, before: dict[str, Row], after: dict[str, Row]
) -> None:
    """A row is scored on day two exactly when it is new, differs, or has a new signal."""
    old = {tuple(row.values()) for row in rows(baseline, "SELECT * FROM signals")}
    new = [row for row in rows(advanced, "SELECT * FROM signals") if tuple(row.values()) not in old]
    touched = {row["account_key"] for row in new}
    touched |= {
        key for key, row in after.items() if {**row, "scored_at": None} != {**before.get(key, {}), "scored_at": None}
    }

    assert {key for key, row in after.items() if row["scored_at"] >= text(AS_OF)} == touched
    assert all(text(AS_OF) <= row["occurred_at"] < text(DAY_TWO) for row in new)
    assert {row["scored_at"] for row in before.values()} == {text(AS_OF - timedelta(minutes=10))}


def test_day_two_crossers(before: dict[str, Row], after: dict[str, Row], advanced: Path) -> None:
    """The named crossers and six numbered ones go from Warm to Hot; the six have fresh signals and 50 to 900 people."""
    crossed = {key for key, row in after.items() if key in before and before[key]["score"] < 80 <= row["score"]}
    numbered = crossed - NAMED_CROSSERS

    assert crossed >= NAMED_CROSSERS
    assert len(numbered) == 6
    assert all(tier(before[key]["score"]) == "warm" for key in crossed)
    for key in numbered:
        assert 50 <= after[key]["employees"] <= 900
        for kind in ("limit_hit", "pricing_view"):
            assert [
                row["occurred_at"] > text(DAY_TWO - timedelta(hours=1)) for row in signals(advanced, key, kind)
            ] == [True]


def test_day_two_moves_others_within_their_tier(before: dict[str, Row], after: dict[str, Row]) -> None:
    """About sixty activated numbered accounts are touched on day two and keep their tier."""
    touched = [
        key
        for key, row in after.items()
        if key.startswith("ws-") and key in before and row["scored_at"] >= text(AS_OF)
        if before[key]["activated_at"] and not (row["pql_at"] and not before[key]["pql_at"])
    ]

    assert len(touched) == 60
    assert all(tier(before[key]["score"]) == tier(after[key]["score"]) for key in touched)
    assert all(not after[key]["pql_at"] for key in touched)


def test_day_two_brings_no_other_handoff_signal(company: DemoCompany, advanced: Path) -> None:
    """Outside the crossers and the customer, day two brings only invitations and support contacts."""
    fresh = rows(advanced, "SELECT account_key, kind FROM signals WHERE occurred_at >= ?", text(AS_OF))
    crossers = {row["account_key"] for row in rows(advanced, "SELECT * FROM accounts WHERE pql_at >= ?", text(AS_OF))}

    others = {row["kind"] for row in fresh if row["account_key"] not in crossers | {"customer-seats"}}
    assert others == {"teammate_invited", "support_contact"}


def test_signals_and_people_are_canonical(advanced: Path, after: dict[str, Row]) -> None:
    """Signal kinds are D16's; PQL accounts, and they alone, have one to four people, one of them the admin."""
    kinds = {row["kind"] for row in rows(advanced, "SELECT DISTINCT kind FROM signals")}
    people = rows(advanced, "SELECT account_key, count(*) AS n, sum(is_admin) AS admins FROM people GROUP BY 1")
    strangers = rows(advanced, "SELECT 1 FROM signals WHERE person_key NOT IN (SELECT person_key FROM people)")

    assert kinds <= SIGNAL_KINDS
    assert {row["account_key"] for row in people} == {key for key, row in after.items() if row["pql_at"]}
    assert all(1 <= row["n"] <= 4 and row["admins"] == 1 for row in people)
    assert strangers == []


def test_every_special_is_there(company: DemoCompany, after: dict[str, Row]) -> None:
    """Every named account is in the warehouse and says what it shows; no other has a name."""
    specials = company.specials()
    named = {key for key in after if not re.fullmatch(r"(ws-\d{5}|sl-\d{3})", key)}

    assert set(specials) == named
    assert named >= NAMED_CROSSERS | STEADY.keys() | MOTIONS.keys() | {"customer-seats"}
    assert all(shows and "\n" not in shows for shows in specials.values())


@pytest.mark.parametrize("key", sorted(STEADY))
def test_steady_specials(key: str, before: dict[str, Row], after: dict[str, Row]) -> None:
    """Named accounts that day two leaves alone have the score and size they are there to show."""
    assert (after[key]["score"], after[key]["employees"]) == STEADY[key]
    assert after[key] == before[key]


@pytest.mark.parametrize(("key", "motion"), MOTIONS.items())
def test_motion_specials(key: str, motion: str, after: dict[str, Row]) -> None:
    """The motion examples J23 to J28 carry the motion they stand for."""
    assert after[key]["motion"] == motion


def test_golden_sentence(before: dict[str, Row], after: dict[str, Row], advanced: Path) -> None:
    """golden-sentence holds the facts of F3: 8 users, limit 3 days ago, Salesforce, two enterprise pricing views."""
    key, admin = "golden-sentence", "golden-sentence:admin"
    views = signals(advanced, key, "pricing_view")

    assert (after[key]["employees"], after[key]["active_users"], after[key]["sql_at"]) == (240, 8, None)
    assert [row["occurred_at"] for row in signals(advanced, key, "limit_hit")] == [text(DAY_TWO - timedelta(days=3))]
    assert [row["detail"] for row in signals(advanced, key, "integration_connected")] == ["Salesforce"]
    assert [(row["detail"], row["person_key"]) for row in views] == [("enterprise pricing page", admin)] * 2


def test_hot_open_sql_and_its_twin(after: dict[str, Row], salesforce: Seed, advanced: Path) -> None:
    """The twins differ in the SQL alone: a lead with our key, Sales Qualified, owned by SDR 1 (J31)."""
    mine = [lead for lead in salesforce["Lead"] if lead["PLS_Account_Key__c"] in ("hot-open-sql", "hot-no-sql")]
    owners = {user["Id"]: user["Name"] for user in salesforce["User"]}

    for key in ("hot-open-sql", "hot-no-sql"):
        assert (after[key]["score"], after[key]["employees"]) == (90, 400)
        assert len(signals(advanced, key, "limit_hit")) == 1
    assert after["hot-open-sql"]["sql_at"]
    assert not after["hot-no-sql"]["sql_at"]
    assert [(lead["PLS_Account_Key__c"], lead["Status"], owners[lead["OwnerId"]]) for lead in mine] == [
        ("hot-open-sql", "Sales Qualified", "SDR 1")
    ]


@pytest.mark.parametrize(
    ("key", "kind", "closes_after", "untouched_days"),
    [
        ("hot-open-opportunity", "New Business", True, range(8)),
        ("hot-renewal-only", "Renewal", True, range(8)),
        ("hot-stale-opportunity", "New Business", False, range(60, 61)),
    ],
)
def test_open_opportunities(
    key: str, kind: str, closes_after: bool, untouched_days: range, salesforce: Seed, after: dict[str, Row]
) -> None:
    """The three named opportunities are open, of their type, and worked on or not (D3)."""
    deal = only(opportunities(salesforce, key))
    last_touched = datetime.fromisoformat(deal["LastActivityDate"]).date()

    assert (deal["IsClosed"], deal["Type"]) == (False, kind)
    assert (deal["CloseDate"] > DAY_TWO.date().isoformat()) is closes_after
    assert (DAY_TWO.date() - last_touched).days in untouched_days
    assert after[key]["closed_won_at"] is None


def test_small_and_unsized_crossers(after: dict[str, Row], advanced: Path) -> None:
    """The two small accounts differ in the raised hand alone; the third has no size."""
    for key in ("hot-small-85", "hot-small-handraise"):
        row = after[key]
        assert (row["score"], row["employees"], row["potential_acv"]) == (85, 12, 3_000)
    kinds = {row["kind"] for row in rows(advanced, "SELECT kind FROM signals WHERE account_key = 'hot-small-85'")}
    assert kinds == {"teammate_invited"}
    assert len(signals(advanced, "hot-small-handraise", "hand_raise")) == 1
    assert after["hot-null-employees"]["employees"] is None


def test_customer_runs_out_of_seats(before: dict[str, Row], after: dict[str, Row], advanced: Path) -> None:
    """customer-seats was won earlier and reaches 19 of its 20 seats on day two (J34)."""
    row = after["customer-seats"]

    assert row["closed_won_at"] < text(AS_OF)
    assert (row["seats_purchased"], row["seats_used"]) == (20, 19)
    assert before["customer-seats"]["seats_used"] < 16
    assert only(signals(advanced, "customer-seats", "seat_saturation"))["occurred_at"] >= text(AS_OF)


def test_unactivated_and_boundaries(after: dict[str, Row]) -> None:
    """85 points without activation, 80 without intent or fit (J19), 80 without a usage point (J20)."""
    usage = ("core_workflow", "distinct_days", "quota")

    assert after["unactivated-hot"]["activated_at"] is None
    assert not any(after["boundary-no-intent"][f"points_{name}"] for name in ("quota", "pricing", "support", "icp"))
    assert not any(after["boundary-no-usage"][f"points_{name}"] for name in usage)


def test_listed_domains(after: dict[str, Row]) -> None:
    """The excluded and named domains are those that the lists can carry; nobody sits on our own."""
    assert after["hot-student"]["domain"] == f"student.{EXCLUDED_STUDENT}" == "student.university.example"
    assert after["hot-competitor"]["domain"] == EXCLUDED_COMPETITOR == "rival.example"
    assert after["named-warm"]["domain"] == NAMED_ACCOUNT == "named-account.example"
    assert EXCLUDED_INTERNAL == "workspace.example"
    assert not any(row["domain"] == EXCLUDED_INTERNAL for row in after.values())


def test_motion_dates(after: dict[str, Row]) -> None:
    """The motion examples have the sizes and dates of J23 to J28."""
    sizes = {
        key: after[key]["employees"] for key in ("motion-r2", "motion-r3", "motion-50", "motion-49", "motion-null")
    }

    assert sizes == {"motion-r2": 200, "motion-r3": 200, "motion-50": 50, "motion-49": 49, "motion-null": None}
    assert after["motion-r1"]["opportunity_at"] < after["motion-r1"]["pql_at"] < after["motion-r1"]["closed_won_at"]
    assert after["motion-r3"]["pql_at"] < after["motion-r3"]["opportunity_at"] < after["motion-r3"]["closed_won_at"]
    assert after["motion-r2"]["self_serve_paid_at"]
    assert [stage for stage in STAGES if after["motion-mql"][f"{stage}_at"]] == ["mql"]
    assert not any(after["motion-none"][f"{stage}_at"] for stage in STAGES)


def test_records_match_the_warehouse(after: dict[str, Row], salesforce: Seed, hubspot: Seed) -> None:
    """Every account has one keyed record in each CRM but for those named for lacking it; no key is strange."""
    in_salesforce = [row["PLS_Account_Key__c"] for row in salesforce["Account"] if row["PLS_Account_Key__c"]]
    in_hubspot = [key for row in hubspot["companies"] if (key := row["properties"].get("pls_account_key"))]
    unkeyed = {"in-neither-crm", "linked-by-domain", "ambiguous-domain"}

    assert len(in_salesforce) == len(set(in_salesforce))
    assert len(in_hubspot) == len(set(in_hubspot))
    assert set(in_salesforce) == after.keys() - unkeyed - {"hubspot-only"}
    assert set(in_hubspot) == after.keys() - unkeyed - {"salesforce-only"}


@pytest.mark.parametrize(("domain", "count"), [("linked-by-domain", 1), ("ambiguous-domain", 2), ("in-neither-crm", 0)])
def test_records_by_domain(domain: str, count: int, salesforce: Seed, hubspot: Seed) -> None:
    """Accounts without a keyed record have one, two or no record on their domain, none of them keyed."""
    accounts_there = [row for row in salesforce["Account"] if row["Website"] == f"https://{domain}.example"]
    companies = [
        row["properties"] for row in hubspot["companies"] if row["properties"].get("domain") == f"{domain}.example"
    ]

    assert [row["PLS_Account_Key__c"] for row in accounts_there] == [None] * count
    assert ["pls_account_key" in row for row in companies] == [False] * count


def test_personal_domains_stay_out_of_the_crms(after: dict[str, Row], salesforce: Seed, hubspot: Seed) -> None:
    """Some accounts signed up with a personal address, which neither CRM takes for a company's domain."""
    personal = {"gmail.com", "outlook.com"}
    sites = {row["Website"] for row in salesforce["Account"]} | {
        f"https://{row['properties'].get('domain')}" for row in hubspot["companies"]
    }

    assert {row["domain"] for row in after.values()} >= personal
    assert not sites & {f"https://{domain}" for domain in personal}


def test_salesforce_ids(salesforce: Seed) -> None:
    """Every Salesforce id is unique, 18 characters, with its object's prefix; every reference leads somewhere."""
    prefixes = {
        "Organization": "00D",
        "User": "005",
        "Account": "001",
        "Contact": "003",
        "Lead": "00Q",
        "Opportunity": "006",
    }
    ids = [row["Id"] for records in salesforce.values() for row in records]

    assert salesforce.keys() == prefixes.keys()
    assert len(ids) == len(set(ids))
    for name, records in salesforce.items():
        own = [row["Id"] for row in records if row["Id"] != INTEGRATION_USER]
        assert all(identity.startswith(prefixes[name]) and identity == long_id(identity[:15]) for identity in own)
        for row in records:
            assert {row[field] for field in ("OwnerId", "AccountId") if field in row} <= set(ids)


def test_hubspot_ids(hubspot: Seed) -> None:
    """Every HubSpot id is unique and a number, property values are text, every reference leads somewhere."""
    records = [row for kind in ("companies", "contacts", "deals") for row in hubspot[kind]]
    ids = [row["id"] for row in records]
    owners = {row["id"] for row in hubspot["owners"]}

    assert len(ids) == len(set(ids))
    assert all(identity.isdigit() for identity in ids)
    for row in records:
        assert all(isinstance(value, str) for value in row["properties"].values())
        assert row["properties"].get("hubspot_owner_id") in owners | {None}
        assert set(row.get("associations", {}).get("companies", [])) <= set(ids)


def test_crm_stage_facts(after: dict[str, Row], salesforce: Seed, hubspot: Seed) -> None:
    """Leads and opportunities count up to the warehouse's stages, named exceptions apart; each deal has its mirror."""
    status = [lead["Status"] for lead in salesforce["Lead"]]
    new_business = [row for row in salesforce["Opportunity"] if row["Type"] == "New Business"]
    won, opened, qualified, marketed = 6, 19 - 6, 28 - 19, 85 - 28

    assert status.count("Sales Qualified") == qualified - 1  # both-crms-conflict has its SQL in HubSpot
    assert status.count("Marketing Qualified") == marketed - 1
    assert status.count("Disqualified") == 1
    assert sum(row["IsWon"] for row in new_business) == won
    assert sum(not row["IsClosed"] for row in new_business) == opened + 1  # the stale one is older than our history
    mirrored = [(row["Name"], row["Amount"], row["IsWon"]) for row in salesforce["Opportunity"]]
    deals = [row["properties"] for row in hubspot["deals"]]
    assert [(d["dealname"], float(d["amount"]), d["hs_is_closed_won"] == "true") for d in deals] == mirrored


def test_hubspot_lifecycle(after: dict[str, Row], hubspot: Seed) -> None:
    """A company's lifecycle stage is the furthest sales stage of its account."""
    stages = {
        "closed_won": "customer",
        "opportunity": "opportunity",
        "sql": "salesqualifiedlead",
        "mql": "marketingqualifiedlead",
    }
    for company in hubspot["companies"]:
        row = after.get(company["properties"].get("pls_account_key", ""))
        if row:
            expected = next((name for stage, name in stages.items() if row[f"{stage}_at"]), "lead")
            assert company["properties"]["lifecyclestage"] == expected, row["account_key"]


def test_special_records(salesforce: Seed, hubspot: Seed) -> None:
    """A rep's edit, two owners, a leaver's lead and a disqualified one are in the records."""
    users = {row["Id"]: row for row in salesforce["User"]}
    held = {row["PLS_Account_Key__c"]: row for row in salesforce["Account"]}
    leads = {row["PLS_Account_Key__c"]: row for row in salesforce["Lead"]}
    companies = {row["properties"].get("pls_account_key"): row["properties"] for row in hubspot["companies"]}
    owners = {row["id"]: row["email"] for row in hubspot["owners"]}

    assert held["edited-by-rep"]["PLS_Motion__c"] == companies["edited-by-rep"]["pls_motion"] == "sales_led"
    assert users[held["edited-by-rep"]["LastModifiedById"]]["Name"] != "Integration"
    assert "both-crms-conflict" not in leads
    assert companies["both-crms-conflict"]["lifecyclestage"] == "salesqualifiedlead"
    assert owners[companies["both-crms-conflict"]["hubspot_owner_id"]] == "ae-2@workspace.example"
    assert users[held["both-crms-conflict"]["OwnerId"]]["Email"] == "ae-3@workspace.example"
    assert leads["sql-disqualified"]["Status"] == "Disqualified"
    assert users[leads["sql-inactive-owner"]["OwnerId"]]["IsActive"] is False
    assert users[held["sql-inactive-owner"]["OwnerId"]]["IsActive"] is True


def test_the_same_staff_everywhere(
    company: DemoCompany, salesforce: Seed, hubspot: Seed, after: dict[str, Row]
) -> None:
    """Active people have one address in all systems; who left is in Salesforce alone; the bot is in each channel."""
    slack = company.slack()
    active = {row["Email"] for row in salesforce["User"] if row["IsActive"]} - {"integration@workspace.example"}
    left = [row["Name"] for row in salesforce["User"] if not row["IsActive"]]

    assert {row["email"] for row in slack["users"]} == active == {row["email"] for row in hubspot["owners"]}
    assert left == ["Former AE"]
    assert {row["tz"] for row in slack["users"]} == {"America/New_York", "Europe/Berlin"}
    assert {(row["name"], row["bot_member"]) for row in slack["channels"]} == {
        ("plg-hot", True),
        ("plg-fyi", True),
        ("revops", True),
    }
    assert {row["owner_email"] for row in after.values()} <= active | {None}


def opportunities(salesforce: Seed, key: str) -> list[Row]:
    account = only([row for row in salesforce["Account"] if row["PLS_Account_Key__c"] == key])
    return [row for row in salesforce["Opportunity"] if row["AccountId"] == account["Id"]]


def long_id(short: str) -> str:
    """The 18-character form of a 15-character id: one letter for the capitals of each five characters."""
    capitals = [sum(short[at + place].isupper() << place for place in range(5)) for at in (0, 5, 10)]
    return short + "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits] for bits in capitals)


def only(found: list[Row]) -> Row:
    (one,) = found
    return one
