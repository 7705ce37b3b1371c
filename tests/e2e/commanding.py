"""Commands in the world of a trial: its configuration as a file, and what they print as JSON."""

from __future__ import annotations

import json
from typing import Any

from benchmarks.ours import document_of
from benchmarks.proof.world import World
from tests.front.door import run


def told(made: World, *words: str) -> tuple[int, Any]:
    """A command's exit code and what it prints as JSON; its advice where it prints none."""
    config = made.folder / "config.toml"
    config.write_text(toml(document_of(made.job())), encoding="utf-8")
    ran = run(*words, "--json", "--config", str(config))
    return ran.code, json.loads(ran.out) if ran.out else ran.err


def toml(document: dict[str, Any]) -> str:
    """A configuration file: each top-level key on its line, tables inline."""
    return "\n".join(f"{key} = {_inline(value)}" for key, value in document.items())


def _inline(value: Any) -> str:
    if not isinstance(value, dict):
        return json.dumps(value)
    return "{" + ", ".join(f"{json.dumps(key)} = {_inline(each)}" for key, each in value.items()) + "}"
