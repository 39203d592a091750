"""What makes ConverSeg-Net trainable: LoRA, losses, batches, bundles."""
