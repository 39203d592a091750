"""Makes finders and pools from plain options; heavy packages are imported here and not before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from converseg_engine.vlm.masks.protocol import MaskPool, RegionFinder

if TYPE_CHECKING:
    from converseg_engine.vlm.networks.sam2 import Sam2

_SAM2: dict[tuple[str, str, str], Sam2] = {}
"""Finder and pool share one network, and with it the encoding of each image."""


def _sam2(path: str, device: str, dtype: str) -> Sam2:
    from converseg_engine.vlm.networks.sam2 import Sam2

    key = (path, device, dtype)
    if key not in _SAM2:
        _SAM2[key] = Sam2(Path(path), device=device, dtype=dtype)
    return _SAM2[key]


def grounding_dino_sam2(
    *,
    detector_path: str,
    segmenter_path: str,
    device: str = "cpu",
    dtype: str = "float32",
    min_score: float = 0.25,
    max_boxes: int = 10,
) -> RegionFinder:
    """Grounding DINO finds boxes, SAM 2 segments them."""
    from converseg_engine.vlm.masks.boxes import BoxThenMask
    from converseg_engine.vlm.networks.grounding_dino import GroundingDino
    from converseg_engine.vlm.networks.sam2 import Sam2Segmenter

    detector = GroundingDino(
        Path(detector_path), device=device, dtype=dtype, min_score=min_score, max_boxes=max_boxes
    )
    return BoxThenMask(detector=detector, segmenter=Sam2Segmenter(_sam2(segmenter_path, device, dtype)))


def owlv2_sam2(
    *,
    detector_path: str,
    segmenter_path: str,
    device: str = "cpu",
    dtype: str = "float32",
    min_score: float = 0.15,
    max_boxes: int = 10,
) -> RegionFinder:
    """OWLv2 finds boxes, SAM 2 segments them."""
    from converseg_engine.vlm.masks.boxes import BoxThenMask
    from converseg_engine.vlm.networks.owlv2 import Owlv2
    from converseg_engine.vlm.networks.sam2 import Sam2Segmenter

    detector = Owlv2(
        Path(detector_path), device=device, dtype=dtype, min_score=min_score, max_boxes=max_boxes
    )
    return BoxThenMask(detector=detector, segmenter=Sam2Segmenter(_sam2(segmenter_path, device, dtype)))


def sam3(
    *,
    model_path: str,
    device: str = "cpu",
    dtype: str = "float32",
    min_score: float = 0.3,
    max_instances: int = 10,
) -> RegionFinder:
    """SAM 3 finds and segments by words alone."""
    from converseg_engine.vlm.networks.sam3 import Sam3

    return Sam3(
        Path(model_path), device=device, dtype=dtype, min_score=min_score, max_instances=max_instances
    )


def sam2_pool(
    *,
    segmenter_path: str,
    device: str = "cpu",
    dtype: str = "float32",
    points_per_side: int = 32,
    points_per_batch: int = 64,
    min_score: float = 0.8,
    min_stability: float = 0.92,
    max_overlap: float = 0.7,
) -> MaskPool:
    """SAM 2 on a grid of points."""
    from converseg_engine.vlm.networks.sam2 import PoolSettings, Sam2Pool

    settings = PoolSettings(
        points_per_side=points_per_side,
        points_per_batch=points_per_batch,
        min_score=min_score,
        min_stability=min_stability,
        max_overlap=max_overlap,
    )
    return Sam2Pool(_sam2(segmenter_path, device, dtype), settings)


def segmentation_model(*, name: str, device: str = "auto", min_confidence: float = 0.0) -> RegionFinder:
    """A model of this project, by name or bundle folder."""
    from converseg_engine.vlm.masks.segmentation_model import build

    return build(name=name, device=device, min_confidence=min_confidence)


def oracle(
    *,
    shards: str,
    split: str = "train",
    miss: float = 0.0,
    half: float = 0.0,
    seed: int = 0,
) -> RegionFinder:
    """The truth of simulated scenes, for rehearsals; also a pool."""
    from converseg_engine.vlm.scripted.oracle import Oracle, OracleRates
    from converseg_engine.vlm.scripted.truth import book_of_shards

    rates = OracleRates(miss=miss, half=half, seed=seed)
    return Oracle(book_of_shards(Path(shards), split), rates)
