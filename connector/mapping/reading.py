"""Build a mapping from its parsed file, reporting every problem in it at once."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from connector.errors import ConfigError
from connector.mapping.fields import (
    DECISION,
    DECISION_FIELDS,
    MATCH_METHOD,
    Declared,
    FieldMapping,
    Mode,
    ObjectMapping,
    OnNull,
)
from connector.model import ACCOUNTS, MergePolicy

ACCOUNT_KEY = "key"
EMAIL = "email"  # the column of a source of people
ACCOUNTS_ALONE: Mapping[str, Declared] = {}
HEAD = frozenset(
    {
        *("destination", "name", "source", "match", "domain", "email", "mode"),
        *("concurrency_guard", "read", "allow_bulk_window"),
    }
)
STRICT = "strict"
CRM_OWNS = "crm"
BLIND = frozenset({MergePolicy.WAREHOUSE_WINS, MergePolicy.NEVER_CLEAR})  # policies that ask for no live value
Choice = TypeVar("Choice", bound=StrEnum)


def build(
    name: str,
    document: Mapping[str, Any],
    columns: Collection[str],
    others: Mapping[str, Declared] = ACCOUNTS_ALONE,
) -> ObjectMapping:
    """Turn a parsed mapping file into values.

    `columns` are the declared account columns, `others` the further relations to map, by name. Raises ConfigError
    with every problem in the file.
    """
    problems: list[str] = []
    where = f"mappings/{name}.toml"
    problems += _unknown_keys(where, document, {"object", "fields"})
    head = _table(document.get("object"), f"{where} [object]", problems)
    problems += _unknown_keys(f"{where} [object]", head, HEAD)
    source = head.get("source", ACCOUNTS)
    declared = _declared(
        f"{where} [object] source", source, {ACCOUNTS: Declared(ACCOUNT_KEY, columns), **others}, problems
    )
    match = _table(head.get("match"), f"{where} [object] match", problems)
    problems += _match_problems(f"{where} [object] match", match, source, declared)
    fields = tuple(
        field
        for to, body in _table(document.get("fields"), f"{where} [fields]", problems).items()
        if (field := _field(to, _table(body, f"{where} [fields.{to}]", problems), source, declared, where, problems))
    )
    destination, obj = head.get("destination"), head.get("name")
    if destination not in ("salesforce", "hubspot"):
        problems.append(f'{where} [object] destination is {destination!r}; it must be "salesforce" or "hubspot"')
    if not isinstance(obj, str):
        problems.append(f'{where} [object] name is missing; name the CRM object, such as "Account"')
    if not isinstance(domain := head.get("domain"), str | None):
        problems.append(f"{where} [object] domain is {domain!r}; name the one field that holds the company's domain")
    if domain is not None and source != ACCOUNTS:
        problems.append(f"{where} [object] domain: only accounts are matched by their company's domain; leave it out")
    problems += _email_problems(f"{where} [object] email", head, declared)
    mode = _choice(head.get("mode", Mode.UPDATE_ONLY), Mode, f"{where} [object] mode", problems)
    problems += _delivery_problems(f"{where} [object]", head, mode, fields)
    if problems or mode is None:
        raise ConfigError(problems)
    return ObjectMapping(
        name=name,
        destination=str(destination),
        object=str(obj),
        source=str(source),
        match_from=match["from"],
        match_to=match["to"],
        domain_to=domain,
        mode=mode,
        fields=fields,
        version=_version(document),
        strict=head.get("concurrency_guard") == STRICT,
        blind=head.get("read") is False,
        bulk_window=head.get("allow_bulk_window", False),
        email_to=head.get("email"),
    )


def unknown_key(where: str, key: str, known: Collection[str]) -> str:
    """The sentence for a key nobody reads, with the nearest one that is."""
    near = difflib.get_close_matches(key, known, n=1)
    return f'{where}: unknown key "{key}"' + (f'; did you mean "{near[0]}"?' if near else f"; known: {sorted(known)}")


def _unknown_keys(where: str, table: Mapping[str, Any], known: Collection[str]) -> list[str]:
    return [unknown_key(where, key, known) for key in table if key not in known]


def _delivery_problems(
    where: str, head: Mapping[str, Any], mode: Mode | None, fields: Sequence[FieldMapping]
) -> list[str]:
    """What is wrong with how the writes are to go out (D21)."""
    problems, crm = [], head.get("destination")
    if (guard := head.get("concurrency_guard", STRICT)) != STRICT:
        problems.append(f'{where} concurrency_guard is {guard!r}; the only guard is "strict". Leave it out for none')
    elif "concurrency_guard" in head and crm != "salesforce":
        problems.append(f"{where} concurrency_guard: only Salesforce can refuse a write to a record that was changed")
    problems += [
        f"{where} {key} is {head[key]!r}; it must be true or false"
        for key in ("read", "allow_bulk_window")
        if not isinstance(head.get(key, True), bool)
    ]
    if head.get("read") is not False:
        return problems
    if crm != "hubspot" or mode is not Mode.UPDATE_ONLY or "domain" in head:
        problems.append(f"{where} read = false: only HubSpot updates by key alone; it needs update_only and no domain")
    return problems + [
        f'{where} read = false: {field.to} merges by "{field.merge}", which needs the value the CRM holds; '
        f"without reading it can be {' or '.join(sorted(BLIND))}"
        for field in fields
        if field.merge not in BLIND
    ]


def _declared(place: str, source: object, relations: Mapping[str, Declared], problems: list[str]) -> Declared:
    """The relation a mapping carries. Raises ConfigError where it is none: nothing else can be judged without it."""
    if isinstance(source, str) and source in relations:
        return relations[source]
    near = difflib.get_close_matches(str(source), relations, n=1)
    hint = f'did you mean "{near[0]}"?' if near else "declare it as [warehouse.sources.NAME]"
    raise ConfigError([*problems, f"{place} is {source!r}; relations to map: {', '.join(relations)}; {hint}"])


def _email_problems(place: str, head: Mapping[str, Any], declared: Declared) -> list[str]:
    """What is wrong with finding people by their e-mail."""
    if "email" not in head:
        return []
    if not isinstance(head["email"], str):
        return [f"{place} is {head['email']!r}; name the one field that holds a person's e-mail"]
    if EMAIL not in declared.columns or head.get("source", ACCOUNTS) == ACCOUNTS:
        return [f'{place}: only rows of a source of people, with a column "{EMAIL}", are found by it']
    return (
        [f"{place}: nobody can be found where nothing is read; drop one of email and read = false"]
        if head.get("read") is False
        else []
    )


def _match_problems(place: str, match: Mapping[str, Any], source: object, declared: Declared) -> list[str]:
    problems = _unknown_keys(place, match, {"from", "to"})
    for key in ("from", "to"):
        if not isinstance(match.get(key), str):
            problems.append(f'{place}: "{key}" is missing; write match = {{ from = "{declared.key}", to = "…" }}')
    if isinstance(named := match.get("from"), str) and named != declared.key:
        problems.append(
            f'{place}: from = "{named}", but rows of {source} are matched by their key; write from = "{declared.key}"'
        )
    return problems


def _field(
    to: str, body: Mapping[str, Any], relation: object, declared: Declared, where: str, problems: list[str]
) -> FieldMapping | None:
    place = f"{where} [fields.{to}]"
    before = len(problems)
    problems += _unknown_keys(place, body, {"from", "merge", "owner", "on_null", "on_missing", "order", "as_of"})
    source, order, as_of = body.get("from"), body.get("order"), body.get("as_of")
    problems += _source_problems(place, source, relation, declared)
    merge = _policy(place, body, problems)
    on_null = _choice(body.get("on_null", OnNull.SKIP), OnNull, f"{place} on_null", problems)
    on_missing = _choice(body.get("on_missing", OnNull.SKIP), OnNull, f"{place} on_missing", problems)
    if merge is MergePolicy.FURTHEST and not _ladder(order):
        problems.append(f'{place}: merge = "furthest" needs order = [...], lowest first (D23)')
    if merge is MergePolicy.LATEST and not (isinstance(as_of, str) and as_of in declared.columns):
        problems.append(f'{place}: merge = "latest" needs as_of = a declared column that dates the value (D23)')
    if len(problems) > before or merge is None or on_null is None or on_missing is None:
        return None
    return FieldMapping(to, str(source), merge, on_null, tuple(order or ()), as_of, on_missing)


def _policy(place: str, body: Mapping[str, Any], problems: list[str]) -> MergePolicy | None:
    """How the field merges. `owner = "crm"` is fill_blank by another name: the CRM's own from its first value on."""
    if "owner" not in body:
        return _choice(body.get("merge"), MergePolicy, f"{place} merge", problems)
    if body["owner"] != CRM_OWNS:
        problems.append(f'{place} owner is {body["owner"]!r}; the only owner to name is "crm". Otherwise write merge')
    elif body.get("merge", MergePolicy.FILL_BLANK) != MergePolicy.FILL_BLANK:
        problems.append(
            f'{place}: owner = "crm" means merge = "fill_blank", not {body["merge"]!r}; drop one of the two'
        )
    return MergePolicy.FILL_BLANK


