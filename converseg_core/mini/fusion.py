"""The trained fusion network at run time: image side once, prompt side once a prompt."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from converseg_core.bundle import BundleError
from converseg_core.bundle.manifest import Calibration
from converseg_core.mini.detector import Detection
from converseg_core.mini.evidence import NUM_WORDS, PromptEvidence, normalised, paint, shrink

CELL_ROLES = {"fusion_cells": "cells.onnx", "fusion": "fusion.json"}
GRAPH_ROLES = {"fusion_image": "image.onnx", "fusion_prompt": "prompt.onnx"}
FUSION_ROLES = {**GRAPH_ROLES, **CELL_ROLES}
FEATURES = ("f2", "f4", "f8", "visual", "meaning")
_OUTPUTS = ("mask_logits", "presence_logit", "quality_logit")


@dataclass(frozen=True)
class FusedImage:
    """What all prompts of a picture share.

    Attributes:
        features: inputs of the prompt side.
        cells_khw: (133, 48, 64) share of each class of ``lexicon.NAMES`` in each cell.
        rendered: True where the picture looks computer-made.
    """

    features: Mapping[str, NDArray[np.float32]]
    cells_khw: NDArray[np.float32]
    rendered: bool


@dataclass(frozen=True)
class FusedAnswer:
    """One answer of the network.

    Attributes:
        logits: (96, 128) mask logits over the stretched picture; above 0 is inside.
        presence: calibrated probability that something fits.
        confidence: calibrated probability that the mask is right (IoU of at least 0.5), given presence.
    """

    logits: NDArray[np.float32]
    presence: float
    confidence: float

    def mask(self, size_hw: tuple[int, int]) -> NDArray[np.bool_]:
        """(H, W) bool at the picture's own size; sampled at pixel centres."""
        wide = cv2.resize(self.logits, size_hw[::-1], interpolation=cv2.INTER_LINEAR)
        return np.asarray(wide > 0.0)


class FusionNetwork:
    """The graphs that were trained here, and their calibrations.

    The cell classifier is always there; image and prompt side of the fusion network may be missing.
    """

    def __init__(
        self,
        *,
        sessions: Mapping[str, ort.InferenceSession],
        names_ke: NDArray[np.float32],
        calibrations: Mapping[str, Calibration],
    ) -> None:
        self._sessions = sessions
        self._names_ke = names_ke
        self.calibrations = calibrations

    @classmethod
    def from_files(cls, paths: Mapping[str, Path], *, names_ke: NDArray[np.float32]) -> FusionNetwork:
        """Open the files of a bundle.

        Args:
            paths: role of ``CELL_ROLES``, and of ``GRAPH_ROLES`` where there is a network, -> file.
            names_ke: (80, 384) unit vectors of the detector's class names.

        Raises:
            BundleError: a file is not what it should be.
        """
        try:
            content = json.loads(paths["fusion"].read_text(encoding="utf-8"))["calibrations"]
            calibrations = {name: Calibration(**value) for name, value in content.items()}
            if set(GRAPH_ROLES) <= set(paths) and not {"presence", "quality"} <= set(calibrations):
                raise KeyError("presence, quality")
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            text = f"{paths['fusion']}: not a fusion file ({error}); build the model again"
            raise BundleError(text) from error
        sessions = {role: _open(path) for role, path in paths.items() if role != "fusion"}
        return cls(sessions=sessions, names_ke=names_ke, calibrations=calibrations)

    @property
    def answers(self) -> bool:
        """True where the network itself is there, not the cell classifier alone."""
        return set(GRAPH_ROLES) <= set(self._sessions)

    def encode(
        self,
        image_hwc: NDArray[np.uint8],
        *,
        semantic: NDArray[np.float32],
        middle: NDArray[np.float32],
        detections: Sequence[Detection],
    ) -> FusedImage:
        """The image side.

        Args:
            image_hwc: (H, W, 3) uint8 RGB.
            semantic: (1, 1280, 10, 10) deep features of the detector.
            middle: (1, 576, 19, 19) finer ones.
            detections: with scores from ``MIN_PAINTED_SCORE`` on.
        """
        painted = paint(detections)[np.newaxis]
        feed = {
            "pixels": normalised(shrink(image_hwc)),
            "semantic": semantic,
            "middle": middle,
            "painted": painted,
        }
        shares, rendered = self._sessions["fusion_cells"].run(["shares", "rendered"], feed)
        features: dict[str, NDArray[np.float32]] = {"painted": painted}
        if self.answers:
            found = self._sessions["fusion_image"].run(list(FEATURES), {**feed, "names": self._names_ke})
            features |= {name: np.asarray(value) for name, value in zip(FEATURES, found, strict=True)}
        return FusedImage(
            features=features,
            cells_khw=np.asarray(shares[0], np.float32),
            rendered=bool(np.asarray(rendered).reshape(-1)[0] > 0),
        )

    def answer(self, image: FusedImage, prompt: PromptEvidence) -> FusedAnswer:
        """The prompt side."""
        words = np.zeros((1, NUM_WORDS, prompt.words_le.shape[1]), np.float32)
        words[0, : len(prompt.words_le)] = prompt.words_le
        is_word = (np.arange(NUM_WORDS) < len(prompt.words_le)).astype(np.float32)[np.newaxis]
        feed = {
            **image.features,
            "words": words,
            "is_word": is_word,
            "sentence": prompt.sentence_k[np.newaxis],
            "nearest": prompt.nearest_k[np.newaxis],
        }
        outputs = self._sessions["fusion_prompt"].run(list(_OUTPUTS), feed)
        logits, presence, quality = (np.asarray(item) for item in outputs)
        return FusedAnswer(
            logits=np.asarray(logits[0], np.float32),
            presence=scaled(float(presence.reshape(-1)[0]), self.calibrations["presence"]),
            confidence=scaled(float(quality.reshape(-1)[0]), self.calibrations["quality"]),
        )


def scaled(logit: float, calibration: Calibration) -> float:
    """Calibrated probability of a head's logit."""
    value = calibration.slope * logit + calibration.offset
    return 1.0 / (1.0 + math.exp(-min(max(value, -60.0), 60.0)))


def _open(path: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises its own undocumented classes, all derived from Exception
        raise BundleError(f"{path}: cannot be opened ({error}); build the model again") from error
