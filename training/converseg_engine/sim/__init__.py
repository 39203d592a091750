"""Simulated tabletop scenes: pictures with exact masks, and questions with exact answers."""
