"""Values in few bytes (P14): JSON, and where that is long, deflated against the words this product uses all the time.

Bytes that begin with `[` or `{` are JSON as it is. Others begin with the number of the vocabulary they need, or with
none where a value is beyond the quick reader. A vocabulary that was ever used stays as it is for ever.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

import orjson
from sqlalchemy import Dialect, LargeBinary, TypeDecorator

from connector.store.columns import as_json

LEAST = 96  # bytes of JSON below which deflating is not worth the time

_VOCABULARIES = {
    1: (
        b'"crm.known":true,"crm.open_opportunity":false,"crm.sql_active":false,"crm.owner_email":"","crm.owner_name":"",'
        b'"crm.source":null,"crm.stage":null,"crm.stage_date":null,"employees":,"score":,"signals":'
        b'"disqualified","customer","Closed won","Opportunity","Expanded","Self-serve paid","Activated","Signup","MQL",'
        b'"SQL","integration_connected","external_domain_invite","teammate_invited","gated_attempt","pricing_view",'
        b'"limit_near","limit_hit","expansion","mid_market","enterprise","self_serve","smb","cold",'
        b'"motion_mismatch","hybrid_escalation","pql_not_hot","rearmed","stale score",[true,true,true],[null,true,null]'
        b',"assign_ae","assign_sdr","fyi_owner","nurture","none",[],"sales_led","plg","unknown","watching","warm","hot",'
        b'Open opportunity owned by SQL owned by  since Hot at  with  employees"Warm at , small","domain","key",'
        b'hit the usage limit  days agoThis account has  active users."null,null,"2026-01-01T00:00:00Z",'
    )
}
_VOCABULARIES[2] = (
    b'{"account":{"active_users":,"country":"US","domain":".example","employees":,"industry":"","key":"","limit_used":0.'
    b',"name":"","plan":"","seats_purchased":,"seats_used":},"components":{},"counterfactual":{"route":"assign_ae",'
    b'"routed_to":"","rule":"hot-enterprise-size"},"crm":{"known":true,"owner_email":"","owner_name":"","source":null,'
    b'"stage":null,"stage_at":null},"episode":"baseline","evidence":{"crm.known":true,"crm.source":null,"crm.stage":null,'
    b'"crm.stage_date":null,"employees":,"score":,"signals.until":null,"tier":"hot"},"flags":["hybrid_escalation",'
    b'"motion_mismatch","stale score"],"guarded":false,"kind":"hot_pql","layers":{"behavioural":null,"intent":null,'
    b'"organisational":true},"motion":"hybrid_escalation","occurred_at":"2026-01-01T00:00:00Z","people":[{"did":"",'
    b'"email":"","key":"","name":"","opt_out":false,"title":""}],"raised_at":"2026-01-01T00:00:00Z","reason":"Hot at '
    b' with  employees","route":"assign_ae","routed_to":"","rule":"hot-","score":,"score_before":null,"segment":"'
    b'mid_market","sentence":"This account has  active users.","signals":[{"ago":" days ago","kind":"","occurred_at":"'
    b'2026-01-01T00:00:00Z","text":""}],"signals.until":"2026-01-01T00:00:00Z","tier":"hot","trigger":"baseline"}'
) + _VOCABULARIES[1]
_NEWEST = 2
_UNUSUAL = 0  # not deflated either
_WINDOW, _MEMORY, _EFFORT = -12, 4, 6  # a small raw window: larger ones take ten times as long to set up

_primed = zlib.compressobj(_EFFORT, zlib.DEFLATED, _WINDOW, _MEMORY, zlib.Z_DEFAULT_STRATEGY, _VOCABULARIES[_NEWEST])


def dumps(value: list[Any] | dict[str, Any]) -> bytes:
    """A list or object as bytes; equal values are equal bytes. NaN and infinities become null."""
    try:
        plain = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # a half of a surrogate pair, a number beyond 64 bits
        return bytes([_UNUSUAL]) + as_json(value)
    if len(plain) < LEAST:
        return plain
    deflater = _primed.copy()
    return bytes([_NEWEST]) + deflater.compress(plain) + deflater.flush()


def loads(stored: bytes) -> Any:
    """What was given to `dumps`."""
    kind = stored[0]
    if kind in b"[{":
        return orjson.loads(stored)
    if kind == _UNUSUAL:
        return json.loads(stored[1:])
    inflater = zlib.decompressobj(_WINDOW, zdict=_VOCABULARIES[kind])
    return orjson.loads(inflater.decompress(stored[1:]) + inflater.flush())


class Packed(TypeDecorator[Any]):
    """A list or object, in few bytes."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:  # noqa: ARG002  # SQLAlchemy's signature
        """To the database; None is NULL."""
        return None if value is None else dumps(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:  # noqa: ARG002  # SQLAlchemy's signature
        """From the database."""
        return None if value is None else loads(value)
