"""Configuration: one TOML file, read once, every problem in it reported at once.

Secrets are named, never stored: `env:NAME` or `file:PATH`, resolved when the file is loaded.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from connector.errors import ConfigError
from connector.model import ColumnType

DEFAULT_PATH = Path("config.toml")


class Section(BaseModel):
    """A table of the file: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _named(value: SecretStr) -> SecretStr:
    """Follow `env:NAME` or `file:PATH` to the secret itself."""
    scheme, _, place = value.get_secret_value().partition(":")
    if scheme == "env":
        if not os.environ.get(place):
            raise ValueError(f"the environment variable {place} is not set; export it, or name another with env:NAME")
        return SecretStr(os.environ[place])
    if scheme == "file":
        path = Path(place).expanduser()
        if not path.is_file():
            raise ValueError(f"there is no file {place}; create it, or name another with file:PATH")
        return SecretStr(path.read_text(encoding="utf-8").strip())
    raise ValueError("a secret is named, never written here: use env:NAME or file:PATH")


Secret = Annotated[SecretStr, AfterValidator(_named)]


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
    """Where the aggregated accounts are."""

    url: str
    accounts: Relation
    signals: Signals | None = None
    people: Relation | None = None


class Store(Section):
    """Our own database."""

    url: str = "sqlite:///.plsync/store.db"


class Salesforce(Section):
    """How to reach a Salesforce organisation; `private_key` (JWT bearer) or `consumer_secret` (client credentials)."""

    instance_url: str
    consumer_key: Secret
    username: str | None = None
    private_key: Secret | None = None
    consumer_secret: Secret | None = None
    ca_bundle: Path | None = None
    api_version: str = "64.0"


class HubSpot(Section):
    """How to reach a HubSpot portal."""

    access_token: Secret
    base_url: str = "https://api.hubapi.com"
    ca_bundle: Path | None = None


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


class Crm(Section):
    """Which CRM decides where both know an account (D4)."""

    of_record: Literal["salesforce", "hubspot"] = "salesforce"


class Limits(Section):
    """`daily_share`: the part of the calls an organisation has left today that one run may spend."""

    daily_share: float = Field(default=0.3, gt=0, le=1)


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
    crm: Crm = Crm()
    limits: Limits = Limits()
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
        raise ConfigError([_sentence(origin, dict(problem)) for problem in error.errors()]) from None


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


def _sentence(origin: str, problem: Mapping[str, Any]) -> str:
    place: Sequence[str] = [str(part) for part in problem["loc"]]
    key = ".".join(place)
    match problem["type"]:
        case "extra_forbidden":
            near = difflib.get_close_matches(place[-1], _known_keys(place[:-1]), n=1)
            hint = f'; did you mean "{near[0]}"?' if near else ""
            return f'{origin}: unknown key "{key}"{hint}'
        case "missing":
            return f"{origin}: {key} is missing; config.example.toml shows it with its default and meaning"
        case "value_error":
            return f"{origin}: {key}: {problem['ctx']['error']}"
        case _:
            return f"{origin}: {key}: {problem['msg']}"


def _known_keys(place: Sequence[str]) -> list[str]:
    """The keys of the section at `place`."""
    section: type[BaseModel] = Config
    for part in place:
        field = section.model_fields.get(part)
        inner = next((t for t in _types(field.annotation) if _is_section(t)), None) if field else None
        section = inner or section
    return list(section.model_fields)


def _types(annotation: Any) -> tuple[Any, ...]:
    return getattr(annotation, "__args__", ()) or (annotation,)


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
