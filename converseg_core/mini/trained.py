"""Which part answers: the scene reader on rendered pictures, detected things and stuff on photos."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from converseg_core.mini.cells import CellNetwork, SeenCells, scaled
from converseg_core.mini.detector import Detection
from converseg_core.mini.evidence import read_words
from converseg_core.mini.language import LanguageEncoder
from converseg_core.mini.photo import PhotoAnswer, PhotoFrame, PhotoReader
from converseg_core.mini.scene.network import SceneNetwork, SeenScene
from converseg_core.mini.selection import Box, Candidate
from converseg_core.mini.stretches import sureness


@dataclass(frozen=True)
class Decision:
    """A mask (H, W) bool, all False for nothing; probabilities, NaN where nothing was calibrated."""

    mask: NDArray[np.bool_]
    presence: float
    confidence: float


@dataclass(frozen=True)
class TrainedFrame:
    """What the parts know about a picture; ``scene`` is None for photos, and without a scene reader."""

    cells: SeenCells
    photo: PhotoFrame
    scene: SeenScene | None


class TrainedAnswerer:
    """Scene reader and photo reader behind one question; a bundle may come without the former."""

    def __init__(
        self,
        *,
        cells: CellNetwork,
        reader: PhotoReader,
        language: LanguageEncoder,
        scene: SceneNetwork | None = None,
    ) -> None:
        self._cells, self._reader, self._language, self._scene = cells, reader, language, scene

    def encode(
        self,
        image_hwc: NDArray[np.uint8],
        *,
        semantic: NDArray[np.float32],
        middle: NDArray[np.float32],
        further: Mapping[str, NDArray[np.float32]],
        detections: Sequence[Detection],
        things: Sequence[Detection],
        mask_of_box: Callable[[Box], NDArray[np.bool_]],
    ) -> TrainedFrame:
        """The picture's side; arguments as in :meth:`CellNetwork.encode` and :class:`PhotoFrame`.

        Args:
            detections: of the detector whose features the networks read.
            things: what all detectors together found.
        """
        cells = self._cells.encode(
            image_hwc, semantic=semantic, middle=middle, further=further, detections=detections
        )
        candidates = tuple(Candidate(item.name, item.score, item.box) for item in things)
        scene = None
        if cells.rendered and self._scene is not None:
            scene = self._scene.encode(image_hwc, semantic=semantic, middle=middle, further=further)
        sure_k = sureness(cells.shares_khw, cells.present_k)
        photo = PhotoFrame(image_hwc, candidates, cells.shares_khw, sure_k, mask_of_box)
        return TrainedFrame(cells, photo, scene)

    def read_photo(self, frame: TrainedFrame, prompt: str) -> PhotoAnswer | None:
        """What the photo reader alone says; None where the words are near nothing known."""
        understood = self._reader.understand(prompt)
        return None if understood is None else self._reader.answer(frame.photo, understood)

    def answer(self, frame: TrainedFrame, prompt: str) -> Decision | None:
        """One prompt on one picture; None where the words are near nothing known."""
        if self._scene is not None and frame.scene is not None:
            meant = self._scene.answer(frame.scene, read_words(self._language, prompt))
            return Decision(meant.mask(frame.photo.image), meant.presence, meant.confidence)
        found = self.read_photo(frame, prompt)
        if found is None:
            return None
        present = self._calibrated("photo_presence", found.evidence)
        good = self._calibrated(f"photo_{found.route}", found.sureness)
        return Decision(found.mask, present, good if found.mask.any() else 1.0 - present)

    def _calibrated(self, name: str, probability: float) -> float:
        calibration = self._cells.calibrations.get(name)
        return math.nan if calibration is None else scaled(logit(probability), calibration)


def logit(probability: float) -> float:
    """Log odds, within what a float can say."""
    clipped = min(max(probability, 1e-4), 1 - 1e-4)
    return math.log(clipped / (1 - clipped))
