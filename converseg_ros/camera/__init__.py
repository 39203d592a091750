"""One camera: its frames, its questions, what is published about it."""
