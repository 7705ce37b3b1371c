"""The bot: tells people in Slack what the connector found out, writes down who took it, and keeps the clocks.

    app → listeners/* | ticker → poster | clockwork | people → views/* → sla · lifecycle

`views`, `sla`, `lifecycle` and `rights` are pure. The connector is met in the store: it appends facts, the bot turns
them into alerts.
"""
