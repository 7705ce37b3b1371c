"""R4: rows as no warehouse should have them. Each is delivered as it is, or named with the reason why it is not."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from benchmarks.proof.world import FREE, KEYS, World, outside
from benchmarks.scene import BOTH
from connector.store import migrate

COLUMNS = {
    "key": "text",
    "name": "text",
    "note": "text",
    "tags": "text",
    "domain": "text",
    "motion": "text",
    "score": "decimal",
    "pql_at": "datetime",
    "scored_at": "datetime",
}
Row = dict[str, Any]
# Which field takes which column, and how it is compared.
FIELDS = {
    "salesforce": {
        "Name": "name",
        "PLS_Why_Now__c": "note",
        "PLS_Top_Signals__c": "tags",
        "PLS_Motion__c": "motion",
        "PLS_Score__c": "score",
        "PLS_PQL_Date__c": "pql_at",
        "PLS_Scored_At__c": "scored_at",
    },
    "hubspot": {
        "name": "name",
        "pls_why_now": "note",
        "pls_top_signals": "tags",
        "pls_motion": "motion",
        "pls_score": "score",
        "pls_pql_date": "pql_at",
        "pls_scored_at": "scored_at",
    },
}
CANARY = "A record of somebody else"
MOST_RUNS = 4
TEXTS = (
    "",
    " ",
    "plain",
    "  spaces around  ",
    "#N/A",
    "null",
    "None",
    "NaN",
    "0",
    "007",
    "true",
    "x" * 255,
    "y" * 256,
    "z" * 70_000,
    "tab\tand\nnew line\r\nand return\r",
    "nul \x00 bell \x07 escape \x1b[31mred\x1b[0m delete \x7f",
    "right to left \u202egnihton\u202c, isolate \u2066x\u2069, mark \u200f",
    "zero\u200bwidth\u200djoiner\ufeff",
    "e\u0301 and é",
    "emoji 🦄👩‍👩‍👧‍👦🏳️‍🌈 astral \U0001f9ff",
    "عربي עברית 漢字 ไทย",
    "ﬀ ß İ ı Ω",
    'it\'s "quoted" `so` “or so”',
    "a,b;c|d",
    "back\\slash \\n \\u0041 \\'",
    '=HYPERLINK("http://x.example","click")',
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "' OR Name != '",
    "'; DELETE FROM Account; --",
    "%_%",
    "{name} {0} %s %(key)s ${HOME} $(id)",
    "<!channel> <@U0000000001> <http://x.example|safe> *b* _i_ ~s~ &amp; <b>",
    "<script>alert(1)</script>",
    "https://x.example/?a=1&b=2#c",
    "../../etc/passwd",
    "\u2028line separator\u2029",
    "\ufffd\ufffe\uffff",
)
NUMBERS = (
    None, 0, -0.0, 1, -1, 0.05, 0.1 + 0.2, 87.0, 87.25, 99.95, 1e-9, 9_999.9, 9_999.95, 10_000, 2**53 + 1, 1e17, 1e18,
    1e300, float("inf"), float("-inf"), float("nan"),
)  # fmt: skip
MOMENTS = (
    None,
    "2026-03-01",
    "2026-03-01T10:11:12Z",
    "2026-03-01T10:11:12.987654+05:30",
    "2024-02-29 23:59:59",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
    "1969-12-31T23:59:59Z",
)
MOTIONS = (None, "plg", "sales_led", "PLG", " plg ", "unheard of", "plg;sales_led", "#N/A")
KEY_TAILS = (
    "plain", "with space", "it's", '"quoted"', "a,b", "a;b", "new\nline", "tab\tbed", "back\\slash", "100%", "_",
    "' OR Name != '", "'; DROP TABLE accounts; --", "ключ", "鍵", "🦄", "\u202ertl", "zero\u200bwidth", "#N/A", "null",
    "=1+1", "<!channel>", "{key}", "a/b/../c", "a?b=c&d#e", "q" * 60, "r" * 90, "s" * 255, "t" * 300,
    "\x00nul", "\x1besc",
)  # fmt: skip
# Keys that differ, and that a CRM may hold for one.
COLLIDING = (
    ("Clash", "CLASH", "clash"),
    ("trail", "trail ", " trail", "trail\t"),
    ("caf\u00e9", "cafe\u0301"),
    ("0012", "12", "12.0"),
    ("stra\u00dfe", "strasse"),
    ("non\u00a0breaking", "non breaking"),
)


@dataclass
class Verdict:
    """What became of the rows at one CRM. `wrong` names rows neither delivered as they are nor named."""

    delivered: int = 0
    named: Counter[str] = field(default_factory=Counter)  # by code
    wrong: list[str] = field(default_factory=list)
    without_reason: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)


def rows(count: int, seed: int) -> list[Row]:
    """`count` hostile rows with keys of their own, the colliding ones among them."""
    chance = random.Random(seed)  # noqa: S311 - chance that can be repeated
    keys = [key for group in COLLIDING for key in group]
    keys += [f"{number}:{KEY_TAILS[number % len(KEY_TAILS)]}" for number in range(max(0, count - len(keys)))]
    made = [_row(key, chance) for key in keys[:count]]
    # Each text, number, moment and motion alone on an otherwise plain row, as far as the rows go.
    alone = [
        *(("note", text) for text in TEXTS),
        *(("name", text) for text in TEXTS),
        *(("score", number) for number in NUMBERS),
        *(("scored_at", moment) for moment in MOMENTS),
        *(("pql_at", moment) for moment in MOMENTS),
        *(("motion", motion) for motion in MOTIONS),
    ]
    for row, (column, value) in zip(made[len(made) - min(len(alone), count // 2) :], alone, strict=False):
        row.update({**PLAIN, "key": row["key"], column: value})
    return made


PLAIN: Row = {
    "name": "Plain",
    "note": "plain",
    "tags": "plain",
    "domain": None,
    "motion": "plg",
    "score": 50,
    "pql_at": "2026-03-01",
    "scored_at": "2026-03-01T10:00:00Z",
}


def _row(key: str, chance: random.Random) -> Row:
    """One row. Half of its cells are hostile, so that not every row is refused for the first of them."""

    def some(column: str, pool: Sequence[Any]) -> Any:
        return chance.choice(pool) if chance.random() < 0.3 else PLAIN[column]

    return {
        "key": key,
        "name": _text(chance) if chance.random() < 0.5 else "Plain",
        "note": _text(chance) if chance.random() < 0.5 else "plain",
        "tags": _text(chance) if chance.random() < 0.3 else "plain",
        "domain": some("domain", TEXTS),
        "motion": some("motion", MOTIONS),
        "score": some("score", NUMBERS),
        "pql_at": some("pql_at", MOMENTS),
        "scored_at": some("scored_at", MOMENTS),
    }


def _text(chance: random.Random) -> str:
    """One of the texts, or characters of any plane."""
    if chance.random() < 0.7:
        return chance.choice(TEXTS)
    return "".join(_character(chance) for _ in range(chance.randint(1, 40)))


def _character(chance: random.Random) -> str:
    code = chance.choice((chance.randrange(0x80), chance.randrange(0x3000), chance.randrange(0x110000)))
    return chr(code if not 0xD800 <= code < 0xE000 else 0xFFFD)


def run(folder: Path, count: int = 10_000, seed: int = 1, crms: Sequence[str] = BOTH) -> dict[str, Verdict]:
    """Deliver the rows to the CRMs, deliver other hostile values to the same accounts, and look."""
    with world(folder, crms) as made:
        write(made, rows(count, seed))
        _done(made)
        write(made, rows(count, seed + 1))
        _done(made)
        return {crm: judge(made, crm) for crm in crms}


@contextmanager
def world(folder: Path, crms: Sequence[str] = BOTH) -> Iterator[World]:
    """Stand-ins that hold one record of somebody else's, and mappings from the hostile columns."""
    salesforce = {"Account": [{"Id": "001000000000001AAA", "Name": CANARY}]}
    hubspot = {"companies": [{"id": "1", "properties": {"name": CANARY}}], "owners": []}
    with outside(folder, salesforce, hubspot) as made:
        made.crms, made.settings, made.columns = crms, FREE, COLUMNS
        migrate(f"sqlite:///{made.store}")
        _write_mappings(made.mappings)
        yield made


