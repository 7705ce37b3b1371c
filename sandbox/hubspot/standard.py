"""The properties a portal starts with: HubSpot's own (those a sync meets), and this workspace's fields."""

from __future__ import annotations

from dataclasses import replace

from sandbox.hubspot.definitions import Property

CUSTOM_GROUP = "product_signals"
GROUPS = {
    "companies": (("companyinformation", "Company information"), (CUSTOM_GROUP, "Product signals")),
    "contacts": (("contactinformation", "Contact information"), (CUSTOM_GROUP, "Product signals")),
    "deals": (("dealinformation", "Deal information"),),
    "calls": (("call", "Call Information"),),
    "meetings": (("meeting", "Meeting Information"),),
    "emails": (("email", "Email Information"),),
    "workspaces": (("workspaces_information", "Workspaces information"), (CUSTOM_GROUP, "Product signals")),
}
LIFECYCLE = ("subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer")
STAGES = (
    "appointmentscheduled",
    "qualifiedtobuy",
    "presentationscheduled",
    "decisionmakerboughtin",
    "contractsent",
    "closedwon",
    "closedlost",
)

_FIELD_TYPE = {"string": "text", "enumeration": "select", "datetime": "date", "bool": "booleancheckbox"}


def _own(
    group: str, name: str, type_name: str, *options: str, read_only: bool = False, unique: bool = False
) -> Property:
    return Property(
        name=name,
        label=name.replace("_", " ").capitalize(),
        type=type_name,
        field_type=_FIELD_TYPE.get(type_name, type_name),
        group=group,
        options=tuple((option, option) for option in options),
        unique=unique,
        read_only=read_only,
        owner=name == "hubspot_owner_id",
        hubspot_defined=group != CUSTOM_GROUP,
    )


def _stamps(group: str, modified: str) -> tuple[Property, ...]:
    return (
        _own(group, "createdate", "datetime", read_only=True),
        _own(group, modified, "datetime", read_only=True),
        _own(group, "hs_object_id", "number", read_only=True),
        _own(group, "hs_merged_object_ids", "string", read_only=True),
        _own(group, "hubspot_owner_id", "enumeration"),
    )


def _companies() -> tuple[Property, ...]:
    group = "companyinformation"
    return (
        *_stamps(group, "hs_lastmodifieddate"),
        _own(group, "name", "string"),
        _own(group, "domain", "string"),
        _own(group, "website", "string"),
        _own(group, "industry", "string"),
        _own(group, "numberofemployees", "number"),
        _own(group, "lifecyclestage", "enumeration", *LIFECYCLE),
        _own(group, "notes_last_updated", "datetime", read_only=True),
    )


def _product_signals() -> tuple[Property, ...]:
    texts = ("plg_stage", "crm_stage", "why_now", "top_signals", "route", "route_reason", "routed_to", "matched_by")
    return (
        _own(CUSTOM_GROUP, "pls_account_key", "string", unique=True),
        _own(CUSTOM_GROUP, "pls_score", "number"),
        _own(CUSTOM_GROUP, "pls_tier", "enumeration", "hot", "warm", "watching", "none"),
        _own(CUSTOM_GROUP, "pls_motion", "enumeration", "plg", "sales_led", "hybrid_escalation", "unknown"),
        _own(CUSTOM_GROUP, "pls_pql_date", "date"),
        _own(CUSTOM_GROUP, "pls_routed_at", "datetime"),
        _own(CUSTOM_GROUP, "pls_scored_at", "datetime"),
        *(_own(CUSTOM_GROUP, f"pls_{text}", "string") for text in texts),
    )


def _contacts() -> tuple[Property, ...]:
    group = "contactinformation"
    return (
        *_stamps(group, "lastmodifieddate"),
        _own(group, "email", "string", unique=True),
        _own(group, "firstname", "string"),
        _own(group, "lastname", "string"),
        _own(group, "jobtitle", "string"),
        _own(group, "company", "string"),
        _own(group, "phone", "string"),
        _own(group, "lifecyclestage", "enumeration", *LIFECYCLE),
        _own(group, "hs_lead_status", "enumeration", "NEW", "OPEN", "IN_PROGRESS", "CONNECTED", "UNQUALIFIED"),
        _own(group, "hs_email_optout", "bool"),
        _own(group, "associatedcompanyid", "number"),
        _own(group, "notes_last_updated", "datetime", read_only=True),
        _own(group, "notes_last_contacted", "datetime", read_only=True),
        _own(CUSTOM_GROUP, "pls_person_key", "string", unique=True),
        _own(CUSTOM_GROUP, "pls_person_score", "number"),
        _own(CUSTOM_GROUP, "pls_is_admin", "bool"),
        _own(CUSTOM_GROUP, "pls_last_seen", "datetime"),
    )


