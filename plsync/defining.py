"""The definitions of this configuration: recorded as they take effect, and held against what was agreed (I13)."""

from __future__ import annotations

from collections.abc import Mapping

from connector.funnel.metrics import Funnel
from connector.rules.governance import Defined, judge
from connector.rules.parts import FUNNEL, version
from connector.store import definitions
from plsync.wiring import Plsync


def versions(plsync: Plsync) -> dict[str, str]:
    """The version of every definition, that of the funnels included."""
    return {**plsync.folder.definitions.versions, FUNNEL: funnel_version(plsync.funnels)}


def funnel_version(funnels: Mapping[str, Funnel]) -> str:
    """Moves with a funnel's stages and what dates them; a label is only a label."""
    return version({name: [[stage.name, stage.column] for stage in one.stages] for name, one in funnels.items()})


def take_effect(plsync: Plsync) -> None:
    """Note the definitions a sync is going to work by, where they are news, with what was agreed of them."""
    now_in_force, agreed = versions(plsync), plsync.folder.agreed
    documented = {
        name: agreed.of(name).as_json() for name, one in now_in_force.items() if agreed.of(name).version == one
    }
    with plsync.store.write() as conn:
        definitions.record(conn, now_in_force, documented, plsync.clock())


def defined(plsync: Plsync) -> list[Defined]:
    """Every definition as it stands. Raises StoreError."""
    with plsync.store.read() as conn:
        past = definitions.past(conn)
    return judge(versions(plsync), plsync.folder.agreed, past, plsync.clock().date())


def undocumented(plsync: Plsync) -> list[Defined]:
    """The definitions that changed without anybody's word: an alarm (I13). Raises StoreError."""
    return [one for one in defined(plsync) if one.undocumented]
