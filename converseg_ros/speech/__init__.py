"""The speech node: sound in, instructions out."""
