"""Configuration: one TOML file, read once, every problem in it reported at once.

Paths in it, `file:PATH` included, are relative to where plsync runs.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from bot.settings import ACCOUNT, RECORD
from connector.errors import ConfigError
from connector.model import ColumnType
from plsync.mistakes import sentence
from plsync.named import CaBundle, DatabaseUrl, Secret

KEY = "key"  # how plsync calls the column that tells rows apart


class Section(BaseModel):
    """A table of the file: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(Section):
    """One declared column: its physical name (None: same as the logical one) and its type."""

    column: str | None = None
    type: ColumnType


class Relation(Section):
    """A table, view or query, and the columns plsync reads from it."""

    relation: str
    columns: dict[str, Column]

    @field_validator("columns", mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        """`name = "text"` is short for `name = { type = "text" }`."""
        if not isinstance(value, dict):
            return value
        return {name: {"type": body} if isinstance(body, str) else body for name, body in value.items()}


class Signals(Relation):
    """What accounts did. `kinds` maps your words for signals to the canonical kinds (D16)."""

    kinds: dict[str, str] = {}


class Source(Relation):
    """A relation that mappings can carry to a CRM. `key` names the column that tells its rows apart."""

    key: str

    @model_validator(mode="after")
    def _keyed(self) -> Self:
        column = self.columns.get(self.key)
        if column is None or column.type is not ColumnType.TEXT:
            raise ValueError(f'key = "{self.key}" must name a column that is declared, as text, in its columns')
        if self.key != KEY and KEY in self.columns:
            raise ValueError(f'only the key itself may be called "{KEY}"; declare that column under another name')
        return self


class People(Source):
    """Whom to call, and who can be mapped: one row per person."""

    key: str = "person_key"


class Warehouse(Section):
    """Where the aggregated accounts are, and how plans find out which of them changed (D28).

    `sources` are further relations to map, by the name mappings know them by. `fingerprint_schema` is where strategy
    "warehouse" keeps what is confirmed; `cursor_overlap_minutes` is how far strategy "cursor" looks back behind the
    last confirmed `scored_at`.
    """

    url: DatabaseUrl
    strategy: Literal["stream", "warehouse", "cursor"] = "stream"
    fingerprint_schema: str = Field(default="plsync", min_length=1)
    cursor_overlap_minutes: int = Field(default=60, ge=0)
    accounts: Relation
    signals: Signals | None = None
    people: People | None = None
    sources: dict[str, Source] = {}

    @field_validator("sources")
    @classmethod
    def _named(cls, value: dict[str, Source]) -> dict[str, Source]:
        for name in sorted({"accounts", "signals", "people"} & value.keys()):
            raise ValueError(f'"{name}" is a relation of its own: declare it as [warehouse.{name}]')
        return value


class Store(Section):
    """Our own database. Days that the audit is kept, and decisions that were replaced since (D35)."""

    url: DatabaseUrl = "sqlite:///.plsync/store.db"
    audit_days: int = Field(default=90, ge=1)
    history_days: int = Field(default=400, ge=1)


class Salesforce(Section):
    """How to reach a Salesforce organisation; `private_key` (JWT bearer) or `consumer_secret` (client credentials).

    `integrations` are ids of users, other than ours, whose writes are no person's edits (D20). `bulk_from`: planned
    records from which a mapping goes out as Bulk 2.0 jobs.
    """

    instance_url: str
    consumer_key: Secret
    username: str | None = None
    private_key: Secret | None = None
    consumer_secret: Secret | None = None
    ca_bundle: CaBundle | None = None
    api_version: str = "64.0"
    integrations: tuple[str, ...] = ()
    bulk_from: int = Field(default=10_000, ge=2_000)


class HubSpot(Section):
    """How to reach a HubSpot portal; `api` is the version of its paths: v3, or a date such as 2026-09.

    `app_id` and `integrations` are whose writes are no person's edits (D20).
    """

    access_token: Secret
    base_url: str = "https://api.hubapi.com"
    api: str = "v3"
    ca_bundle: CaBundle | None = None
    app_id: str | None = None
    integrations: tuple[str, ...] = ()

    @field_validator("api")
    @classmethod
    def _version(cls, value: str) -> str:
        if not re.fullmatch(r"v3|\d{4}-\d{2}", value):
            raise ValueError('it must be "v3" or a version such as "2026-09"')
        return value


class Slack(Section):
    """How to reach a Slack workspace, where alerts go, and whom `/funnel` is for.

    What people do there reaches us over a socket we open (`app_token`), or, in mode "http", as requests that Slack
    sends to `host` and `port`, through whatever stands before them (`signing_secret`). `funnel_for` are e-mails, roles
    of people.toml, and user groups, by "@handle" or id; nothing is all members (D42).
    More new alerts in one tick than `storm_floor` and than `storm_times` those of the median of the last `storm_days`
    days are held until somebody of RevOps decides (D37).
    `product_url` and `crm_urls`, which are by mapping, are where an alert links to.
    """

    bot_token: Secret
    mode: Literal["socket", "http"] = "socket"
    app_token: Secret | None = None
    signing_secret: Secret | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8781, ge=1, le=65535)
    base_url: str = "https://slack.com/api/"
    hot_channel: str = "plg-hot"
    fyi_channel: str = "plg-fyi"
    ops_channel: str = "revops"
    storm_floor: int = Field(default=20, ge=0)
    storm_times: float = Field(default=3.0, ge=0)
    storm_days: int = Field(default=14, ge=1)
    product_url: str | None = None
    crm_urls: dict[str, str] = {}
    funnel_for: tuple[str, ...] = ()
    channels: dict[str, str] = {}

    @field_validator("product_url")
    @classmethod
    def _product(cls, value: str) -> str:
        return _template(value, ACCOUNT)

    @field_validator("crm_urls")
    @classmethod
    def _records(cls, value: dict[str, str]) -> dict[str, str]:
        return {mapping: _template(url, RECORD) for mapping, url in value.items()}

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.mode == "socket" and self.app_token is None:
            raise ValueError('app_token is missing: mode "socket" connects with it; name it, or set mode = "http"')
        if self.mode == "http" and self.signing_secret is None:
            raise ValueError('signing_secret is missing: in mode "http" it tells Slack\'s requests from all others')
        return self


