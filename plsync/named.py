"""Values that are named in the file, not written: `env:NAME` and `file:PATH` are followed when the file is loaded."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

NAMED = ("env", "file")


def follow(name: str) -> str:
    """What `env:NAME` or `file:PATH` leads to. Raises ValueError with what to do when it leads nowhere."""
    scheme, _, place = name.partition(":")
    if scheme == "env":
        if not os.environ.get(place):
            raise ValueError(f"the environment variable {place} is not set; export it, or name another with env:NAME")
        return os.environ[place]
    if scheme == "file":
        return _content(Path(place).expanduser())
    raise ValueError("a secret is named, never written here: use env:NAME or file:PATH")


def _content(path: Path) -> str:
    try:
        content = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise ValueError(f"there is no file {path}; create it, or name another with file:PATH") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ValueError(f"the file {path} cannot be read: {reason}") from None
    if not content:
        raise ValueError(f"the file {path} is empty; write the secret into it, or name another with file:PATH")
    return content


def _secret(value: SecretStr) -> SecretStr:
    return SecretStr(follow(value.get_secret_value()))


def _url(value: str) -> str:
    """A URL with a password is a secret too, so it may be named; one without may stand in the file."""
    url = follow(value) if value.partition(":")[0] in NAMED else value
    if "://" not in url:
        raise ValueError("write it as sqlite:///path or dialect://user:password@host/database, or name it: env:NAME")
    return url


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise ValueError(f"there is no file {path}; correct the path, or leave the key out to trust the system's")
    return path


Secret = Annotated[SecretStr, AfterValidator(_secret)]
DatabaseUrl = Annotated[str, AfterValidator(_url), Field(repr=False)]
CaBundle = Annotated[Path, AfterValidator(_existing)]
