"""Block Kit as Slack checks it: block by block, then the message as a whole (B2)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.slack.charts import DATA_VISUALIZATION, RICH_TEXT, TABLE
from sandbox.slack.elements import IN_ACTIONS, IN_CONTEXT, IN_INPUT, IN_SECTION, plain, text
from sandbox.slack.errors import SlackError
from sandbox.slack.shapes import Check, array, boolean, every, one_of, problem, string, structure, then, typed

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
CHARTS_PER_MESSAGE = 2
MESSAGE_CHARACTERS = 13_200


def _block(kind: str, required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    return structure({"type": one_of(kind), **required}, {"block_id": string(255), **(optional or {})})


def _text_or_fields(block: Any, pointer: str) -> Iterator[str]:
    if "text" not in block and "fields" not in block:
        yield problem("missing required field: text or fields", pointer)


def _unique_actions(block: Any, pointer: str) -> Iterator[str]:
    for action_id in _repeated(block["elements"], "action_id"):
        yield problem(f'`action_id` "{action_id}" already exists', f"{pointer}/elements")


def _repeated(items: list[dict[str, Any]], key: str) -> list[str]:
    times = Counter(item[key] for item in items if key in item)
    return [value for value, count in times.items() if count > 1]


IN_BOTH: dict[str, Check] = {
    "section": then(
        _block(
            "section",
            {},
            {
                "text": text(3000),
                "fields": array(text(2000), most=10),
                "accessory": IN_SECTION,
                "expand": boolean,
            },
        ),
        _text_or_fields,
    ),
    "header": _block("header", {"text": plain(150)}),
    "divider": _block("divider", {}),
    "context": _block("context", {"elements": array(IN_CONTEXT, most=10)}),
    "actions": then(_block("actions", {"elements": array(IN_ACTIONS, most=25)}), _unique_actions),
    "image": _block("image", {"image_url": string(3000), "alt_text": string(2000)}, {"title": plain(2000)}),
    "input": _block(
        "input",
        {"label": plain(2000), "element": IN_INPUT},
        {"hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "rich_text": RICH_TEXT,
}
MESSAGE_BLOCK = typed(
    {
        **IN_BOTH,
        "markdown": _block("markdown", {"text": string(12_000)}),
        "table": TABLE,
        "data_visualization": DATA_VISUALIZATION,
    }
)
MODAL_BLOCK = typed(IN_BOTH)
HOME_BLOCK = typed({**IN_BOTH, "data_visualization": DATA_VISUALIZATION})


def unique_blocks(blocks: Any, pointer: str) -> Iterator[str]:
    """No two blocks share a block_id."""
    for block_id in _repeated(blocks, "block_id"):
        yield problem(f'`block_id` "{block_id}" already exists', pointer)


def _few_charts(blocks: Any, pointer: str) -> Iterator[str]:
    charts = sum(block["type"] == "data_visualization" for block in blocks)
    if charts > CHARTS_PER_MESSAGE:
        yield problem(f"no more than {CHARTS_PER_MESSAGE} data_visualization blocks allowed", pointer)


MESSAGE = then(array(MESSAGE_BLOCK, least=0, most=MESSAGE_BLOCKS), every(unique_blocks, _few_charts))


def parse_blocks(given: Any) -> list[dict[str, Any]] | None:
    """The blocks of a message, checked; None when none were given.

    Forms carry blocks as JSON text. Raises SlackError: invalid_blocks_format, invalid_blocks (with a
    JSON pointer per problem) or msg_blocks_too_long.
    """
    if given is None or given == "":
        return None
    blocks = _decoded(given)
    problems = list(MESSAGE(blocks, "/blocks"))
    if problems:
        raise SlackError("invalid_blocks", problems)
    if characters(blocks) > MESSAGE_CHARACTERS:
        raise SlackError("msg_blocks_too_long")
    checked: list[dict[str, Any]] = blocks
    return checked


def _decoded(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given)
    except ValueError:
        raise SlackError("invalid_blocks_format") from None


def characters(value: Any) -> int:
    """How many characters of text there are anywhere inside `value`."""
    if isinstance(value, list):
        return sum(map(characters, value))
    if not isinstance(value, dict):
        return 0
    own = len(value["text"]) if isinstance(value.get("text"), str) else 0
    return own + sum(map(characters, value.values()))


def with_ids(blocks: list[dict[str, Any]], prefix: str) -> list[dict[str, Any]]:
    """A copy in which every block has a block_id and every element an action_id, as Slack stores them."""
    return [_identified(block, f"{prefix}-{index}") for index, block in enumerate(json.loads(json.dumps(blocks)))]


def _identified(block: dict[str, Any], block_id: str) -> dict[str, Any]:
    block.setdefault("block_id", block_id)
    for index, element in enumerate(elements_of(block)):
        element.setdefault("action_id", f"{block_id}-{index}")
    return block


def elements_of(block: dict[str, Any]) -> list[dict[str, Any]]:
    """The interactive elements of one block."""
    if block["type"] == "actions":
        return list(block["elements"])
    single = block.get("accessory") or block.get("element")
    return [single] if single is not None and single["type"] != "image" else []
