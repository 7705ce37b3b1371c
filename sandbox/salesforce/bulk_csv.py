"""The CSV of Bulk 2.0: what an upload must look like, and how results are written (A2)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}
DELIMITERS = {"BACKQUOTE": "`", "CARET": "^", "COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "TAB": "\t"}

MAX_FIELD = 32_000  # characters
MAX_RECORD = 400_000
MAX_COLUMNS = 5_000

Row = list[str]


class BadFile(Exception):
    """The upload cannot be processed; the words are what the job's errorMessage says."""


@dataclass(frozen=True)
class Dialect:
    """How a job writes CSV: names as in the job's own members lineEnding and columnDelimiter."""

    line_ending: str = "LF"
    delimiter: str = "COMMA"

    @property
    def newline(self) -> str:
        return LINE_ENDINGS[self.line_ending]

    @property
    def comma(self) -> str:
        return DELIMITERS[self.delimiter]


@dataclass(frozen=True)
class Sheet:
    """An upload taken apart: column names, and the cells of each record as they were sent."""

    header: Row
    rows: list[Row]


def read_sheet(content: bytes, dialect: Dialect) -> Sheet:
    """Take an upload apart. Raises BadFile for bytes that are not UTF-8, another line ending, uneven rows,
    no records at all, or a field, record or header beyond the limits (A2)."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise BadFile(f"InvalidBatch : Failed to parse CSV. The file is not UTF-8: {wrong.reason}") from None
    _check_line_ending(text, dialect)
    try:
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), delimiter=dialect.comma) if line]
    except csv.Error as wrong:
        raise BadFile(f"InvalidBatch : Failed to parse CSV. {wrong}") from None
    if len(lines) < 2:
        raise BadFile("InvalidBatch : Records not found")
    header, *rows = lines
    _check_size(header, rows)
    return Sheet(header, rows)


def _check_line_ending(text: str, dialect: Dialect) -> None:
    """Only what stands between quotes may hold the other line ending."""
    unquoted = "".join(text.split('"')[::2])
    pairs, feeds, returns = unquoted.count("\r\n"), unquoted.count("\n"), unquoted.count("\r")
    right = returns == 0 if dialect.line_ending == "LF" else pairs == feeds == returns
    if not right:
        setting = f"Current LineEnding setting is {dialect.line_ending}"
        raise BadFile(f"ClientInputError : LineEnding is invalid on user data. {setting}")


def _check_size(header: Row, rows: list[Row]) -> None:
    if len(header) > MAX_COLUMNS:
        raise BadFile(f"InvalidBatch : The number of fields exceeds {MAX_COLUMNS}: {len(header)}")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(header):
            raise BadFile(f"InvalidBatch : Record {number} has {len(row)} values, the header {len(header)} names")
        lengths = [len(cell) for cell in row]
        if max(lengths) > MAX_FIELD or sum(lengths) > MAX_RECORD:
            limits = f"{MAX_FIELD} characters a field, {MAX_RECORD} a record"
            raise BadFile(f"InvalidBatch : Record {number} exceeds the maximum number of characters: {limits}")


def write_results(outcome: Sequence[str], header: Row, rows: Iterable[Row], dialect: Dialect) -> bytes:
    """A results file: the `outcome` columns before the job's own, the header even without rows, values quoted."""
    out = io.StringIO(newline="")
    own = io.StringIO(newline="")
    csv.writer(own, delimiter=dialect.comma, lineterminator=dialect.newline).writerow(header)
    first = dialect.comma.join(f'"{name}"' for name in outcome)
    out.write(f"{first}{dialect.comma if outcome and header else ''}{own.getvalue()}")
    csv.writer(out, delimiter=dialect.comma, lineterminator=dialect.newline, quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue().encode("utf-8")
