"""Measuring a segmenter from outside: the driver sends frames and questions, and records what comes."""