def _write_mappings(folder: Path) -> None:
    folder.mkdir()
    for crm, object_name in (("salesforce", "Account"), ("hubspot", "companies")):
        lines = [
            "[object]",
            f'destination = "{crm}"',
            f'name = "{object_name}"',
            'source = "accounts"',
            f'match = {{ from = "key", to = "{KEYS[crm]}" }}',
            'mode = "upsert"',
        ]
        for name, column in FIELDS[crm].items():
            merge = "crm_wins_if_edited" if column == "note" else "warehouse_wins"
            lines += [f"[fields.{name}]", f'from = "{column}"', f'merge = "{merge}"', 'on_null = "clear"']
        (folder / f"{crm}_object.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write(made: World, wanted: Sequence[Row]) -> None:
    """The rows are all the warehouse holds now."""
    kinds = {"score": "REAL"}
    columns = ", ".join(f"{name} {kinds.get(name, 'TEXT')}" for name in COLUMNS)
    with closing(sqlite3.connect(made.warehouse)) as database, database:
        database.execute("DROP TABLE IF EXISTS accounts")
        database.execute(f"CREATE TABLE accounts ({columns})")
        marks = ",".join("?" * len(COLUMNS))
        database.executemany(
            f"INSERT INTO accounts VALUES ({marks})",  # noqa: S608 - marks only
            [[row[name] for name in COLUMNS] for row in wanted],
        )


def _done(made: World) -> None:
    """Sync until a run plans nothing."""
    for _ in range(MOST_RUNS):
        life = made.sync()
        assert not life.error, life.said
        if not life.said["planned"]:
            return
    raise AssertionError(f"{life.said['planned']} accounts are still due after {MOST_RUNS} runs")


def judge(made: World, crm: str) -> Verdict:
    """Hold what the CRM has, and what plsync says it has not, against the warehouse."""
    verdict = Verdict()
    mapping = f"{crm}_object"
    named = {each.account: each for each in (*made.rejects(), *made.kept_back()) if each.mapping == mapping}
    held = defaultdict(list)
    for record in made.records(crm):
        held[record.get(KEYS[crm])].append(record)
    wanted = _wanted(made)
    for row in wanted:
        key = row["key"]
        if trouble := named.get(key):
            verdict.named[str(trouble.code)] += 1
            if not trouble.code or not trouble.message:
                verdict.without_reason.append(repr(key))
        elif len(found := held.get(key, [])) != 1:
            verdict.wrong.append(f"{key!r}: {len(found)} records and no word")
        elif differing := _differing(crm, found[0], row):
            verdict.wrong.append(f"{key!r}: {differing}")
        else:
            verdict.delivered += 1
    keys = {row["key"] for row in wanted}
    strangers = [record for key, found in held.items() if key not in keys for record in found]
    name = {"salesforce": "Name", "hubspot": "name"}[crm]
    verdict.strays = [repr(each.get(KEYS[crm])) for each in strangers if each.get(name) != CANARY]
    if not any(each.get(name) == CANARY for each in strangers):
        verdict.strays.append("the record of somebody else is gone")
    return verdict


def _wanted(made: World) -> list[Row]:
    with closing(sqlite3.connect(made.warehouse)) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute("SELECT * FROM accounts")]