def _template(url: str, place: str) -> str:
    """A URL with a place to fill in."""
    if not re.fullmatch(r"https?://[^\s<>|]+", url) or place not in url:
        raise ValueError(f"it must be a URL with {place} in it, such as https://app.example/{place}")
    return url


class Mappings(Section):
    """The folder RevOps edits."""

    folder: Path = Path("mappings")


class Limits(Section):
    """What plsync may use of an organisation's calls.

    `daily_share`: the part of the calls left today that one run may spend. `daily_reserve`: the part of the day's
    calls it never touches. `window_share`: the part of the rolling window. `connections`: calls to one CRM at a time.
    """

    daily_share: float = Field(default=0.3, gt=0, le=1)
    daily_reserve: float = Field(default=0.05, ge=0, lt=1)
    window_share: float = Field(default=1.0, gt=0, le=1)
    connections: int = Field(default=4, ge=1, le=16)


class Guards(Section):
    """What one mapping may do in one run without a person's word: records, and `clears` as a share of the planned."""

    creates: int = Field(default=50, ge=0)
    clears: float = Field(default=0.05, ge=0, le=1)
    owner_changes: int = Field(default=25, ge=0)


class Schedule(Section):
    """Minutes between two runs of a lane: of the full one, of the one for new alerts, of the one for CRM changes."""

    full_minutes: int = Field(default=60, ge=1)
    alerts_minutes: int = Field(default=5, ge=1)
    recheck_minutes: int = Field(default=5, ge=1)


class Serve(Section):
    """Where the health endpoint listens."""

    host: str = "127.0.0.1"
    port: int = Field(default=8780, ge=1, le=65535)


class FunnelStage(Section):
    """One stage: the account column that dates it, how people call it, and which share of the one before is wanted."""

    column: str
    label: str
    target: float | None = Field(default=None, gt=0, le=1)


class Config(Section):
    """The whole file."""

    environment: str = "production"
    warehouse: Warehouse
    store: Store = Store()
    salesforce: Salesforce | None = None
    hubspot: HubSpot | None = None
    slack: Slack | None = None
    mappings: Mappings = Mappings()
    limits: Limits = Limits()
    guards: Guards = Guards()
    schedule: Schedule = Schedule()
    serve: Serve = Serve()
    funnel: dict[str, dict[str, FunnelStage]] = {}
    benchmark_profile: Literal["methodology_001", "measurement_000"] = "methodology_001"


def load(path: Path) -> Config:
    """Read and check the file. Raises ConfigError with every problem, each naming file and key."""
    return parse(read_toml(path), str(path))


def parse(document: Mapping[str, Any], origin: str) -> Config:
    """Check a parsed file. Raises ConfigError with every problem."""
    try:
        return Config.model_validate(document)
    except ValidationError as error:
        raise ConfigError([sentence(origin, Config, dict(problem)) for problem in error.errors()]) from None


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as a dictionary. Raises ConfigError naming file and line."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(
            [f"{path}: no such file; start from config.example.toml, or name one with --config"]
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: not valid TOML: {error}"]) from None
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from None
