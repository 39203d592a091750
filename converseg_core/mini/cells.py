"""The cell classifier at run time: what each cell of a picture shows, and whether it looks rendered."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from converseg_core.bundle import BundleError
from converseg_core.bundle.manifest import Calibration
from converseg_core.mini.detector import Detection
from converseg_core.mini.evidence import normalised, paint, shrink

MIN_RENDERED = 0.4
"""Photos lie about -1, rendered pictures about 1; a photo must not be taken for one of these."""
CELL_ROLES = {"cells": "cells.onnx", "cells_table": "cells.json"}


@dataclass(frozen=True)
class SeenCells:
    """What all prompts of a picture share.

    Attributes:
        shares_khw: (133, 48, 64) share of each class of ``lexicon.NAMES`` in each cell.
        rendered: True where the picture looks computer-made.
        present_k: (133,) about the chance that the picture shows each class at all, from its features as a
            whole; may lie beyond [0, 1].
    """

    shares_khw: NDArray[np.float32]
    rendered: bool
    present_k: NDArray[np.float32]


class CellNetwork:
    """The graph, and the scalings of what is said about photos."""

    def __init__(self, session: Any, calibrations: Mapping[str, Calibration]) -> None:
        self._session, self.calibrations = session, calibrations

    @classmethod
    def from_files(cls, paths: Mapping[str, Path]) -> CellNetwork:
        """Open the files of a bundle, by the roles of ``CELL_ROLES``.

        Raises:
            BundleError: a file is not what it should be.
        """
        try:
            content = json.loads(paths["cells_table"].read_text(encoding="utf-8"))["calibrations"]
            calibrations = {name: Calibration(**value) for name, value in content.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            text = f"{paths['cells_table']}: not a table of scalings ({error}); build the model again"
            raise BundleError(text) from error
        return cls(open_session(paths["cells"]), calibrations)

    def encode(
        self,
        image_hwc: NDArray[np.uint8],
        *,
        semantic: NDArray[np.float32],
        middle: NDArray[np.float32],
        further: Mapping[str, NDArray[np.float32]],
        detections: Sequence[Detection],
    ) -> SeenCells:
        """One picture.

        Args:
            image_hwc: (H, W, 3) uint8 RGB.
            semantic: (1, 1280, 10, 10) deep features of the detector.
            middle: (1, 576, 19, 19) finer ones.
            further: the other detector's features, as ``cell_features`` gives them.
            detections: with scores from ``MIN_PAINTED_SCORE`` on.
        """
        feed = {
            "pixels": normalised(shrink(image_hwc)),
            "semantic": semantic,
            "middle": middle,
            "painted": paint(detections)[np.newaxis],
            **further,
        }
        shares, rendered, present = self._session.run(["shares", "rendered", "present"], feed)
        return SeenCells(
            np.asarray(shares[0], np.float32),
            bool(np.asarray(rendered).reshape(-1)[0] > MIN_RENDERED),
            np.asarray(present[0], np.float32),
        )


def scaled(logit: float, calibration: Calibration) -> float:
    """Calibrated probability of a logit."""
    value = calibration.slope * logit + calibration.offset
    return 1.0 / (1.0 + math.exp(-min(max(value, -60.0), 60.0)))


def open_session(path: Path) -> ort.InferenceSession:
    """A graph that was trained here.

    Raises:
        BundleError: the file is no graph.
    """
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises its own undocumented classes, all derived from Exception
        raise BundleError(f"{path}: cannot be opened ({error}); build the model again") from error
