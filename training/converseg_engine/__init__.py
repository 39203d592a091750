"""Data engines: scenes and prompts with exact truth."""
