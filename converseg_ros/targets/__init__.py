"""Masks and depth to targets in metres."""
