"""A recorded bag as a live camera and a live person."""
