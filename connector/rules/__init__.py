"""Who should do what about an account, and why: pure functions from values to values.

`definitions` turns the mapping files into one value, `decide` tells the story of one account, `handoff` says when a
decision becomes an alert, `merge` what may be written to a field.
"""
