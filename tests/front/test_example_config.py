"""config.example.toml is the reference: every key of the model is in it, no other, each with its real default."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from connector.funnel.metrics import default_funnels
from plsync.config import Config, FunnelStage
from tests.front.door import EXAMPLE

TEXT = EXAMPLE.read_text(encoding="utf-8")
ALL = re.sub(r"^# (?=\w+ = |\[)", "", TEXT, flags=re.MULTILINE)  # what is commented out counts too
SYSTEM = "the system's"  # how the file words the default of a certificate bundle


def kinds_of(annotation: Any) -> tuple[Any, ...]:
    """The alternatives of an annotation, None left out."""
    if get_origin(annotation) in (Union, UnionType):
        return tuple(one for one in get_args(annotation) if one is not type(None))
    return (annotation,)


def sections(model: type[BaseModel], place: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Every table of the model with its place in the file; dictionaries have the user's own keys."""
    yield place, model
    for name, field in model.model_fields.items():
        for kind in kinds_of(field.annotation):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from sections(kind, f"{place}.{name}".lstrip("."))


def table(place: str) -> dict[str, Any]:
    """A table of the file, commented-out keys included."""
    found: dict[str, Any] = tomllib.loads(ALL)
    for part in place.split(".") if place else ():
        found = found[part]
    return found


@pytest.mark.parametrize(("place", "model"), list(sections(Config)))
def test_file_and_model_have_the_same_keys(place: str, model: type[BaseModel]) -> None:
    """Each table of the file has exactly the keys the program knows."""
    assert set(table(place)) == set(model.model_fields)


def stated() -> Iterator[tuple[str, str, str, str]]:
    """(table, key, value, remark) of every line that assigns a plain value."""
    place = ""
    for line in ALL.splitlines():
        if header := re.match(r"\[(.+?)\]", line):
            place = header[1]
        elif said := re.match(r'(\w+) = ("[^"]*"|[\d.]+|\{\})(?:\s+# (.*))?$', line):
            yield place, said[1], said[2], said[3] or ""


def model_of(place: str) -> type[BaseModel] | None:
    return dict(sections(Config)).get(place)


def default_in(value: str, remark: str) -> str | None:
    """The default a line states: in words, or the value itself; None where it states none."""
    if words := re.search(r"Default: (\"[^\"]*\"|the system's|\S+)|default: (\S+)", remark):
        return (words[1] or words[2]).strip('"')
    return value.strip('"') if re.search(r"\bdefault\b", remark) else None


def test_every_stated_default_is_the_real_one() -> None:
    """A default that a comment states is the one the program takes, and every key that has one states it."""
    compared = 0
    for place, key, value, remark in stated():
        model = model_of(place)
        if model is None:
            continue  # columns and stages are the user's own keys
        default = model.model_fields[key].default
        told = default_in(value, remark)
        if told is not None:
            assert told == (SYSTEM if default is None else str(default)), f"{place}.{key}"
            compared += 1
        else:
            assert default in (PydanticUndefined, None), f"{place}.{key} has a default the file does not state"
    assert compared >= 14


def test_the_example_funnels_are_the_default() -> None:
    """Both funnels of the file are those taken when it has none."""
    written = tomllib.loads(TEXT)["funnel"]
    defaults = default_funnels()
    assert list(written) == list(defaults)
    for name, funnel in defaults.items():
        stages = {key: FunnelStage(**body) for key, body in written[name].items()}
        assert [(s.name, s.label, s.column) for s in funnel.stages] == [
            (key, stage.label, stage.column) for key, stage in stages.items()
        ]
