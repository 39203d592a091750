"""From other people's checkpoints to our bundles: nothing executed, every tensor accounted for."""
