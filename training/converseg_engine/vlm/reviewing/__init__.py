"""A person's judgement of accepted and rejected rows, and what it says about the verifier."""