def _ladder(order: object) -> bool:
    """Whether `order` ranks something: a list of texts."""
    return isinstance(order, list) and bool(order) and all(isinstance(stage, str) for stage in order)


def _source_problems(place: str, source: object, relation: object, declared: Declared) -> list[str]:
    if not isinstance(source, str):
        return [f'{place}: "from" is missing; name a declared column or decision.<name>']
    decided = {DECISION + name for name in DECISION_FIELDS}
    if source.startswith(DECISION) and relation != ACCOUNTS:
        return [f'{place}: from = "{source}", but decisions are made for accounts only; drop the field']
    offered = {*declared.columns, MATCH_METHOD, *(decided if relation == ACCOUNTS else ())}
    if source in offered:
        return []
    near = difflib.get_close_matches(source, offered, n=1)
    table = relation if relation in (ACCOUNTS, "people") else f"sources.{relation}"
    hint = f'; did you mean "{near[0]}"?' if near else f"; declare it under [warehouse.{table}.columns]"
    return [f'{place}: from = "{source}" is not a declared column{hint}']


def _choice(value: object, kind: type[Choice], place: str, problems: list[str]) -> Choice | None:
    try:
        return kind(str(value))
    except ValueError:
        problems.append(f"{place} is {value!r}; it must be one of {[str(item) for item in kind]}")
        return None


def _table(value: object, place: str, problems: list[str]) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    problems.append(f"{place} is missing")
    return {}


def _version(document: Mapping[str, Any]) -> str:
    return hashlib.blake2b(json.dumps(document, sort_keys=True).encode(), digest_size=8).hexdigest()
