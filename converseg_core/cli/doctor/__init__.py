"""``converseg doctor``: what is wrong with this machine's set-up, and what to do."""
