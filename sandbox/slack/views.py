"""Modals and the App Home: their structure, and where they are kept (B2, B8)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from sandbox.slack.blocks import HOME_BLOCK, MODAL_BLOCK, VIEW_BLOCKS, unique_blocks, with_ids
from sandbox.slack.elements import plain
from sandbox.slack.errors import SlackError
from sandbox.slack.shapes import Check, array, boolean, one_of, string, structure, then, typed

VIEW_BYTES = 250_000

_SHARED: dict[str, Check] = {
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
}
_MODAL = structure(
    {
        "type": one_of("modal"),
        "title": plain(24),
        "blocks": then(array(MODAL_BLOCK, least=0, most=VIEW_BLOCKS), unique_blocks),
    },
    {**_SHARED, "submit": plain(24), "close": plain(24), "clear_on_close": boolean, "notify_on_close": boolean},
)
_HOME = structure(
    {"type": one_of("home"), "blocks": then(array(HOME_BLOCK, least=0, most=VIEW_BLOCKS), unique_blocks)}, _SHARED
)
_VIEW = typed({"modal": _MODAL, "home": _HOME})


def parse_view(given: Any, kind: str) -> dict[str, Any]:
    """The view given, checked. Raises SlackError: invalid_arguments with details, or view_too_large."""
    try:
        view: dict[str, Any] = json.loads(given) if isinstance(given, str) else given
    except ValueError:
        raise SlackError("invalid_arguments", ["must be valid JSON [json-pointer:/view]"]) from None
    problems = list(_VIEW(view, "/view"))
    if problems:
        raise SlackError("invalid_arguments", problems)
    if view["type"] != kind:
        raise SlackError("invalid_arguments", [f"must be of type {kind} [json-pointer:/view/type]"])
    if len(json.dumps(view)) > VIEW_BYTES:
        raise SlackError("view_too_large")
    return view


@dataclass
class Views:
    """What is open or published. Homes are kept per user, modals by id."""

    team_id: str
    bot_id: str
    app_id: str
    stored: dict[str, dict[str, Any]] = field(default_factory=dict)

    def open(self, view: dict[str, Any], user: str) -> dict[str, Any]:
        """Keep a new modal of `user`."""
        return self._keep(f"V{len(self.stored) + 1:09d}", view, user)

    def publish(self, view: dict[str, Any], user: str, known_hash: str | None) -> dict[str, Any]:
        """Replace the Home of `user`. Raises SlackError hash_conflict when another version is there."""
        view_id = f"VHOME{user}"
        self._same(view_id, known_hash)
        return self._keep(view_id, view, user)

    def update(self, view_id: str, view: dict[str, Any], known_hash: str | None) -> dict[str, Any]:
        """Replace a modal. Raises SlackError not_found or hash_conflict."""
        if view_id not in self.stored:
            raise SlackError("not_found")
        self._same(view_id, known_hash)
        return self._keep(view_id, view, self.stored[view_id]["user"])

    def by_external_id(self, external_id: str) -> str:
        """The id of the view with this external id. Raises SlackError not_found."""
        for view_id, view in self.stored.items():
            if view["external_id"] == external_id:
                return view_id
        raise SlackError("not_found")

    def _same(self, view_id: str, known_hash: str | None) -> None:
        there = self.stored.get(view_id)
        if known_hash and there is not None and there["hash"] != known_hash:
            raise SlackError("hash_conflict")

    def _keep(self, view_id: str, view: dict[str, Any], user: str) -> dict[str, Any]:
        defaults = {"private_metadata": "", "callback_id": "", "external_id": "", "state": {"values": {}}}
        digest = hashlib.sha256(json.dumps([view_id, view], sort_keys=True).encode()).hexdigest()
        kept = {
            **defaults,
            **view,
            "id": view_id,
            "blocks": with_ids(view["blocks"], view_id),
            "hash": f"{len(self.stored)}.{digest[:10]}",
            "team_id": self.team_id,
            "bot_id": self.bot_id,
            "app_id": self.app_id,
            "root_view_id": view_id,
            "previous_view_id": None,
            "user": user,
        }
        self.stored[view_id] = kept
        return kept
