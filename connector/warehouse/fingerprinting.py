"""Fingerprints of rows as they are stored: unchanged ones need not be decoded, or even leave the database (D13, D28).

PostgreSQL computes them itself: its `row(…)::text` tells every value from every other, null from "" included. The
digest is of that text, because `hash_record_extended`, four times as fast, takes 0.0 for null and 1 for 4294967296.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import FromClause, Text, cast, func, literal, null, select, union_all

from connector.model import Recipe
from connector.warehouse.dialects import Expression
from connector.warehouse.relations import Relation, Relations
from connector.warehouse.sources import Source

SEPARATOR = ","  # between the fingerprints of one account
LENGTH = 20  # hexadecimal digits: 80 bits, compared with one earlier digest of the same account

Teller = Callable[[Sequence[object], Sequence[Sequence[object]]], tuple[str, ...]]
Stamp = Callable[[Recipe], str]


def can(backend: str) -> bool:
    """Whether a database computes fingerprints, by SQLAlchemy's name for it."""
    return backend == "postgresql"


def stamp(relations: Relations, signal_kinds: Mapping[str, str], recipe: Recipe) -> str:
    """What makes the same stored row mean something else: types of what a recipe covers, and the words for signals.

    Not the types of other columns of the accounts: declaring one is no reason to plan everybody anew.
    """
    covered = {name: column for name, column in relations.accounts.columns.items() if name in recipe.columns}
    declared = [
        (name, [(logical, str(column.type)) for logical, column in sorted(columns.items())])
        for name, columns in (
            (name, covered if relation is relations.accounts else relation.columns)
            for name, relation in relations.declared().items()
        )
    ]
    return hashlib.blake2b(repr((declared, sorted(signal_kinds.items()))).encode(), digest_size=8).hexdigest()


def teller(relations: Relations, wanted: Sequence[Recipe], stamped: Stamp) -> Teller:
    """What computes one fingerprint per recipe here, from an account's row and signals as the driver tells them."""
    accounts, signals = relations.accounts, relations.signals
    picks = [(one.version, stamped(one), _picker(accounts, one.columns), one.signals) for one in wanted]
    told = _picker(signals, ("kind", "occurred_at")) if signals else None

    def tell(row: Sequence[object], followers: Sequence[Sequence[object]]) -> tuple[str, ...]:
        news = sorted(repr(told(one)) for one in followers) if told and followers else []
        return tuple(
            version + _hash(f"{meant}{pick(row)!r}{news if signalled else ''}")
            for version, meant, pick, signalled in picks
        )

    return tell


def _picker(relation: Relation, columns: Sequence[str]) -> Callable[[Sequence[object]], object]:
    """The columns that are declared, out of a row. A constant where there are none."""
    declared = list(relation.columns)
    places = [declared.index(name) for name in columns if name in declared]
    return itemgetter(*places) if places else lambda _row: None


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=LENGTH // 2).hexdigest()


def statement(
    accounts: Source, signals: Source | None, wanted: Sequence[Recipe], stamped: Stamp, keys: Sequence[str] | None
) -> Any:
    """The key, and one fingerprint per recipe, in key order."""
    told = _told(signals) if signals is not None else None
    key = accounts.dialect.bytewise(accounts.key)
    prints = [
        (literal(one.version) + _digest(accounts, told, one, stamped)).label(f"print_{n}")
        for n, one in enumerate(wanted)
    ]
    found = select(accounts.key.label("account"), *prints).order_by(key)
    if told is not None:
        found = found.select_from(accounts.rows.outerjoin(told, key == told.c.account))
    if accounts.only is not None:
        found = found.where(accounts.only)
    return found if keys is None else found.where(accounts.key.in_(keys))


def differing(
    accounts: Source, signals: Source | None, wanted: Sequence[Recipe], stamped: Stamp, confirmed: FromClause
) -> Any:
    """As `statement`, of the accounts whose fingerprints are not those confirmed; and the keys, without any, of those
    that are confirmed and not there. The join has one side, because only that may be made in parallel.
    """
    everyone = statement(accounts, signals, wanted, stamped, None).order_by(None)
    prints = list(everyone.selected_columns)[1:]
    key = accounts.dialect.bytewise(accounts.key)
    joined = everyone.get_final_froms()[0].outerjoin(confirmed, key == confirmed.c.key)
    moved = confirmed.c.prints.is_distinct_from(func.concat_ws(SEPARATOR, *prints))
    there = select(literal(1)).select_from(accounts.rows).where(key == confirmed.c.key).exists()
    nothing = [null().label(f"print_{n}") for n in range(len(prints))]
    found = select(key.label("account"), *prints).select_from(joined).where(moved)
    both = union_all(found, select(confirmed.c.key, *nothing).where(~there))
    return both.order_by("account")


def _digest(accounts: Source, told: FromClause | None, recipe: Recipe, stamped: Stamp) -> Expression:
    """Of the columns that are declared. A recipe may name others: rules may ask for what a warehouse lacks."""
    columns = [accounts.column(name) for name in recipe.columns if name in accounts.relation.columns]
    signals = [told.c.number, told.c.hash] if recipe.signals and told is not None else []
    return func.left(func.md5(_told_apart(literal(stamped(recipe)), *columns, *signals)), LENGTH)


def _told(signals: Source) -> FromClause:
    """How many signals each account has, and a sum of their hashes: it moves when any of them does."""
    account = signals.dialect.bytewise(signals.key)
    one = _told_apart(signals.column("kind"), signals.column("occurred_at"))
    hashed = func.sum(func.hashtextextended(one, 0)).label("hash")
    return select(account.label("account"), func.count().label("number"), hashed).group_by(account).subquery("told")


def _told_apart(*columns: Expression) -> Expression:
    return cast(func.row(*columns), Text)
