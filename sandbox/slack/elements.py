"""Texts, options and everything a person can press or choose, with Slack's limits (B2)."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.slack.shapes import Check, array, boolean, number, one_of, string, structure, typed


def plain(longest: int, shortest: int = 1) -> Check:
    """A plain_text object."""
    return structure({"type": one_of("plain_text"), "text": string(longest, shortest)}, {"emoji": boolean})


def mrkdwn(longest: int, shortest: int = 1) -> Check:
    """A mrkdwn object."""
    return structure({"type": one_of("mrkdwn"), "text": string(longest, shortest)}, {"verbatim": boolean})


def text(longest: int, shortest: int = 1) -> Check:
    """A text object of either type."""
    return typed({"plain_text": plain(longest, shortest), "mrkdwn": mrkdwn(longest, shortest)})


CONFIRM = structure(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)
OPTION = structure({"text": text(75), "value": string(150)}, {"description": text(75), "url": string(3000)})
OPTION_GROUP = structure({"label": plain(75), "options": array(OPTION, most=100)})
IMAGE = structure({"type": one_of("image"), "image_url": string(3000), "alt_text": string(2000)})
DISPATCH = structure({"trigger_actions_on": array(one_of("on_enter_pressed", "on_character_entered"), most=2)})


def element(kind: str, required: Mapping[str, Check], optional: Mapping[str, Check]) -> Check:
    """An interactive element: its type, its own keys, and the keys all of them share."""
    shared: dict[str, Check] = {"action_id": string(255), "confirm": CONFIRM, "focus_on_load": boolean}
    return structure({"type": one_of(kind), **required}, {**shared, **optional})


def _chooser(kind: str, own: Mapping[str, Check], *, multi: bool = False) -> Check:
    most: dict[str, Check] = {"max_selected_items": number} if multi else {}
    return element(kind, {}, {"placeholder": plain(150), **own, **most})


def _writer(kind: str, own: Mapping[str, Check]) -> Check:
    shared: dict[str, Check] = {"placeholder": plain(150), "dispatch_action_config": DISPATCH}
    return element(kind, {}, {**shared, **own})


_GROUPS: dict[str, Check] = {"options": array(OPTION, most=100), "option_groups": array(OPTION_GROUP, most=100)}
_IDS = array(string(255), most=100)
_CHOSEN = array(OPTION, most=100)
_TEN = array(OPTION, most=10)

PRESSED: dict[str, Check] = {
    "button": element(
        "button",
        {"text": plain(75)},
        {
            "value": string(2000, 0),
            "url": string(3000),
            "style": one_of("primary", "danger"),
            "accessibility_label": string(75),
        },
    ),
    "overflow": element("overflow", {"options": array(OPTION, most=5)}, {}),
}
CHOSEN: dict[str, Check] = {
    "static_select": _chooser("static_select", {**_GROUPS, "initial_option": OPTION}),
    "users_select": _chooser("users_select", {"initial_user": string(255)}),
    "channels_select": _chooser("channels_select", {"initial_channel": string(255)}),
    "conversations_select": _chooser("conversations_select", {"initial_conversation": string(255)}),
    "multi_static_select": _chooser("multi_static_select", {**_GROUPS, "initial_options": _CHOSEN}, multi=True),
    "multi_users_select": _chooser("multi_users_select", {"initial_users": _IDS}, multi=True),
    "checkboxes": element("checkboxes", {"options": _TEN}, {"initial_options": _TEN}),
    "radio_buttons": element("radio_buttons", {"options": _TEN}, {"initial_option": OPTION}),
    "datepicker": _chooser("datepicker", {"initial_date": string(10)}),
    "timepicker": _chooser("timepicker", {"initial_time": string(5), "timezone": string(64)}),
    "datetimepicker": element("datetimepicker", {}, {"initial_date_time": number}),
}
WRITTEN: dict[str, Check] = {
    "plain_text_input": _writer(
        "plain_text_input",
        {"initial_value": string(3000, 0), "multiline": boolean, "min_length": number, "max_length": number},
    ),
    "number_input": _writer(
        "number_input",
        {
            "is_decimal_allowed": boolean,
            "initial_value": string(64, 0),
            "min_value": string(64),
            "max_value": string(64),
        },
    ),
    "email_text_input": _writer("email_text_input", {"initial_value": string(320, 0)}),
    "url_text_input": _writer("url_text_input", {"initial_value": string(3000, 0)}),
}

IN_ACTIONS = typed({**PRESSED, **CHOSEN})
IN_SECTION = typed({**PRESSED, **CHOSEN, "image": IMAGE})
IN_INPUT = typed({**CHOSEN, **WRITTEN})
IN_CONTEXT = typed({"plain_text": plain(2000), "mrkdwn": mrkdwn(2000), "image": IMAGE})
