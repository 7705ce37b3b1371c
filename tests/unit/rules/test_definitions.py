"""Loading the mapping files: every mistake is refused at once, by place, with the nearest valid name (D12)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connector.errors import ConfigError
from connector.model import ColumnType, FactKind
from connector.rules import definitions
from connector.rules.names import COLUMNS
from tests.unit.rules.shipped import DECLARED, documents, shipped

Change = Callable[[dict[str, Any]], None]


def problems_after(change: Change, columns: dict[str, ColumnType] = DECLARED) -> tuple[str, ...]:
    files = documents()
    change(files)
    with pytest.raises(ConfigError) as refused:
        definitions.build(files, columns)
    return refused.value.problems


def rule(**values: Any) -> Change:
    """The first rule with other values."""
    return lambda files: files["rules"]["rule"][0].update(values)


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("crm.sql_activ", 'unknown name "crm.sql_activ"; did you mean "crm.sql_active"?'),
        ("employes > 3", 'unknown name "employes"; did you mean "employees"?'),
        ("week.limit_hitt > 3", 'unknown name "week.limit_hitt"; did you mean "week.limit_hit"?'),
        ("score > 'many'", "data type mismatch"),
        ("score == 'many'", 'compares a number with text: "score" and "many"'),
        ("tier == 3", "compares text with a number"),
        ("score + tier > 3", "data type mismatch"),
        ("tier == 'hott'", 'tier is never "hott"; did you mean "hot"?'),
        ("tier in ['hot', 'wram']", 'tier is never "wram"; did you mean "warm"?'),
        ("'limt_hit' in signals", 'signals is never "limt_hit"; did you mean "limit_hit"?'),
        ("segment == 'enterprize'", 'segment is never "enterprize"; did you mean "enterprise"?'),
        ("3 in signals", '"3" can never be in "signals"'),
        ("score", '"score" is not true or false'),
        ("not tier", '"tier" is not true or false'),
        ("activated and score", '"score" is not true or false'),
        ("$now > pql_at", '"$now" cannot be used here'),
        ("$random() > 1", "not allowed"),
        ("crm == null", '"crm"'),
        ("score / employees > 1", "not allowed"),
        ("[s for s in signals] == signals", "not allowed"),
        ("tier.length > 2", '"tier.length" cannot be used here'),
        ("tier =~ '(a+)+b'", "repeats a group"),
        ("tier =~ segment", "a pattern must be written out"),
        ("score >", "syntax error"),
        ("score > 1 / 0", "cannot be"),
        ("", '"when" must be a text'),
    ],
)
def test_conditions_refused(when: str, said: str) -> None:
    """A condition that cannot mean anything is refused with its rule and the reason."""
    (problem,) = problems_after(rule(when=when))

    assert problem.startswith('mappings/rules.toml rule "excluded-domain"')
    assert said in problem


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"because": "{crm.stagee}"}, 'because: unknown name "crm.stagee"; did you mean "crm.stage"?'),
        ({"because": "{crm.stage.__class__}"}, 'unknown name "crm.stage.__class__"'),
        ({"because": "{domain!r}"}, 'unknown name "domain!r"'),
        ({"because": "{domain"}, "braces do not pair up"),
        ({"because": "a [b"}, "brackets do not pair up"),
        ({"route": "assign_aee"}, 'unknown route "assign_aee"; did you mean "assign_ae"?'),
        ({"route": "assign_ae"}, 'route "assign_ae" needs "to"'),
        ({"to": ["pool:ae"]}, 'route "none" goes to nobody'),
        ({"route": "assign_ae", "to": ["pool:aee"]}, 'unknown pool "aee"; did you mean "ae"?'),
        ({"route": "assign_ae", "to": ["owner"]}, 'unknown target "owner"'),
        ({"route": "assign_ae", "to": ["account_owner:boss"]}, 'unknown role "boss"'),
        ({"route": "assign_ae", "to": ["territory:x"]}, '"territory" takes nothing after a colon'),
        ({"on_undecided": "wait"}, 'unknown on_undecided "wait"; known: hold, next'),
        ({"flag": ["x"]}, 'unknown key "flag"; did you mean "flags"?'),
        ({"supersedes": "yes"}, '"supersedes" must be true or false'),
        ({"id": "customer-quiet"}, "the id is used twice"),
    ],
)
def test_rules_refused(values: dict[str, Any], said: str) -> None:
    """Every other mistake in a rule is named by rule and key."""
    assert any(said in problem for problem in problems_after(rule(**values)))


def _put(name: str, *path: str, value: Any) -> Change:
    def change(files: dict[str, Any]) -> None:
        table = files[name]
        for key in path[:-1]:
            table = table[key]
        table[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_put("rules", "tires", value={}), 'unknown key "tires"; did you mean "tiers"?'),
        (_put("rules", "tiers", "hot", value=40), "must fall from hot over warm"),
        (_put("rules", "tiers", "hot", value="80"), '"hot" must be a whole number'),
        (_put("rules", "layers", "require", value="always"), 'unknown require "always"'),
        (_put("rules", "alerts", "alert_without_crm", value="wait"), 'unknown alert_without_crm "wait"'),
        (_put("rules", "points", "behaviour", value=["x"]), 'did you mean "behavioural"?'),
        (_put("rules", "alerts", "cooldown", value=1), 'did you mean "cooldown_days"?'),
        (_put("crm_state", "policy", "sql_supersedes", value="some"), 'unknown sql_supersedes "some"'),
        (_put("crm_state", "policy", "of_record", value="salesforc"), 'did you mean "salesforce"?'),
        (_put("crm_state", "pipedrive", value=[]), 'unknown key "pipedrive"'),
        (_put("people", "pools", "ae", value=["ae-9@workspace.example"]), 'unknown person "ae-9@workspace.example"'),
        (_put("people", "pools", "ae", value=[]), "has no members"),
        (_put("people", "pools", value={"ae": ["ae-1@workspace.example"]}), 'the pool "fallback" is missing'),
        (
            _put("people", "people", "ae-1@workspace.example", "manager", value="boss@workspace.example"),
            'unknown manager "boss@workspace.example"',
        ),
        (_put("people", "people", "ae-1@workspace.example", "away_until", value="soon"), "must be a date"),
        (_put("territories", "territory", value=[{"segment": ["smb"], "pool": "ae"}]), 'unknown segment "smb"'),
        (_put("territories", "territory", value=[{"pool": "eu"}]), 'unknown pool "eu"'),
        (_put("lists", "students", value=frozenset()), 'did you mean "student"?'),
        (_put("lists", "student", value=frozenset({"campus"})), '"campus" is no domain'),
    ],
)
def test_files_refused(change: Change, said: str) -> None:
    """Mistakes in the other files are named by file and key, with the nearest valid name."""
    assert any(said in problem for problem in problems_after(change))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"fact": "sqll"}, 'unknown fact "sqll"; did you mean "sql"?'),
        ({"link": {}}, '"link" is missing'),
        ({"link": {"ids": "AccountId"}}, 'unknown key "ids"; did you mean "id"?'),
        ({"where": {"Status": []}}, '"Status" must be a value or a list of values'),
        ({"owner": 3}, '"owner" must name a field'),
        ({"objekt": "Lead"}, 'unknown key "objekt"; did you mean "object"?'),
    ],
)
def test_fact_sources_refused(row: dict[str, Any], said: str) -> None:
    """A mistake in a row of crm_state.toml is named by CRM and number."""
    found = problems_after(lambda files: files["crm_state"]["salesforce"][0].update(row))

    assert any("crm_state.toml salesforce 1" in problem and said in problem for problem in found)


def test_all_problems_come_together() -> None:
    """One load reports the mistakes of all files, not the first."""

    def change(files: dict[str, Any]) -> None:
        files["rules"]["rule"][0]["when"] = "tierr == 'hot'"
        files["rules"]["rule"][1]["because"] = "{nam}"
        files["segments"]["segment"][0]["least"] = 2
        files["people"]["pools"]["ae"] = ["nobody@workspace.example"]

    found = "\n".join(problems_after(change))

    for part in ("tierr", '"nam"', "segments.toml", "nobody@workspace.example"):
        assert part in found


def test_taken_column_names_are_refused() -> None:
    """A warehouse column may not hide a derived name."""
    (problem,) = problems_after(lambda files: None, {**DECLARED, "tier": ColumnType.TEXT})

    assert '"tier" is taken by a derived name' in problem


def test_rules_may_read_any_declared_column() -> None:
    """A column of the customer's own is typed as declared."""
    files = documents()
    files["rules"]["rule"][0]["when"] = "health < 3"
    built = definitions.build(files, {**DECLARED, "health": ColumnType.DECIMAL})

    assert "health" in built.columns_read


