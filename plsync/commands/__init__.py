"""One module per command: what it does and how it is shown. Each returns its exit code."""
