"""`definitions.toml` read: what was agreed about each definition, by whom and for how long (C33, I13 to I19)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

from connector.rules import parts
from connector.rules.reading import Problems, Table

FILE = "mappings/definitions.toml"
_KEYS = ("version", "approved_by", "effective_from", "next_review", "override_reason", "validated")


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed about one definition. `version` is the one that was agreed on, `validated` the last backtest.

    `override_reason` is why a change could not wait for a quarter to begin, or for the definition before it to show
    what it is good for.
    """

    version: str | None = None
    approved_by: tuple[str, ...] = ()
    effective_from: date | None = None
    next_review: date | None = None
    override_reason: str | None = None
    validated: date | None = None

    def as_json(self) -> dict[str, object]:
        """What is said, as JSON."""
        return {name: _plain(value) for name, value in asdict(self).items() if value}


@dataclass(frozen=True, slots=True)
class Agreed:
    """The terms by definition. Quarters are counted from month `fiscal_year_start`."""

    terms: Mapping[str, Terms]
    fiscal_year_start: int = 1

    def of(self, name: str) -> Terms:
        """What was agreed about a definition; nothing where the file does not name it."""
        return self.terms.get(name, Terms())


NOTHING_AGREED = Agreed({})


def read(document: Table, problems: Problems) -> Agreed:
    """The parsed file. Notes definitions nobody has and dates that are none."""
    problems.only(FILE, document, ("fiscal_year_start", *parts.NAMES))
    tables = {name: problems.table(f"{FILE} [{name}]", document[name]) for name in parts.NAMES if name in document}
    return Agreed({name: _terms(name, table, problems) for name, table in tables.items()}, _month(document, problems))


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _terms(name: str, table: Table, problems: Problems) -> Terms:
    where = f"{FILE} [{name}]"
    problems.only(where, table, _KEYS)
    return Terms(
        version=_text(where, table, "version", problems),
        approved_by=problems.texts(where, table, "approved_by"),
        effective_from=_date(where, table, "effective_from", problems),
        next_review=_date(where, table, "next_review", problems),
        override_reason=_text(where, table, "override_reason", problems),
        validated=_date(where, table, "validated", problems),
    )


def _text(where: str, table: Table, key: str, problems: Problems) -> str | None:
    return problems.text(where, table, key) if key in table else None


def _date(where: str, table: Table, key: str, problems: Problems) -> date | None:
    value = table.get(key)
    if value is None or (isinstance(value, date) and not hasattr(value, "hour")):
        return value
    problems.add(where, f'"{key}" must be a date such as 2030-01-31, not {value!r}')
    return None


def _month(document: Table, problems: Problems) -> int:
    month = document.get("fiscal_year_start", 1)
    if isinstance(month, int) and not isinstance(month, bool) and 1 <= month <= 12:
        return month
    problems.add(FILE, f'"fiscal_year_start" must be a month from 1 to 12, not {month!r}')
    return 1
