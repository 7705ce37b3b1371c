"""Configuration: one TOML file, read once, every problem in it reported at once.

Paths in it, `file:PATH` included, are relative to where plsync runs.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from connector.errors import ConfigError
from connector.model import ColumnType
from plsync.mistakes import sentence
from plsync.named import CaBundle, DatabaseUrl, Secret

DEFAULT_PATH = Path("config.toml")


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


class Warehouse(Section):
    """Where the aggregated accounts are, and how plans find out which of them changed (D28).

    `fingerprint_schema` is where strategy "warehouse" keeps what is confirmed; `cursor_overlap_minutes` is how far
    strategy "cursor" looks back behind the last confirmed `scored_at`.
    """

    url: DatabaseUrl
    strategy: Literal["stream", "warehouse", "cursor"] = "stream"
    fingerprint_schema: str = Field(default="plsync", min_length=1)
    cursor_overlap_minutes: int = Field(default=60, ge=0)
    accounts: Relation
    signals: Signals | None = None
    people: Relation | None = None


class Store(Section):
    """Our own database."""

    url: DatabaseUrl = "sqlite:///.plsync/store.db"


class Salesforce(Section):
    """How to reach a Salesforce organisation; `private_key` (JWT bearer) or `consumer_secret` (client credentials)."""

    instance_url: str
    consumer_key: Secret
    username: str | None = None
    private_key: Secret | None = None
    consumer_secret: Secret | None = None
    ca_bundle: CaBundle | None = None
    api_version: str = "64.0"


class HubSpot(Section):
    """How to reach a HubSpot portal."""

    access_token: Secret
    base_url: str = "https://api.hubapi.com"
    ca_bundle: CaBundle | None = None


class Slack(Section):
    """How to reach a Slack workspace, and where alerts go."""

    bot_token: Secret
    app_token: Secret
    base_url: str = "https://slack.com/api/"
    hot_channel: str = "plg-hot"
    fyi_channel: str = "plg-fyi"
    ops_channel: str = "revops"


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
    """Minutes between two runs of the full lane."""

    full_minutes: int = Field(default=60, ge=1)


class Serve(Section):
    """Where the health endpoint listens."""

    host: str = "127.0.0.1"
    port: int = Field(default=8780, ge=1, le=65535)


class FunnelStage(Section):
    """One stage: the account column that dates it, and how people call it."""

    column: str
    label: str


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
