"""The bot, built from configuration; and what `check` asks of Slack. Imported only where Slack is configured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from slack_sdk import WebClient

from bot.answers import Numbers
from bot.app import Bot
from bot.brake import StormPolicy
from bot.calendars import needed_years, with_holidays
from bot.exposure import is_group
from bot.refusals import FAILURES, Ending, access_error, understand
from bot.settings import SYSTEM, BotSettings, LinkTemplates
from bot.sla.policy import EXPANSION
from bot.zones import with_zones
from connector.errors import TransientError
from connector.lookup import look_up
from connector.model import Tier
from connector.rules.reading import nearest
from connector.rules.segments import UNKNOWN_SIZE
from plsync import config as cfg
from plsync.binding import binding_problems
from plsync.crm_dates import crm_source
from plsync.findings import findings
from plsync.measuring import measured, segment_names
from plsync.wiring import Plsync


def build_bot(plsync: Plsync, section: cfg.Slack) -> Bot:
    """The bot of the configured workspace.

    Slack is asked for the zones that people.toml does not say; nothing else is called until it is started or ticked.
    """
    clocks, client = plsync.folder.clocks, client_of(section)
    settings = BotSettings(
        environment=plsync.config.environment,
        hot_channel=section.hot_channel,
        fyi_channel=section.fyi_channel,
        ops_channel=section.ops_channel,
        funnels=tuple(plsync.funnels),
        segments=segment_names(plsync),
        funnel_for=section.funnel_for,
        profile=plsync.config.benchmark_profile,
        year_start=plsync.folder.agreed.fiscal_year_start,
        policies=clocks.policies,
        crm_clocks=clocks.crm,
        roster=with_holidays(with_zones(clocks.roster, client), needed_years(plsync.clock())),
        storm=StormPolicy(section.storm_floor, section.storm_times, section.storm_days),
        links=LinkTemplates(section.crm_urls, section.product_url),
        flood=clocks.flood,
        channels=section.channels,
    )
    numbers = Numbers(partial(measured, plsync), partial(look_up, plsync.warehouse), crm_source(plsync))
    return Bot(client, plsync.store, numbers, plsync.clock, settings, partial(findings, plsync))


def client_of(section: cfg.Slack) -> WebClient:
    """A client that never repeats a call by itself (slack B4)."""
    return WebClient(section.bot_token.get_secret_value(), base_url=section.base_url, retry_handlers=[])


def app_token_of(section: cfg.Slack) -> str:
    """The token that opens sockets, which mode "socket" always has."""
    assert section.app_token is not None
    return section.app_token.get_secret_value()


def team_of(section: cfg.Slack) -> str:
    """The workspace a token leads to. Raises AccessError, TransientError."""
    with _understood():
        return str(client_of(section).auth_test()["team_id"])


def problems(plsync: Plsync, section: cfg.Slack) -> list[str]:
    """What is wrong with tokens, binding and channels.

    Raises AccessError when Slack refuses a token, TransientError when it cannot be reached.
    """
    client = client_of(section)
    with _understood():
        team = str(client.auth_test()["team_id"])
        if section.mode == "socket":
            client.apps_connections_open(app_token=app_token_of(section))  # a ticket, which we let lapse
        channels = list(_listed(client))
        strangers = list(_nobody(client, plsync, section.funnel_for))
    wanted = {
        "hot_channel": section.hot_channel,
        "fyi_channel": section.fyi_channel,
        "ops_channel": section.ops_channel,
        **{f'channels."{name}"': channel for name, channel in section.channels.items()},
    }
    joined, shared = _names(channels, "is_member"), _names(channels, "is_ext_shared")
    unreachable = [
        f"slack.{key}: the bot cannot post to #{name}; create the channel and invite the app, or name another"
        for key, name in wanted.items()
        if name not in joined
    ]
    exposed = [
        f"slack.{key}: #{name} is shared with another organisation, which gets no account data; name another channel"
        for key, name in wanted.items()
        if name in shared
    ]
    known = [mapping.name for mapping in plsync.mappings]
    unmapped = [
        f"slack.crm_urls.{name}: there is no such mapping; configured: {', '.join(known)}"
        for name in section.crm_urls
        if name not in known
    ]
    return [
        *binding_problems(plsync.store, SYSTEM, team),
        *_misnamed(plsync, section),
        *unreachable,
        *exposed,
        *unmapped,
        *strangers,
    ]


def _misnamed(plsync: Plsync, section: cfg.Slack) -> list[str]:
    """Channels of tiers and segments there are none of."""
    segments = ["", *(f".{segment.name}" for segment in plsync.folder.definitions.segments), f".{UNKNOWN_SIZE}"]
    known = [f"{kind}{segment}" for kind in (*Tier, EXPANSION.tier) for segment in segments]
    return [
        f'slack.channels: "{name}" is no tier or segment of one; {nearest(name, known)}'
        for name in section.channels
        if name not in known
    ]


@contextmanager
def _understood() -> Iterator[None]:
    """Slack's refusals as our errors."""
    try:
        yield
    except FAILURES as error:
        refusal = understand(error)
        if refusal.ending is Ending.ACCESS:
            raise access_error(refusal) from error
        raise TransientError(f"Slack did not answer ({refusal.code})") from error


def _nobody(client: WebClient, plsync: Plsync, allowed: Sequence[str]) -> Iterator[str]:
    """Names for whom `/funnel` is meant to be, and that mean nobody."""
    named = [name.removeprefix("@") for name in allowed if is_group(name)]
    told: list[dict[str, object]] = client.usergroups_list()["usergroups"] if named else []
    groups = {str(group.get(key)) for group in told for key in ("id", "handle")}
    roles = {member.role for member in plsync.folder.clocks.roster.members.values()}
    for name in named:
        if name not in groups:
            yield f'slack.funnel_for: Slack has no user group "{name}"; write its @handle or its id'
    for name in allowed:
        if not is_group(name) and "@" not in name and name not in roles:
            yield f'slack.funnel_for: nobody in people.toml has the role "{name}"; known: {", ".join(sorted(roles))}'


def _names(channels: Sequence[dict[str, object]], mark: str) -> set[str]:
    """Names and ids of the channels that are marked so."""
    return {str(channel[key]) for channel in channels for key in ("id", "name") if channel.get(mark)}


def _listed(client: WebClient) -> Iterator[dict[str, object]]:
    """Every channel the bot sees."""
    cursor = ""
    while True:
        page = client.conversations_list(types="public_channel,private_channel", limit=200, cursor=cursor)
        yield from page["channels"]
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return