def _deals() -> tuple[Property, ...]:
    group = "dealinformation"
    return (
        *_stamps(group, "hs_lastmodifieddate"),
        _own(group, "dealname", "string"),
        _own(group, "dealstage", "enumeration", *STAGES),
        _own(group, "pipeline", "enumeration", "default", "renewals"),
        _own(group, "dealtype", "enumeration", "newbusiness", "existingbusiness"),
        _own(group, "amount", "number"),
        _own(group, "closedate", "datetime"),
        _own(group, "hs_is_closed", "bool", read_only=True),
        _own(group, "hs_is_closed_won", "bool", read_only=True),
        _own(group, "notes_last_updated", "datetime", read_only=True),
    )


def _workspaces() -> tuple[Property, ...]:
    """One property of every type a mapping can fill."""
    return (
        *_stamps("workspaces_information", "hs_lastmodifieddate"),
        _own(CUSTOM_GROUP, "workspace_name", "string"),
        _own(CUSTOM_GROUP, "workspace_key", "string", unique=True),
        _own(CUSTOM_GROUP, "active", "bool"),
        _own(CUSTOM_GROUP, "seats", "number"),
        _own(CUSTOM_GROUP, "usage", "number"),
        _own(CUSTOM_GROUP, "credits", "number"),
        _own(CUSTOM_GROUP, "trial_ends", "date"),
        _own(CUSTOM_GROUP, "last_used", "datetime"),
        _own(CUSTOM_GROUP, "note", "string"),
        _own(CUSTOM_GROUP, "plan", "enumeration", "free", "team", "business"),
        replace(_own(CUSTOM_GROUP, "features", "enumeration", "sso", "api", "exports"), field_type="checkbox"),
    )


def _activities(group: str, *more: Property) -> tuple[Property, ...]:
    """What is logged on records: when it was, and whose."""
    return (*_stamps(group, "hs_lastmodifieddate"), _own(group, "hs_timestamp", "datetime"), *more)


def _calls() -> tuple[Property, ...]:
    statuses = ("QUEUED", "RINGING", "IN_PROGRESS", "COMPLETED", "BUSY", "NO_ANSWER", "MISSED", "FAILED", "CANCELED")
    return _activities(
        "call",
        _own("call", "hs_call_title", "string"),
        _own("call", "hs_call_direction", "enumeration", "INBOUND", "OUTBOUND"),
        _own("call", "hs_call_status", "enumeration", *statuses),
    )


def _meetings() -> tuple[Property, ...]:
    outcomes = ("SCHEDULED", "COMPLETED", "RESCHEDULED", "NO_SHOW", "CANCELED")
    return _activities(
        "meeting",
        _own("meeting", "hs_meeting_title", "string"),
        _own("meeting", "hs_meeting_outcome", "enumeration", *outcomes),
    )


def _emails() -> tuple[Property, ...]:
    return _activities(
        "email",
        _own("email", "hs_email_subject", "string"),
        _own("email", "hs_email_direction", "enumeration", "EMAIL", "INCOMING_EMAIL", "FORWARDED_EMAIL"),
        _own("email", "hs_email_status", "enumeration", "SCHEDULED", "SENDING", "SENT", "BOUNCED", "FAILED"),
        _own("email", "hs_sequence_id", "number", read_only=True),
    )


_OF_KIND = {
    "companies": lambda: (*_companies(), *_product_signals()),
    "contacts": _contacts,
    "deals": _deals,
    "workspaces": _workspaces,
    "calls": _calls,
    "meetings": _meetings,
    "emails": _emails,
}


def properties_of(kind: str) -> tuple[Property, ...]:
    """Every property a new portal has for a kind, by its name."""
    return _OF_KIND[kind]()
