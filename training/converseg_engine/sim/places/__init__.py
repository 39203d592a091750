"""Places: furniture as fixtures, level regions to put things on, clutter that physics has settled."""
