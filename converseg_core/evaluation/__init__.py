"""Measuring answers against truth."""

from converseg_core.evaluation.metrics import intersection_union, iou

__all__ = ["intersection_union", "iou"]
