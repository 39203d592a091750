"""Rows looked at by a person: contact sheets with masks and evidence, and the verdicts on them."""
