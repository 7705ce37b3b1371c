"""The peers' virtual environments: made when first asked for, with exact versions, never mixed with ours."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
FOLDER = HERE / ".venvs"


class PeerMissing(Exception):
    """A peer could not be installed here; the message says why, and the table repeats it."""


@dataclass(frozen=True)
class Peer:
    """One contestant: how tables call it, its requirements file, the module that runs it."""

    name: str
    title: str

    @property
    def module(self) -> str:
        """What its Python runs."""
        return f"benchmarks.peers.{self.name}_client"

    @property
    def versions(self) -> str:
        """Its packages, as required."""
        lines = (HERE / "peers" / f"{self.name}.txt").read_text(encoding="utf-8").splitlines()
        return ", ".join(line.replace("==", " ") for line in lines if "==" in line)

    def python(self) -> str:
        """The interpreter of its environment. Raises PeerMissing."""
        folder = FOLDER / self.name
        python = folder / "bin" / "python"
        ready = folder / ".ready"
        wanted = (HERE / "peers" / f"{self.name}.txt").read_text(encoding="utf-8")
        if ready.exists() and ready.read_text(encoding="utf-8") == wanted:
            return str(python)
        self._do([sys.executable, "-m", "venv", str(folder)])
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]
        self._do([*install, str(HERE / "peers" / f"{self.name}.txt")])
        ready.write_text(wanted, encoding="utf-8")
        return str(python)

    def _do(self, command: list[str]) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - venv and pip
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
            raise PeerMissing(f"{self.title} could not be installed: {last[:200]}")


DRT = Peer("drt", "drt")
CUMULUSCI = Peer("cumulusci", "CumulusCI REST")
DLT = Peer("dlt", "dlt + hubspot-api-client")
NAIVE = Peer("naive", "naive loop")
PEERS = (DRT, CUMULUSCI, DLT, NAIVE)
