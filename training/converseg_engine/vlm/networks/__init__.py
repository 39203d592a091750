"""Detectors and segmenters of transformers; needs the extra ``vlm`` (torch, transformers)."""
