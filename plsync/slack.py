"""The bot, built from configuration; and what `check` asks of Slack. Imported only where Slack is configured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from slack_sdk import WebClient

from bot.app import SYSTEM, Bot
from bot.calendars import needed_years, with_holidays
from bot.refusals import FAILURES, Ending, access_error, understand
from bot.settings import BotSettings
from bot.sla.policy import EXPANSION
from connector.errors import TransientError
from connector.model import Tier
from connector.rules.reading import nearest
from connector.rules.segments import UNKNOWN_SIZE
from plsync import config as cfg
from plsync.binding import binding_problems
from plsync.wiring import Plsync


def build_bot(plsync: Plsync, section: cfg.Slack) -> Bot:
    """The bot of the configured workspace. Connects nowhere until it is started or ticked."""
    clocks = plsync.folder.clocks
    settings = BotSettings(
        environment=plsync.config.environment,
        hot_channel=section.hot_channel,
        fyi_channel=section.fyi_channel,
        ops_channel=section.ops_channel,
        funnels=tuple(plsync.funnels),
        policies=clocks.policies,
        roster=with_holidays(clocks.roster, needed_years(plsync.clock())),
        flood=clocks.flood,
        channels=section.channels,
    )
    return Bot(client_of(section), plsync.store, plsync.measured, plsync.clock, settings)


def client_of(section: cfg.Slack) -> WebClient:
    """A client that never repeats a call by itself (slack B4)."""
    return WebClient(section.bot_token.get_secret_value(), base_url=section.base_url, retry_handlers=[])


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
        client.apps_connections_open(app_token=section.app_token.get_secret_value())  # a ticket, which we let lapse
        joined = _channels(client)
    wanted = {
        "hot_channel": section.hot_channel,
        "fyi_channel": section.fyi_channel,
        "ops_channel": section.ops_channel,
        **{f'channels."{name}"': channel for name, channel in section.channels.items()},
    }
    return (
        binding_problems(plsync.store, SYSTEM, team)
        + _misnamed(plsync, section)
        + [
            f"slack.{key}: the bot cannot post to #{name}; create the channel and invite the app, or name another"
            for key, name in wanted.items()
            if name not in joined
        ]
    )


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


def _channels(client: WebClient) -> set[str]:
    """Names and ids of the channels the bot is in."""
    found: set[str] = set()
    cursor = ""
    while True:
        page = client.conversations_list(types="public_channel,private_channel", limit=200, cursor=cursor)
        channels: list[dict[str, object]] = page["channels"]
        found |= {str(c[key]) for c in channels for key in ("id", "name") if c.get("is_member")}
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return found
