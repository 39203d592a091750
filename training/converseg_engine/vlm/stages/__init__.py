"""The stages as pure functions: a question made from rows, and rows made from its reply."""
