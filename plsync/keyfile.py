"""A file of account keys, one a line: which accounts a sync is about (D31)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from connector.errors import ConfigError
from plsync.running import require_ready
from plsync.wiring import Plsync


@dataclass(frozen=True)
class Chosen:
    """The accounts a file names. `unknown` are keys the warehouse does not have."""

    keys: Sequence[str]
    unknown: Sequence[str]


def chosen(plsync: Plsync, path: Path) -> Chosen:
    """Read the file and ask the warehouse who is there.

    Raises ConfigError when the file cannot be read, or names no account there is; WarehouseError as reading does.
    """
    keys = _lines(path)
    require_ready(plsync)
    with plsync.warehouse.reading() as reading:
        there = {record.key for record in reading.records(keys)}
    if not there:
        raise ConfigError([f"{path}: the warehouse has no account of it; one key a line, case sensitive"])
    return Chosen(keys, [key for key in keys if key not in there])


def _lines(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: not UTF-8 text ({error.reason}); save it as one, a key a line"]) from None
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from None
    return list(dict.fromkeys(line.strip() for line in lines if line.strip()))
