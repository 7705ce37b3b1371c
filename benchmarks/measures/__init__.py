"""One module per group of bars; each gives its findings for a size."""
