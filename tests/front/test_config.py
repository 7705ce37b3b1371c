"""The configuration file: every mistake is named by file and key, all of them at once, and no secret is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.errors import ConfigError
from plsync.config import Config, load
from tests.front.door import EXAMPLE, replaced

SECRETS = (
    "PLSYNC_SALESFORCE_CONSUMER_KEY",
    "PLSYNC_SALESFORCE_CONSUMER_SECRET",
    "PLSYNC_HUBSPOT_TOKEN",
    "PLSYNC_SLACK_BOT_TOKEN",
    "PLSYNC_SLACK_APP_TOKEN",
)
TOKEN = '"env:PLSYNC_HUBSPOT_TOKEN"'


@pytest.fixture(autouse=True)
def _environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every secret the example names is set, and the file of the example's ca_bundle is there."""
    monkeypatch.chdir(tmp_path)
    for name in SECRETS:
        monkeypatch.setenv(name, f"value of {name}")
    authority = tmp_path / ".plsync" / "sandbox" / "sandbox-ca.pem"
    authority.parent.mkdir(parents=True)
    authority.write_text("a certificate", encoding="utf-8")


def read(changes: dict[str, str] | None = None) -> Config:
    Path("c.toml").write_text(replaced(EXAMPLE.read_text(encoding="utf-8"), changes or {}), encoding="utf-8")
    return load(Path("c.toml"))


def problems(changes: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as refused:
        read(changes)
    return refused.value.problems


def test_the_example_loads() -> None:
    """config.example.toml is a whole configuration as it stands."""
    assert read().hubspot is not None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("environment =", "enviroment ="), 'unknown key "enviroment"; did you mean "environment"?'),
        (("[limits]", "[limit]"), 'unknown key "limit"; did you mean "limits"?'),
        (("instance_url =", "instance_ur ="), 'unknown key "salesforce.instance_ur"; did you mean "instance_url"?'),
        (("kinds = {}", "kind = {}"), 'unknown key "warehouse.signals.kind"; did you mean "kinds"?'),
        (
            ('key = { column = "account_key",', 'key = { colum = "account_key",'),
            'unknown key "warehouse.accounts.columns.key.colum"; did you mean "column"?',
        ),
        (
            ('signup = { column = "signup_at", label', 'signup = { column = "signup_at", lable'),
            'unknown key "funnel.plg.signup.lable"; did you mean "label"?',
        ),
        (("environment =", "qqq ="), 'unknown key "qqq"'),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest(change: tuple[str, str], said: str) -> None:
    """A misspelt key, however deep, is named with its file and the key that was meant."""
    assert f"c.toml: {said}" in problems(dict([change]))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ('employees = "integer"', 'employees = "number"'),
            "warehouse.accounts.columns.employees.type must be 'text', 'integer', 'decimal', 'boolean', 'date', "
            "'datetime' or 'list', not \"number\"",
        ),
        (("port = 8780", "port = 0"), "serve.port: it must be greater than or equal to 1"),
        (
            ("daily_share = 0.3", "daily_share = 1.5"),
            "limits.daily_share: it must be less than or equal to 1",
        ),
        (("full_minutes = 60", "full_minutes = 0"), "schedule.full_minutes: it must be greater than or equal to 1"),
        (('environment = "sandbox"', "environment = 5"), "environment: it must be a valid string"),
        (("[serve]", "[[serve]]"), "serve must be a table; config.example.toml shows what belongs in it"),
    ],
)
def test_a_wrong_value_is_named(change: tuple[str, str], said: str) -> None:
    """A value of the wrong type or out of range is named by its key, with what it must be."""
    assert problems(dict([change])) == (f"c.toml: {said}",)


SOURCE = """[warehouse.sources.workspaces]
relation = "workspaces"
key = "workspace_key"
columns = { workspace_key = "text", seats = "integer" }

[store]"""


def test_further_sources_are_read() -> None:
    """A relation to map has a name, a key among its columns, and types; people are told apart by person_key."""
    warehouse = read({"[store]": SOURCE}).warehouse

    assert warehouse.sources["workspaces"].key == "workspace_key"
    assert warehouse.people is not None
    assert warehouse.people.key == "person_key"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('key = "workspace_key"', 'key = "id"', 'key = "id" must name a column that is declared, as text'),
        ('workspace_key = "text"', 'workspace_key = "integer"', 'key = "workspace_key" must name a column'),
        ('seats = "integer"', 'key = "text"', 'only the key itself may be called "key"'),
        ('key = "workspace_key"', "", "warehouse.sources.workspaces.key is missing"),
        ("sources.workspaces", "sources.people", '"people" is a relation of its own'),
        ('key = "workspace_key"', 'kee = "workspace_key"', 'unknown key "warehouse.sources.workspaces.kee"'),
    ],
)
def test_a_wrong_source_is_named(old: str, new: str, said: str) -> None:
    """A key that is no declared text, a name that is taken, a missing or misspelt key."""
    assert any(said in problem for problem in problems({"[store]": replaced(SOURCE, {old: new})}))


