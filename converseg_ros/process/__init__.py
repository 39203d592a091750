"""A process round a node: start, end, memory."""
