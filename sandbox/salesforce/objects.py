"""The objects this org has: the standard ones a connector meets, with the PLS fields added by an administrator."""

from __future__ import annotations

from sandbox.salesforce.schema import (
    Field,
    SObject,
    boolean,
    multi_picklist,
    number,
    picklist,
    read_only,
    reference,
    text,
)

SYSTEM = (
    read_only("Id", "id", 18),
    boolean("IsDeleted", writable=False),
    read_only("CreatedDate", "datetime"),
    reference("CreatedById", "User", writable=False),
    read_only("LastModifiedDate", "datetime"),
    reference("LastModifiedById", "User", writable=False),
    read_only("SystemModstamp", "datetime"),
)

OWNER = reference("OwnerId", "User")
LAST_ACTIVITY = read_only("LastActivityDate", "date")


def _merged_into(name: str) -> Field:
    """Where a record deleted by a merge went (D8)."""
    return Field("MasterRecordId", "reference", 18, refers_to=(name,), relation="MasterRecord", writable=False)


PLS_FIELDS = (
    text("PLS_Account_Key__c", 80, external_id=True, unique=True, case_sensitive=True),
    number("PLS_Score__c", 5, 1),
    picklist("PLS_Tier__c", "hot", "warm", "watching", "none", restricted=True),
    picklist("PLS_Motion__c", "plg", "sales_led", "hybrid_escalation", "unknown"),
    text("PLS_PLG_Stage__c", 40),
    text("PLS_CRM_Stage__c", 40),
    Field("PLS_PQL_Date__c", "date"),
    text("PLS_Why_Now__c"),
    text("PLS_Top_Signals__c"),
    text("PLS_Route__c", 40),
    text("PLS_Route_Reason__c"),
    text("PLS_Routed_To__c", 120),
    Field("PLS_Routed_At__c", "datetime"),
    Field("PLS_Scored_At__c", "datetime"),
    text("PLS_Matched_By__c", 40),
)

PERSON_KEY = text("PLS_Person_Key__c", 80, external_id=True, unique=True, case_sensitive=True)
PERSON_SIGNALS = (
    PERSON_KEY,
    number("PLS_Person_Score__c", 5, 1),
    boolean("PLS_Is_Admin__c"),
    Field("PLS_Last_Seen__c", "datetime"),
)

ACCOUNT = SObject(
    "Account",
    "001",
    (
        *SYSTEM,
        text("Name", required=True),
        Field("Website", "url", length=255),
        number("NumberOfEmployees", 8, 0, "int"),
        picklist("Type", "Prospect", "Customer", "Partner"),
        picklist("Industry"),
        OWNER,
        reference("ParentId", "Account"),
        LAST_ACTIVITY,
        _merged_into("Account"),
        *PLS_FIELDS,
    ),
)

PERSON = (
    read_only("Name", "string", 121),
    text("FirstName", 40),
    text("LastName", 80, required=True),
    text("Title", 128),
    Field("Email", "email", length=80),
    Field("Phone", "phone", length=40),
    boolean("HasOptedOutOfEmail"),
    LAST_ACTIVITY,
)

LEAD = SObject(
    "Lead",
    "00Q",
    (
        *SYSTEM,
        *PERSON,
        text("Company", required=True),
        Field("Website", "url", length=255),
        number("NumberOfEmployees", 8, 0, "int"),
        picklist(
            "Status",
            "Open - Not Contacted",
            "Working - Contacted",
            "Marketing Qualified",
            "Sales Qualified",
            "Disqualified",
            "Closed - Converted",
            "Closed - Not Converted",
            required=True,
            default="Open - Not Contacted",
        ),
        picklist("LeadSource"),
        reference("OwnerId", "Group", "User"),
        boolean("IsConverted", writable=False),
        read_only("ConvertedDate", "date"),
        reference("ConvertedAccountId", "Account", writable=False),
        reference("ConvertedContactId", "Contact", writable=False),
        reference("ConvertedOpportunityId", "Opportunity", writable=False),
        _merged_into("Lead"),
        text("PLS_Account_Key__c", 80, external_id=True),
        *PERSON_SIGNALS,
    ),
)

