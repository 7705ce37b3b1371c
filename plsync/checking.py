"""What `plsync check` looks at: everything the configuration and the mappings point at. Writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from connector.errors import PlsyncError
from connector.model import ACCOUNTS, FactSource, ObjectSpec
from connector.rules.linting import lint
from connector.schemas import missing_fields, unsuitable_fields
from plsync import exits
from plsync.binding import binding_problems
from plsync.connections import Connection
from plsync.defining import defined
from plsync.lanes import lanes
from plsync.motions import alarms, motions
from plsync.overdue import silent, waiting_plan
from plsync.punctuality import late_rungs, unzoned, words
from plsync.relations import account_columns
from plsync.running import FULL
from plsync.wiring import Plsync


@dataclass(frozen=True)
class Finding:
    """What one check found: no problems is good. `code` is the exit code they lead to; notes lead to none."""

    what: str
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()
    code: int = exits.CONFIGURATION


def check(plsync: Plsync) -> Iterator[Finding]:
    """Configuration and mappings were read to get here; now everything they point at."""
    mappings = plsync.folder.mappings
    yield Finding(f"configuration and {len(mappings)} mappings", tuple(_configured(plsync)), tuple(_unused(plsync)))
    yield _asked("warehouse: relations, columns and keys", plsync.warehouse.check)
    for name, (warehouse, _) in plsync.sources.items():
        if name != ACCOUNTS:
            yield _asked(f"warehouse: {name}, columns and keys", warehouse.check)
    yield _asked("store: reachable and at this version", partial(_store, plsync))
    yield _scheduled(plsync)
    yield _defined(plsync)
    yield _motion(plsync)
    for name, connection in plsync.connections.items():
        yield _asked(f"{name}: reachable, bound, fields present and unique", partial(_crm, plsync, connection))
    if (section := plsync.config.slack) is not None:
        from plsync import slack

        yield _punctual(plsync)
        yield _asked("slack: tokens, bound, channels", partial(slack.problems, plsync, section))


def _asked(what: str, ask: Callable[[], list[str]]) -> Finding:
    try:
        return Finding(what, tuple(ask()))
    except PlsyncError as error:
        return Finding(what, tuple(exits.advice(error)), code=exits.code_of(error))


def _configured(plsync: Plsync) -> Iterator[str]:
    if not plsync.mappings:
        yield "no mapping goes to a CRM of the configuration: add [salesforce] or [hubspot], or a mapping"
    declared = account_columns(plsync.config)
    for name, stages in plsync.config.funnel.items():
        for key, stage in stages.items():
            if stage.column not in declared:
                yield (
                    f'funnel.{name}.{key}: column "{stage.column}" is not declared in [warehouse.accounts.columns]; '
                    "declare it, correct the name, or drop the stage"
                )


def _unused(plsync: Plsync) -> Iterator[str]:
    for mapping in plsync.folder.mappings:
        if mapping.destination not in plsync.connections:
            yield f"mappings/{mapping.name}.toml is not used: the configuration has no [{mapping.destination}]"


def _store(plsync: Plsync) -> list[str]:
    plsync.store.require_current()
    return []


def _scheduled(plsync: Plsync) -> Finding:
    """A plan that waits is a matter of approval (3), a lane that does not run one of a system that is down (4)."""
    what, now = "schedule: no plan waits, no lane is late", plsync.clock()
    try:
        waiting = waiting_plan(plsync.store, plsync.guards)
        # A lane whose plan waits does run; that nobody approves it is said already.
        watched = [lane for lane in lanes(plsync) if not (waiting and lane.name == FULL)]
        still = [*silent(plsync.store, watched, plsync.connections, now).values()]
    except PlsyncError:
        return Finding(what, (), ("not known without a store",))
    told = [waiting.words(now)] if waiting else []
    if waiting and waiting.is_alarm(now):
        return Finding(what, (*told, *still), code=exits.REFUSED)
    return Finding(what, tuple(still), tuple(told), exits.UNAVAILABLE)


def _defined(plsync: Plsync) -> Finding:
    """Whether the definitions are those that were agreed on; what is worth a second thought in them is a note."""
    what = "definitions: documented, reviewed in time"
    warnings = lint(plsync.folder.definitions)
    try:
        found = defined(plsync)
    except PlsyncError:
        return Finding(what, (), ("not known without a store", *warnings))
    versions = ", ".join(f"{one.name} {one.version}" for one in found)
    problems = tuple(finding for one in found for finding in one.findings)
    return Finding(what, problems, (f"versions: {versions}", *warnings))


def _motion(plsync: Plsync) -> Finding:
    """How many accounts have no motion, counted now (B3)."""
    what = "motion: known of the accounts that should have one"
    try:
        motion = motions(plsync)
    except PlsyncError:
        return Finding(what, (), ("not known without the warehouse",))
    if motion is None:
        return Finding(what, (), ("not configured: no rule, or no date of a stage",))
    told = tuple(alarms(plsync, motion))
    return Finding(what, told, () if told else (motion.words,))


def _punctual(plsync: Plsync) -> Finding:
    """A rung that did not fire is a matter of a bot that is down (4); a zone that nobody said is worth knowing."""
    what, notes = "clocks: every rung fired in its time", tuple(unzoned(plsync.folder.clocks))
    try:
        late = late_rungs(plsync.store, plsync.clock())
    except PlsyncError:
        return Finding(what, (), ("not known without a store", *notes))
    return Finding(what, tuple(map(words, late)), notes, exits.UNAVAILABLE)


def _crm(plsync: Plsync, connection: Connection) -> list[str]:
    crm = connection.destination
    call = plsync.caller(crm.name)
    problems = binding_problems(plsync.store, crm.name, call(crm.identity))
    described: dict[str, ObjectSpec] = {}

    def describe(name: str) -> ObjectSpec:
        if name not in described:
            described[name] = call(lambda: crm.describe(name))
        return described[name]

    for mapping in plsync.mappings:
        if mapping.destination == crm.name:
            spec = describe(mapping.object)
            problems += missing_fields(mapping, spec) + unsuitable_fields(mapping, spec)
    for source in plsync.folder.definitions.fact_sources:
        if source.crm == crm.name:
            problems += _fact_source(source, describe(source.object))
    return problems


def _fact_source(source: FactSource, spec: ObjectSpec) -> list[str]:
    named = {*source.where, *source.unless, source.at, source.active_at, source.due}
    named |= {source.link_key, source.link_email}
    return [
        f"mappings/crm_state.toml: {source.crm} {source.object} has no field {name} (fact {source.kind}); "
        "correct the name, or drop the row"
        for name in sorted(field for field in named if field and field not in spec.fields)
    ]
