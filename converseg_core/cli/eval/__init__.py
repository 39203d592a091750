"""``converseg eval``: measure, compare, validate."""
