"""From a torch bundle to ONNX graphs that run without torch, and how close they come."""
