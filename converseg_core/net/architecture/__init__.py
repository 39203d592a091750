"""Pure modules, one part a file; state, pre- and post-processing live outside."""
