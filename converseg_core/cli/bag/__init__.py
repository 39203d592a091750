"""``converseg bag``: a model over a recorded bag."""
