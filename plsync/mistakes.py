"""What is wrong with the configuration, in sentences: each names file and key and, where it can, the key meant."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

TABLES = ("model_type", "dict_type", "model_attributes_type")
CHOICES = ("enum", "literal_error")


def sentence(origin: str, model: type[BaseModel], problem: Mapping[str, Any]) -> str:
    """One of pydantic's problems with a file read into `model`. Values are shown only where they are choices."""
    place: Sequence[str] = [str(part) for part in problem["loc"]]
    key = ".".join(place)
    match problem["type"]:
        case "extra_forbidden":
            return f'{origin}: unknown key "{key}"{_meant(place[-1], _known_keys(model, place[:-1]))}'
        case "missing":
            return f"{origin}: {key} is missing; config.example.toml shows it with its default and meaning"
        case "value_error":
            return f"{origin}: {key}: {problem['ctx']['error']}"
        case kind if kind in TABLES:
            return f"{origin}: {key} must be a table; config.example.toml shows what belongs in it"
        case kind if kind in CHOICES:
            return f'{origin}: {key} must be {problem["ctx"]["expected"]}, not "{problem["input"]}"'
        case _:
            return f"{origin}: {key}: {problem['msg'].replace('Input should be', 'it must be')}"


def _meant(word: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f'; did you mean "{near[0]}"?' if near else ""


def _known_keys(kind: Any, place: Sequence[str]) -> list[str]:
    """The keys of the section at `place`; a dictionary's keys are the user's own."""
    for part in place:
        kind = _inside(kind, part)
    return list(kind.model_fields) if _is_section(kind) else []


def _inside(kind: Any, part: str) -> Any:
    if not _is_section(kind):
        return get_args(kind)[1]  # the values of a dictionary
    inner = kind.model_fields[part].annotation
    optional = get_origin(inner) in (Union, UnionType)
    return next(one for one in get_args(inner) if one is not type(None)) if optional else inner


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
