"""Rows to learn from: shards, mixtures, augmentations, splits, converters."""