def test_columns_read_are_declared_ones_that_matter() -> None:
    """The decide fingerprint covers what decisions depend on, and never when an account was scored (D13)."""
    assert {"score", "employees", "points_icp", "potential_acv", "owner_email"} <= shipped().columns_read
    assert "scored_at" not in shipped().columns_read
    assert shipped().columns_read <= DECLARED.keys()


def test_shipped_rules_run_over_a_bare_warehouse() -> None:
    """Columns a warehouse does not declare are null, not an error."""
    bare = {name: COLUMNS[name] for name in ("key", "score")}

    assert definitions.build(documents(), bare).columns_read == {"score"}


def test_version_follows_the_files() -> None:
    """The same files have the same version; any change of meaning has another."""
    files = documents()
    same = definitions.build(files, DECLARED).version
    files["rules"]["tiers"]["hot"] = 81
    hotter = definitions.build(files, DECLARED).version
    files["lists"]["student"] |= {"campus.example"}
    longer = definitions.build(files, DECLARED).version

    assert same == shipped().version
    assert len({same, hotter, longer}) == 3


def test_fact_sources_are_read_as_written() -> None:
    """A row of crm_state.toml becomes a source with its links, dates and barred values."""
    source = next(s for s in shipped().fact_sources if s.kind is FactKind.OPEN_OPPORTUNITY and s.crm == "salesforce")

    assert source.where == {"IsClosed": ("false",)}
    assert source.unless == {"Type": ("Renewal",)}
    assert (source.link_id, source.link_key, source.link_email) == ("AccountId", None, None)
    assert (source.at, source.active_at, source.due) == ("CreatedDate", "LastActivityDate", "CloseDate")


