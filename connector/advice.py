"""What to do about a refusal, by the code the CRM or we gave it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from connector.model import ACCOUNTS

_FITTING = "correct the value in the warehouse, or make the CRM's field take it"
_RULE = "a rule of the CRM refuses it: correct the value, or exempt the integration user from the rule"
_RIGHTS = "give the integration user the right to write this, or drop the field from the mapping"
_TWICE = "another record holds this value: merge the two in the CRM, or link the account to the right one"
_GONE = "the record is gone: link the account to another one"

ADVICE: Mapping[str, str] = {
    # ours
    "VALUE": _FITTING,
    # Salesforce
    "STRING_TOO_LONG": _FITTING,
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": "add the option to the picklist, or map the value to one it has",
    "NUMBER_OUTSIDE_VALID_RANGE": _FITTING,
    "INVALID_TYPE_ON_FIELD_IN_RECORD": _FITTING,
    "INVALID_EMAIL_ADDRESS": _FITTING,
    "REQUIRED_FIELD_MISSING": "the CRM requires a field the mapping does not fill: map it, or make it optional",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": _RULE,
    "FIELD_FILTER_VALIDATION_EXCEPTION": _RULE,
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": "a trigger or flow failed: its owner finds the reason in the words beside",
    "DUPLICATES_DETECTED": "a duplicate rule refuses it: merge the duplicates, or let this user pass the rule",
    "DUPLICATE_VALUE": _TWICE,
    "DUPLICATE_EXTERNAL_ID": _TWICE,
    "ENTITY_IS_LOCKED": "the record is locked, as in an approval: wait for its end, then retry",
    "ENTITY_IS_DELETED": _GONE,
    "INVALID_CROSS_REFERENCE_KEY": _GONE,
    "NOT_FOUND": _GONE,
    "CANNOT_UPDATE_CONVERTED_LEAD": "the lead was converted: link the account to what it became",
    "INACTIVE_OWNER_OR_USER": "the owner is inactive: give the record another one, or correct people.toml",
    "INSUFFICIENT_ACCESS_OR_READONLY": _RIGHTS,
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": _RIGHTS,
    "INVALID_FIELD_FOR_INSERT_UPDATE": _RIGHTS,
    # HubSpot
    "VALIDATION_ERROR": _FITTING,
    "INVALID_OPTION": "add the option to the property, or map the value to one it has",
    "READ_ONLY_VALUE": _RIGHTS,
    "PROPERTY_DOESNT_EXIST": "create the property, or drop it from the mapping",
    "CONFLICT": _TWICE,
    "OBJECT_NOT_FOUND": _GONE,
    # held
    "NO_RECORD": "create the record in the CRM, or set mode",
    "AMBIGUOUS": "choose: plsync link ACCOUNT RECORD",
    "RECORD_GONE": "link it again: plsync link ACCOUNT RECORD",
    "EDITED": "leave it, or make it the base: plsync adopt ACCOUNT",
    "RESTORED": "nothing: the warehouse wins this field; a mapping that lets people edit it merges it otherwise",
    "CONVERTED": "nothing: plsync leaves converted leads alone; map contacts or accounts to reach what it became",
    "LINKED": "nothing: the next sync writes it",
}


def advice_on(code: str | None) -> str:
    """What to do about a refusal with this code, or how to find out."""
    return ADVICE.get(code or "", "see the CRM's words; `plsync explain ACCOUNT` shows the record field by field")


def absent(source: str, key: str) -> str:
    """The sentence for a key that a source of the warehouse does not have."""
    what = "account" if source == ACCOUNTS else f"row of {source} with the key"
    return f'the warehouse has no {what} "{key}"; the key is case sensitive: check it in the {source} relation'
