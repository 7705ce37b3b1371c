"""The bot: tells people in Slack what the connector found out, and writes down who took it.

    app → listeners/* | ticker | poster | people → views/* → lifecycle

`views` and `lifecycle` are pure. The connector is met in the store: it appends facts, the bot turns them into alerts.
"""
