"""A scripted model: speaks the OpenAI protocol, knows the truth, and errs as often as it is told."""