def test_all_missing_secrets_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five secrets that are not set make five problems, not one at a time."""
    for name in SECRETS:
        monkeypatch.delenv(name)
    told = problems({})
    assert len(told) == len(SECRETS)
    assert all(name in line for name, line in zip(SECRETS, told, strict=True))


def test_a_secret_in_the_file_is_refused_and_not_shown() -> None:
    """A token written into the file is refused without being repeated."""
    assert problems({TOKEN: '"pat-na1-very-secret"'}) == (
        "c.toml: hubspot.access_token: a secret is named, never written here: use env:NAME or file:PATH",
    )


def test_a_secret_is_read_from_its_file() -> None:
    """file:PATH leads to the file's content, without the newline editors put at its end."""
    Path("token.txt").write_text("pat-from-a-file\n", encoding="utf-8")
    hubspot = read({TOKEN: '"file:token.txt"'}).hubspot
    assert hubspot is not None
    assert hubspot.access_token.get_secret_value() == "pat-from-a-file"


@pytest.mark.parametrize(
    ("content", "said"), [(None, "there is no file token.txt"), (b" \n", "is empty"), (b"\xff\xfe", "is not text")]
)
def test_a_secret_file_that_gives_nothing_is_named(content: bytes | None, said: str) -> None:
    """A secret's file that is missing, empty or binary is named with what to do."""
    if content is not None:
        Path("token.txt").write_bytes(content)
    (line,) = problems({TOKEN: '"file:token.txt"'})
    assert line.startswith("c.toml: hubspot.access_token: ")
    assert said in line


def test_no_secret_is_shown_by_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """The configuration as text carries neither tokens nor the password of a database URL."""
    monkeypatch.setenv("WAREHOUSE", "postgresql+psycopg://reader:open-sesame@db.example/dwh")
    config = read({'"sqlite:///.plsync/sandbox/warehouse.db"': '"env:WAREHOUSE"'})
    assert config.warehouse.url.endswith("open-sesame@db.example/dwh")
    assert "open-sesame" not in repr(config)
    assert "value of" not in repr(config)


def test_a_url_without_a_scheme_is_refused() -> None:
    """A file name where a URL belongs is named with the form to write."""
    (line,) = problems({'"sqlite:///.plsync/store.db"': '"store.db"'})
    assert line == (
        "c.toml: store.url: write it as sqlite:///path or dialect://user:password@host/database, or name it: env:NAME"
    )


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('product_url = "https://app.example/accounts"', "slack.product_url"),
        ('product_url = "javascript:{account}"', "slack.product_url"),
        ('crm_urls = { salesforce_account = "https://you.example/{id}" }', "slack.crm_urls"),
    ],
)
def test_a_link_needs_its_place(line: str, key: str) -> None:
    """A template nothing can be filled into, or that is no URL, is refused with an example."""
    (said,) = problems({"crm_urls = {} # default;": f"{line} #"})
    assert key in said
    assert "it must be a URL with {" in said


def test_a_missing_certificate_is_named() -> None:
    """A ca_bundle that is not there is refused before anybody is called."""
    (line,) = problems({".plsync/sandbox/sandbox-ca.pem": "nowhere.pem"})
    assert line.startswith("c.toml: salesforce.ca_bundle: there is no file nowhere.pem")


def test_an_empty_file_is_told_what_it_needs() -> None:
    """An empty configuration lacks the warehouse and nothing else."""
    Path("empty.toml").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load(Path("empty.toml"))
    assert refused.value.problems == (
        "empty.toml: warehouse is missing; config.example.toml shows it with its default and meaning",
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such file; start from config.example.toml, or name one with --config"),
        (b"[warehouse\n", "not valid TOML: "),
        (b"\xff\xfe", "not valid TOML: "),
    ],
)
def test_a_file_that_cannot_be_read_is_named(content: bytes | None, said: str) -> None:
    """A file that is missing or is not TOML is named with what is wrong, the line included."""
    if content is not None:
        Path("x.toml").write_bytes(content)
    with pytest.raises(ConfigError) as refused:
        load(Path("x.toml"))
    assert refused.value.problems[0].startswith(f"x.toml: {said}")


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    """A folder where a file belongs is named."""
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path)
