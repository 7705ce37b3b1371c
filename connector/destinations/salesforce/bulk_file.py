"""The CSV files of Bulk 2.0: what we upload, and the results we read back (A2).

In an upload an empty cell leaves its field as it is and `#N/A` clears it. Results come as UTF-8 without saying so, and
with line feeds inside quotes.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence, Set
from decimal import Decimal
from typing import IO, BinaryIO

from connector.destinations.salesforce.refusals import NO_ANSWER
from connector.errors import BatchRejectedError, TransientError
from connector.model import Canonical, Write

MAX_BYTES = 100_000_000  # Salesforce keeps an upload in base64, of which it takes 150 MB (A2)
CELL = 32_000  # characters
ROW = 400_000  # characters
CLEAR = "#N/A"
ID = "Id"

_QUOTED = re.compile(r'[",\r\n]')  # the csv module would leave a lone carriage return bare


def fits(write: Write) -> bool:
    """Whether a file can say what the write means: no text that reads as a clear, is too long or not Unicode (D50)."""
    texts = [value for value in (write.key, *write.fields.values()) if isinstance(value, str)]
    return all(map(_fits, texts)) and sum(map(len, texts)) <= ROW


def _fits(text: str) -> bool:
    if len(text) > CELL or text.strip() == CLEAR:
        return False
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def write_file(
    into: BinaryIO, writes: Iterable[Write], match_field: str | None, fields: Sequence[str], max_bytes: int
) -> None:
    """One row per write under the columns `fields`, each named by its record id, or by its key in `match_field`.

    Raises BatchRejectedError when the rows take more than `max_bytes`, ValueError for a write that cannot be a row.
    """
    columns = [name for name in dict.fromkeys(fields) if name not in (ID, match_field)]
    known = frozenset([*columns, match_field])
    size = into.write(_line([match_field or ID, *columns]))
    for write in writes:
        _check(write, match_field, known)
        cells = [_cell(write.fields[name]) if name in write.fields else "" for name in columns]
        size += into.write(_line([_quoted(write.record_id or write.key), *cells]))
        if size > max_bytes:
            message = f"the load takes more than {max_bytes:,} bytes: split it over several jobs"
            raise BatchRejectedError(message, "TOO_LARGE")


def _check(write: Write, match_field: str | None, known: Set[str | None]) -> None:
    if (write.record_id is None) != (match_field is not None):
        raise ValueError(f"account {write.key}: a job takes either known records or keys, and this write is the other")
    if not write.fields.keys() <= known:
        strangers = ", ".join(sorted(write.fields.keys() - known))
        raise ValueError(f"account {write.key}: the job has no column for {strangers}")


def _cell(value: Canonical) -> str:
    if value is None or value == "":
        return CLEAR
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{Decimal(str(value)):f}" if isinstance(value, float) else str(value)  # never 1e+21


def _quoted(cell: str) -> str:
    if not _QUOTED.search(cell):
        return cell
    doubled = cell.replace('"', '""')
    return f'"{doubled}"'


def _line(cells: Iterable[str]) -> bytes:
    return (",".join(cells) + "\n").encode("utf-8")


def read_file(content: IO[bytes], named_by: str, *, leading: Sequence[str] = ()) -> Iterator[tuple[str, list[str]]]:
    """What each row of a results file was named by, with its `leading` cells.

    Raises TransientError when the file does not begin with the columns `leading` or rows are not named.
    """
    text = io.TextIOWrapper(content, encoding="utf-8", newline="")
    try:
        yield from _rows(csv.reader(text), named_by, leading)
    except (csv.Error, UnicodeDecodeError) as error:
        raise _not_results(str(error)) from error
    finally:
        text.detach()


def _rows(reader: Iterator[list[str]], named_by: str, leading: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    header = next(reader, [])
    count = len(leading)
    if header[:count] != list(leading):
        raise _not_results(f"it begins with {header[:1]}")
    at = _column(header, named_by, after=count)
    for row in reader:
        if at is None or len(row) != len(header):
            raise _not_results(f"a row has {len(row)} cells under {len(header)} columns, named by {named_by}")
        yield row[at], row[:count]


def _column(header: Sequence[str], name: str, *, after: int) -> int | None:
    return next((at for at, column in enumerate(header) if at >= after and column == name), None)


def _not_results(why: str) -> TransientError:
    return TransientError(f"salesforce: {NO_ANSWER}: what came is not a whole file of job results: {why}")
