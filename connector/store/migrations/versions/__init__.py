"""One module per revision, named by its number and purpose."""