def _differing(crm: str, record: Mapping[str, Any], row: Row) -> str:
    """The first field that does not hold its column's value, as text; "" where all do."""
    for name, column in FIELDS[crm].items():
        held, wanted = record.get(name), row[column]
        if not _holds(crm, column, held, wanted):
            return f"{name} holds {held!r:.80}, not {wanted!r:.80}"
    return ""


def _holds(crm: str, column: str, held: Any, wanted: Any) -> bool:
    blank = held in (None, "")
    if wanted is None or (isinstance(wanted, str) and not wanted.strip()):
        return blank
    if blank:
        return False
    if column == "score":
        exact = Decimal(str(wanted))
        kept = exact.quantize(Decimal("0.1"), ROUND_HALF_UP) if crm == "salesforce" else exact
        return Decimal(str(held)) == kept
    if column in ("pql_at", "scored_at"):
        return _instant(column, str(held)) == _instant(column, str(wanted))
    if column == "motion":  # an option, which a picklist spells its own way
        return bool(held.casefold() == wanted.strip().casefold())
    return bool(held == wanted.strip())


def _instant(column: str, text: str) -> str:
    """A date, or a moment in UTC to the second, computed without the product's help."""
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    spelt = moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
    return spelt[:10] if column == "pql_at" else spelt
