"""What the page shows in tests: fake CRMs, a small Slack team, an alert, a funnel reply, and a Bolt app."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from sandbox.slack import SlackTeam

AE, SDR, HOT = "U0AE000001", "U0SDR00001", "C0HOT00001"
HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>'
SLACK_SEED: dict[str, Any] = {
    "team": {"id": "T0WORK0001", "name": "Workspace"},
    "users": [
        {"id": AE, "name": "ae1", "real_name": "Enterprise AE 1", "email": "ae1@workspace.example", "tz": "UTC"},
        {"id": SDR, "name": "sdr1", "real_name": "SDR 1", "email": "sdr1@workspace.example", "tz": "UTC"},
    ],
    "channels": [
        {"id": HOT, "name": "plg-hot", "is_private": False, "bot_member": True},
        {"id": "C0OPS00001", "name": "revops", "is_private": True, "bot_member": True},
    ],
}


@dataclass
class FakeWorld:
    """Records by kind, and how often they were read."""

    kinds: dict[str, list[dict[str, Any]]]
    reads: int = 0

    def records(self, kind: str) -> list[dict[str, Any]]:
        self.reads += 1
        return self.kinds.get(kind, [])


def account(number: int, at: str | None = None, **fields: Any) -> dict[str, Any]:
    changed = {name: {"by": "005000000000INTAAA", "at": at} for name in fields} if at else {}
    record = {"Id": f"001{number:012d}AAA", "Name": f"account-{number}", "Website": f"a{number}.example"}
    return {**record, **fields, "_changed": changed}


def salesforce(accounts: list[dict[str, Any]]) -> FakeWorld:
    return FakeWorld({"Account": accounts, "User": [{"Id": "005000000000INTAAA", "Name": "Integration"}]})


HUBSPOT = FakeWorld(
    {
        "owners": [{"id": "7001", "firstName": "AE", "lastName": "1"}],
        "companies": [
            {
                "id": "9001",
                "properties": {"name": "hot-open-deal", "pls_tier": "hot", "hubspot_owner_id": "7001"},
                "_changed": {"pls_tier": {"by": "integration@workspace.example", "at": "2026-01-12T09:01:00.000Z"}},
            }
        ],
    }
)


def quiet_team() -> SlackTeam:
    return SlackTeam(SLACK_SEED, lambda: datetime(2026, 1, 12, 9, 4, tzinfo=UTC))


def mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def alert(name: str = "hot-open-sql") -> list[dict[str, Any]]:
    """A Hot alert as a bot would post it."""
    snooze = [{"text": plain(f"Snooze {hours} h"), "value": f"snooze-{hours}"} for hours in (1, 4)]
    snooze.append({"text": plain("Open in CRM"), "value": "crm", "url": "https://crm.example/1"})
    return [
        {"type": "header", "text": plain(f":fire: {name} is Hot")},
        {
            "type": "section",
            "text": mrkdwn("*8 active users*, hit the _usage limit_ 3 days ago. <https://crm.example/1|Open in CRM>"),
        },
        {"type": "section", "fields": [mrkdwn("*Score*\n92 (was 64)"), mrkdwn("*Plan*\nTeam, 87 % of limit")]},
        {
            "type": "context",
            "elements": [mrkdwn("Acknowledge within *30 min* · route `assign_ae` · R&amp;D &lt;eu&gt;")],
        },
        {"type": "divider"},
        {
            "type": "actions",
            "block_id": "alert",
            "elements": [
                {"type": "button", "action_id": "claim", "text": plain("I'm on it"), "style": "primary", "value": "a1"},
                {"type": "button", "action_id": "dismiss", "text": plain("Not a fit"), "style": "danger"},
                {"type": "overflow", "action_id": "more", "options": snooze},
            ],
        },
    ]


def funnel() -> list[dict[str, Any]]:
    """A funnel reply with a chart and a table."""
    stages = {"Signup": 4012, "Activated": 1630, "PQL": 412, "Opportunity": 96, "Won": 31}
    points = [{"label": name, "value": value} for name, value in stages.items()]
    axis = {"categories": list(stages)}
    chart = {"type": "bar", "series": [{"name": "Accounts", "data": points}], "axis_config": axis}
    rows = [
        [{"type": "raw_text", "text": name}, {"type": "raw_number", "value": value}] for name, value in stages.items()
    ]
    head = [{"type": "raw_text", "text": "Stage"}, {"type": "raw_text", "text": "Accounts"}]
    return [
        {"type": "section", "text": mrkdwn("*Funnel, last 30 days*")},
        {"type": "data_visualization", "title": "Funnel", "chart": chart},
        {"type": "table", "rows": [head, *rows], "column_settings": [{"align": "left"}, {"align": "right"}]},
        {
            "type": "actions",
            "elements": [{"type": "button", "action_id": "share", "text": plain("Share to channel")}],
        },
    ]


def reason_modal() -> dict[str, Any]:
    options = [{"text": plain("Too small"), "value": "too_small"}, {"text": plain("Competitor"), "value": "competitor"}]
    return {
        "type": "modal",
        "callback_id": "dismissed",
        "title": plain("Not a fit"),
        "submit": plain("Dismiss"),
        "blocks": [
            {
                "type": "input",
                "block_id": "code",
                "label": plain("Reason"),
                "element": {"type": "static_select", "action_id": "code", "options": options},
            },
            {
                "type": "input",
                "block_id": "note",
                "optional": True,
                "label": plain("In your words"),
                "element": {"type": "plain_text_input", "action_id": "note", "multiline": True},
            },
            {
                "type": "input",
                "block_id": "until",
                "label": plain("Until"),
                "element": {"type": "datetimepicker", "action_id": "until", "initial_date_time": 1768208400},
            },
            {
                "type": "input",
                "block_id": "to",
                "optional": True,
                "label": plain("New owner"),
                "element": {"type": "users_select", "action_id": "to"},
            },
        ],
    }


def bolt_app(web: WebClient, heard: list[dict[str, Any]], pool: ThreadPoolExecutor) -> App:
    app = App(client=web, signing_secret="unused", listener_executor=pool)

    @app.action("claim")
    def claim(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        heard.append(body)
        said = f"Claimed by <@{body['user']['id']}>"
        blocks = [*alert()[:-2], {"type": "context", "elements": [mrkdwn(f":white_check_mark: {said}")]}]
        client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text=said, blocks=blocks)
        ack()

    @app.action("dismiss")
    def dismiss(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=reason_modal())
        ack()

    @app.view("dismissed")
    def dismissed(ack: Ack, body: dict[str, Any]) -> None:
        if body["view"]["state"]["values"]["code"]["code"]["selected_option"] is None:
            ack(response_action="errors", errors={"code": "Choose a reason"})
            return
        heard.append(body)
        ack()

    @app.action("more")
    def more(ack: Ack, body: dict[str, Any]) -> None:
        heard.append(body)
        ack()

    @app.command("/funnel")
    def command(ack: Ack) -> None:
        ack(text="Funnel", blocks=funnel())

    return app