CONTACT = SObject(
    "Contact",
    "003",
    (
        *SYSTEM,
        *PERSON,
        reference("AccountId", "Account"),
        OWNER,
        _merged_into("Contact"),
        picklist("Lifecycle_Stage__c", "Lead", "Marketing Qualified", "Sales Qualified", "Customer", "Disqualified"),
        *PERSON_SIGNALS,
    ),
)

# What a customer made: an object of their own, with a field of every type a mapping can fill.
WORKSPACE = SObject(
    "PLS_Workspace__c",
    "a00",
    (
        *SYSTEM,
        text("Name", 80),
        OWNER,
        text("PLS_Workspace_Key__c", 80, external_id=True, unique=True, case_sensitive=True),
        reference("Account__c", "Account"),
        boolean("Active__c"),
        number("Seats__c", 8, 0),
        number("Usage__c", 6, 2),
        number("Credits__c", 12, 4),
        Field("Trial_Ends__c", "date"),
        Field("Last_Used__c", "datetime"),
        text("Note__c", 40),
        picklist("Plan__c", "free", "team", "business", restricted=True),
        multi_picklist("Features__c", "sso", "api", "exports", restricted=True),
    ),
)

STAGES = ("Prospecting", "Qualification", "Proposal", "Negotiation", "Closed Won", "Closed Lost")

OPPORTUNITY = SObject(
    "Opportunity",
    "006",
    (
        *SYSTEM,
        text("Name", 120, required=True),
        reference("AccountId", "Account"),
        picklist("StageName", *STAGES, required=True),
        Field("CloseDate", "date", required=True),
        number("Amount", 18, 2, "currency"),
        picklist("Type", "New Business", "Existing Business", "Renewal"),
        picklist("LeadSource"),
        boolean("IsClosed", writable=False),
        boolean("IsWon", writable=False),
        LAST_ACTIVITY,
        OWNER,
    ),
)

_ACTIVITY = (
    text("Subject"),
    reference("WhoId", "Contact", "Lead"),
    reference("WhatId", "Account", "Opportunity"),
    reference("AccountId", "Account", writable=False),
    OWNER,
    Field("ActivityDate", "date"),
)

TASK = SObject(
    "Task",
    "00T",
    (
        *SYSTEM,
        *_ACTIVITY,
        picklist("Status", "Not Started", "In Progress", "Completed", required=True, default="Not Started"),
        picklist("TaskSubtype", "Task", "Email", "ListEmail", "Cadence", "Call", "LinkedIn"),
        picklist("CallType", "Internal", "Inbound", "Outbound"),
        boolean("IsClosed", writable=False),
        read_only("CompletedDateTime", "datetime"),
    ),
)

EVENT = SObject("Event", "00U", (*SYSTEM, *_ACTIVITY, Field("StartDateTime", "datetime")))

# What an e-mail was: its task does not say whether it came in.
EMAIL_MESSAGE = SObject(
    "EmailMessage",
    "02s",
    (*SYSTEM, text("Subject"), reference("ActivityId", "Task"), boolean("Incoming")),
)

USER = SObject(
    "User",
    "005",
    (
        *SYSTEM,
        read_only("Name", "string", 121),
        text("FirstName", 40),
        text("LastName", 80, required=True),
        text("Username", 80, required=True, unique=True),
        Field("Email", "email", length=128, required=True),
        boolean("IsActive", default=True),
        reference("ManagerId", "User"),
        text("TimeZoneSidKey", 40, default="UTC"),
    ),
)

GROUP = SObject("Group", "00G", (*SYSTEM, text("Name", 40, required=True), picklist("Type", "Regular", "Queue")))

ORGANIZATION = SObject(
    "Organization",
    "00D",
    (
        *SYSTEM,
        text("Name", 80, required=True),
        boolean("IsSandbox", writable=False),
        text("OrganizationType", 40, default="Developer Edition", writable=False),
    ),
)

OBJECTS = {
    each.name.lower(): each
    for each in (ACCOUNT, LEAD, CONTACT, OPPORTUNITY, WORKSPACE, TASK, EVENT, EMAIL_MESSAGE, USER, GROUP, ORGANIZATION)
}


def find_object(name: str) -> SObject | None:
    """The object called `name` in any case."""
    return OBJECTS.get(name.lower())
