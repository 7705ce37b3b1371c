"""What people do in Slack: each listener makes it durable, answers Slack, and hands on."""
