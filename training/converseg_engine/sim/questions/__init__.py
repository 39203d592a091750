"""Questions about a view, with answers that are known and, by a margin, not in doubt."""
