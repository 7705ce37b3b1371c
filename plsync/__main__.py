"""`python -m plsync`."""

from plsync.cli import main

main()
