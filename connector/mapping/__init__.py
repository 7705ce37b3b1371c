"""What goes where: mapping files as frozen values, and the coercion of values to the fields they go into.

`fields` holds the values, `reading` builds them from a parsed file, `coercion` makes a warehouse value canonical.
"""
