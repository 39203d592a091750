"""What is wrong with a node's inputs: recognised, said on ``/diagnostics``, logged with the fix."""