def test_personal_domains_are_known() -> None:
    """Personal e-mail domains are told to whoever matches by domain (D5)."""
    assert {"gmail.com", "outlook.com"} <= shipped().personal_domains


@pytest.mark.parametrize("files", [{}, {"rules": {}}, {"rules": {"tiers": {"hot": 90}, "rule": []}}])
def test_without_a_rule_nothing_is_decided_and_nothing_needed(files: dict[str, Any]) -> None:
    """No rule file, or one without rules: no decision, no fact to read, no column to cover, no other file required."""
    built = definitions.build(files, DECLARED)

    assert not built.decides
    assert built.decide_version is None
    assert (built.fact_sources, built.columns_read) == ((), frozenset())
    assert shipped().decides
    assert shipped().decide_version == shipped().version


def test_without_a_rule_no_fact_is_read() -> None:
    """CRM facts that are declared serve decisions alone."""
    files = documents()
    del files["rules"]["rule"]

    assert definitions.build(files, DECLARED).fact_sources == ()


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"segments": {"segment": [{"name": "any", "least": 2}]}}, "nobody covers 1 to 1"),
        ({"people": {"pools": {"ae": []}}}, "has no members"),
        ({"territories": {"territory": [{"pool": "eu"}]}}, 'unknown pool "eu"'),
        ({"rules": {"tires": {}}}, 'unknown key "tires"'),
        ({"rules": {"rule": [{"id": "x", "when": "true", "route": "none", "because": "x"}]}}, "names no segment"),
    ],
)
def test_without_a_rule_what_is_there_is_checked(files: dict[str, Any], said: str) -> None:
    """A file somebody wrote is read; with the first rule all of them are needed."""
    with pytest.raises(ConfigError) as refused:
        definitions.build(files, DECLARED)

    assert any(said in problem for problem in refused.value.problems)
