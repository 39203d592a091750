"""The trainer: one loop for every recipe, resumable at any step."""
