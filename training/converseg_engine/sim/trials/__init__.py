"""Truth by trial: what holds in a scene is tried out in the simulator, never guessed from a list."""
