"""Photos in, verified conversational training pairs out: generate, verify, audit."""
