"""The demo company's Slack workspace: everyone who still works there, and the channels the bot posts to."""

from __future__ import annotations

from typing import Any

from sandbox.demo.staff import STAFF

CHANNELS = ("plg-hot", "plg-fyi", "revops")


def slack_seed() -> dict[str, Any]:
    """Team, users and channels; the colleague who left is not among the users."""
    return {
        "team": {"id": "T0000000001", "name": "Workspace"},
        "users": [
            {
                "id": person.slack_id,
                "name": person.slug,
                "real_name": person.name,
                "email": person.email,
                "tz": person.zone,
            }
            for person in STAFF
            if person.active
        ],
        "channels": [
            {"id": f"C{number:010d}", "name": name, "is_private": False, "bot_member": True}
            for number, name in enumerate(CHANNELS, start=1)
        ],
    }
