"""Which part answers: the fusion network on rendered pictures, detected things and stuff on photos.

On a photo whose prompt is near nothing known, the fusion network answers too. A bundle without that network
answers by detected things and stuff alone, and says so where it does not know the words.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from converseg_core.mini.detector import Detection
from converseg_core.mini.evidence import read_prompt
from converseg_core.mini.fusion import FusedImage, FusionNetwork, scaled
from converseg_core.mini.language import LanguageEncoder
from converseg_core.mini.photo import PhotoAnswer, PhotoFrame, PhotoReader
from converseg_core.mini.selection import Box, Candidate


@dataclass(frozen=True)
class Decision:
    """A mask (H, W) bool, all False for nothing; probabilities, NaN where nothing was calibrated."""

    mask: NDArray[np.bool_]
    presence: float
    confidence: float


@dataclass(frozen=True)
class TrainedFrame:
    """What both parts know about a picture."""

    fused: FusedImage
    photo: PhotoFrame


class TrainedAnswerer:
    """Fusion network and photo reader behind one question."""

    def __init__(
        self,
        *,
        fusion: FusionNetwork,
        reader: PhotoReader,
        language: LanguageEncoder,
        names_ke: NDArray[np.float32],
    ) -> None:
        self._fusion, self._reader, self._language, self._names_ke = fusion, reader, language, names_ke

    def encode(
        self,
        image_hwc: NDArray[np.uint8],
        *,
        semantic: NDArray[np.float32],
        middle: NDArray[np.float32],
        detections: Sequence[Detection],
        things: Sequence[Detection],
        mask_of_box: Callable[[Box], NDArray[np.bool_]],
    ) -> TrainedFrame:
        """The picture's side; arguments as in :meth:`FusionNetwork.encode` and :class:`PhotoFrame`.

        Args:
            detections: of the detector whose features the networks read.
            things: what all detectors together found.
        """
        fused = self._fusion.encode(image_hwc, semantic=semantic, middle=middle, detections=detections)
        candidates = tuple(Candidate(item.name, item.score, item.box) for item in things)
        return TrainedFrame(fused, PhotoFrame(image_hwc, candidates, fused.cells_khw, mask_of_box))

    def read_photo(self, frame: TrainedFrame, prompt: str) -> PhotoAnswer | None:
        """What the photo reader alone says; None where the words are near nothing known."""
        understood = self._reader.understand(prompt)
        return None if understood is None else self._reader.answer(frame.photo, understood)

    def answer(self, frame: TrainedFrame, prompt: str) -> Decision | None:
        """One prompt on one picture; None where no part knows anything near the words."""
        height, width = frame.photo.image.shape[:2]
        if not (frame.fused.rendered and self._fusion.answers):
            found = self.read_photo(frame, prompt)
            if found is not None:
                present = self._calibrated("photo_presence", found.evidence)
                good = self._calibrated(f"photo_{found.route}", found.sureness)
                return Decision(found.mask, present, good if found.mask.any() else 1.0 - present)
            if not self._fusion.answers:
                return None
        fused = self._fusion.answer(frame.fused, read_prompt(self._language, prompt, self._names_ke))
        mask = fused.mask((height, width))
        if fused.presence < 0.5 or not mask.any():
            return Decision(np.zeros_like(mask), fused.presence, 1.0 - fused.presence)
        return Decision(mask, fused.presence, fused.confidence)

    def _calibrated(self, name: str, probability: float) -> float:
        calibration = self._fusion.calibrations.get(name)
        return math.nan if calibration is None else scaled(logit(probability), calibration)


def logit(probability: float) -> float:
    """Log odds, within what a float can say."""
    clipped = min(max(probability, 1e-4), 1 - 1e-4)
    return math.log(clipped / (1 - clipped))
