"""What pictures and prompts look like to the frozen networks: computed once, kept on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from converseg_core.bundle import read_manifest
from converseg_core.mini.detector import decode, detector_input
from converseg_core.mini.evidence import MIN_PAINTED_SCORE, paint, shrink
from converseg_core.mini.language import LanguageEncoder
from converseg_core.mini.weights import open_graph
from converseg_core.mini.wordpiece import WordPieceTokenizer

SEMANTIC = "FeatureExtractor/MobilenetV2/Conv_1/Relu6"
MIDDLE = "FeatureExtractor/MobilenetV2/expanded_conv_13/expand/Relu6"
_PROJECTION_NAME = "projection.npz"


@dataclass(frozen=True)
class Projection:
    """Principal directions of the detector's features, each scaled to unit variance."""

    semantic_mean: NDArray[np.float32]
    semantic_cd: NDArray[np.float32]
    middle_mean: NDArray[np.float32]
    middle_cd: NDArray[np.float32]

    @classmethod
    def fit(cls, semantic_nc: NDArray[np.float32], middle_nc: NDArray[np.float32]) -> Projection:
        """From samples of both layers, (N, 1280) and (M, 576)."""
        return cls(*principal(semantic_nc, 128), *principal(middle_nc, 64))

    def save(self, folder: Path) -> None:
        """Write it beside the features."""
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(folder / _PROJECTION_NAME, **vars(self))

    @classmethod
    def load(cls, folder: Path) -> Projection:
        """Read it back."""
        with np.load(folder / _PROJECTION_NAME) as stored:
            return cls(**{name: stored[name] for name in stored.files})


def principal(samples_nc: NDArray[np.float32], count: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean (C,) and the first principal directions (C, count), each scaled to unit variance."""
    mean = samples_nc.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov((samples_nc - mean).T.astype(np.float64)))
    scale = np.sqrt(np.maximum(values[::-1][:count], 1e-6))
    return mean, np.asarray(vectors[:, ::-1][:, :count] / scale, np.float32)


class FrozenNetworks:
    """Detector and MiniLM of an installed ``mini`` bundle, on one thread."""

    def __init__(self, bundle: Path) -> None:
        manifest = read_manifest(bundle)
        paths = {role: bundle / item.path for role, item in manifest.files.items()}
        self.detector = open_graph(paths["detector"], paths["detector_weights"])
        self.language = LanguageEncoder(
            session=open_graph(paths["language"], paths["language_weights"]),
            tokenizer=WordPieceTokenizer.from_file(paths["vocabulary"]),
        )

    def raw(
        self, image_hwc: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Deep features (1280, 10, 10), finer ones (576, 19, 19), painted detections (80, 24, 32)."""
        names = [item.name for item in self.detector.get_outputs()]
        outputs = self.detector.run(None, {"image": detector_input(image_hwc)})
        found = dict(zip(names, outputs, strict=True))
        heads = [np.asarray(item) for item in outputs[:12]]
        painted = paint(decode(heads, min_score=MIN_PAINTED_SCORE))
        return np.asarray(found[SEMANTIC][0]), np.asarray(found[MIDDLE][0]), painted


def project(
    raw_chw: NDArray[np.float32],
    mean_c: NDArray[np.float32],
    basis_cd: NDArray[np.float32],
    size_hw: tuple[int, int],
) -> NDArray[np.float16]:
    """(C, h, w) -> (D, H, W), projected, then stretched bilinearly as ONNX's Resize (half_pixel) does."""
    low = np.tensordot(basis_cd.T, raw_chw - mean_c[:, None, None], axes=1).transpose(1, 2, 0)
    wide = cv2.resize(np.ascontiguousarray(low), size_hw[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(wide.transpose(2, 0, 1), np.float16)


@dataclass
class Pictures:
    """Pictures as the network sees them; the first axis counts pictures."""

    small: NDArray[np.uint8]
    semantic: NDArray[np.float16]
    middle: NDArray[np.float16]
    painted: NDArray[np.uint8]


def look_at(
    networks: FrozenNetworks, projection: Projection, images: Sequence[NDArray[np.uint8]]
) -> Pictures:
    """All features of some pictures."""
    rows = []
    for image in images:
        semantic, middle, painted = networks.raw(image)
        rows.append(
            (
                shrink(image),
                project(semantic, projection.semantic_mean, projection.semantic_cd, (12, 16)),
                project(middle, projection.middle_mean, projection.middle_cd, (24, 32)),
                np.rint(painted * 255).astype(np.uint8),
            )
        )
    return Pictures(*(np.stack(column) for column in zip(*rows, strict=True)))


def one_thread() -> None:
    """Keep OpenCV to one thread: the work is many small pictures."""
    cv2.setNumThreads(1)
    ort.set_default_logger_severity(3)
