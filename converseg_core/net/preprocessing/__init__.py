"""From arrays and words to network inputs, without torch."""
