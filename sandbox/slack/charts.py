"""Blocks that show data: data_visualization, table, and the rich text a table cell may hold (B2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.slack.shapes import Check, array, boolean, number, one_of, problem, string, structure, then, typed

LABEL = string(20)
POINT = structure({"label": LABEL, "value": number})
SERIES = structure({"name": string(20), "data": array(POINT, most=20)})
AXIS = structure({"categories": array(LABEL, most=20)}, {"x_label": string(50), "y_label": string(50)})


def _labels_match(chart: Any, pointer: str) -> Iterator[str]:
    """Each series has one point per category, and no two series share a name."""
    categories = _strings(chart["axis_config"]["categories"])
    for index, series in enumerate(chart["series"]):
        if sorted(_strings([point["label"] for point in series["data"]])) != sorted(categories):
            yield problem("data labels must match the categories", f"{pointer}/series/{index}/data")
    if len({series["name"] for series in chart["series"]}) < len(chart["series"]):
        yield problem("series names must be unique", f"{pointer}/series")


def _strings(values: list[Any]) -> list[str]:
    return [str(value) for value in values]


def _axes(kind: str) -> Check:
    shape = structure({"type": one_of(kind), "series": array(SERIES, most=6), "axis_config": AXIS})
    return then(shape, _labels_match)


CHART = typed(
    {
        "pie": structure({"type": one_of("pie"), "segments": array(POINT, most=6)}),
        **{kind: _axes(kind) for kind in ("bar", "line", "area")},
    }
)
DATA_VISUALIZATION = structure(
    {"type": one_of("data_visualization"), "title": string(50), "chart": CHART}, {"block_id": string(255)}
)

_STYLE = structure({}, {"bold": boolean, "italic": boolean, "strike": boolean, "code": boolean})
_WORD = typed(
    {
        "text": structure({"type": one_of("text"), "text": string(3000)}, {"style": _STYLE}),
        "link": structure(
            {"type": one_of("link"), "url": string(3000)}, {"text": string(3000), "style": _STYLE, "unsafe": boolean}
        ),
        "emoji": structure({"type": one_of("emoji"), "name": string(100)}, {"unicode": string(100), "style": _STYLE}),
        "user": structure({"type": one_of("user"), "user_id": string(255)}, {"style": _STYLE}),
        "channel": structure({"type": one_of("channel"), "channel_id": string(255)}, {"style": _STYLE}),
    }
)
_WORDS = array(_WORD, least=0, most=500)
_SECTION = structure({"type": one_of("rich_text_section"), "elements": _WORDS})
_RICH_PART = typed(
    {
        "rich_text_section": _SECTION,
        "rich_text_quote": structure({"type": one_of("rich_text_quote"), "elements": _WORDS}, {"border": number}),
        "rich_text_preformatted": structure(
            {"type": one_of("rich_text_preformatted"), "elements": _WORDS}, {"border": number}
        ),
        "rich_text_list": structure(
            {
                "type": one_of("rich_text_list"),
                "style": one_of("bullet", "ordered"),
                "elements": array(_SECTION, most=200),
            },
            {"indent": number, "offset": number, "border": number},
        ),
    }
)
RICH_TEXT = structure({"type": one_of("rich_text"), "elements": array(_RICH_PART, most=100)}, {"block_id": string(255)})

_CELL = typed(
    {
        "raw_text": structure({"type": one_of("raw_text"), "text": string(3000)}),
        "raw_number": structure({"type": one_of("raw_number"), "value": number}, {"text": string(3000)}),
        "rich_text": RICH_TEXT,
    }
)
_COLUMN = structure({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean})
TABLE = structure(
    {"type": one_of("table"), "rows": array(array(_CELL, most=20), most=100)},
    {"block_id": string(255), "column_settings": array(_COLUMN, most=20)},
)
