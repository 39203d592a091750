"""Measuring a node that runs: what is measured, how the highest rate is found, what is reported."""
