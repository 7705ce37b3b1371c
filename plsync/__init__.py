"""The front door: the `plsync` command, configuration, and the wiring of every room."""
