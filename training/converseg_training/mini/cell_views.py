"""Views of photos as the cell classifier reads them: frozen features and class maps, kept on disk.

    python -m converseg_training.mini.cell_views --bundle BUNDLE --panoptic P --instances I --out OUT

Run it again to go on. In the photos with instances nobody drew stuff: those with all things labelled serve to
find the principal directions of the features, and all of them for what ``stuff --teachers`` tells of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from converseg_core.mini.cell_features import GRIDS, cell_features
from converseg_core.mini.detector import decode, detector_input
from converseg_core.mini.evidence import MIN_PAINTED_SCORE, paint, shrink
from converseg_core.mini.lexicon import NAMES
from converseg_core.mini.nanodet import nanodet_input
from converseg_core.mini.weights import open_graph
from converseg_training.mini.answers import NUM_FOLDS
from converseg_training.mini.other_photos import other_photos
from converseg_training.mini.photo_views import Photo, panoptic_photos, view

NUM_VIEWS = 10
NUM_OTHER_VIEWS = 5
UNKNOWN = 255
# Principal directions that are kept of each layer.
SIZES = {"semantic": 128, "middle": 64, "nano32": 96, "nano16": 64, "nano8": 48}
GRID_OF = {"semantic": (12, 16), "middle": (24, 32), **{name: grid for name, (_, grid) in GRIDS.items()}}
_DIRECTIONS_NAME = "directions.npz"
_SAMPLES_A_LAYER = 80
_SEED, _OTHER_SEED = 7, 8


class FrozenDetectors:
    """Both detectors of a bundle, for their features."""

    def __init__(self, bundle: Path) -> None:
        self._detector = open_graph(bundle / "detector.onnx", bundle / "detector.npz")
        self._nanodet = open_graph(bundle / "nanodet.onnx", bundle / "nanodet.npz")

    def layers(
        self, image_hwc: NDArray[np.uint8]
    ) -> tuple[dict[str, NDArray[np.float32]], NDArray[np.float32]]:
        """(C, h, w) of each layer of :data:`SIZES`, and (80, 24, 32) painted detections."""
        raw = [np.asarray(item) for item in self._detector.run(None, {"image": detector_input(image_hwc)})]
        nano = [np.asarray(item) for item in self._nanodet.run(None, {"image": nanodet_input(image_hwc)})]
        found = {name: value[0] for name, value in cell_features(nano[-len(GRIDS) :]).items()}
        found |= {"semantic": raw[12][0], "middle": raw[13][0]}
        return found, paint(decode(raw[:12], min_score=MIN_PAINTED_SCORE))


class Directions:
    """Principal directions of each layer, scaled to unit variance."""

    def __init__(self, arrays: Mapping[str, NDArray[np.float32]]) -> None:
        self.arrays = dict(arrays)

    @classmethod
    def fit(cls, detectors: FrozenDetectors, photos: list[Photo]) -> Directions:
        """From some cells of some photos."""
        samples: dict[str, list[NDArray[np.float32]]] = {name: [] for name in SIZES}
        rng = np.random.default_rng(0)
        for photo in photos:
            for name, layer in detectors.layers(photo.image)[0].items():
                cells = layer.reshape(len(layer), -1).T
                samples[name].append(cells[rng.permutation(len(cells))[:_SAMPLES_A_LAYER]])
        arrays: dict[str, NDArray[np.float32]] = {}
        for name, parts in samples.items():
            rows = np.concatenate(parts)
            mean = rows.mean(axis=0)
            values, vectors = np.linalg.eigh(np.cov((rows - mean).T.astype(np.float64)))
            scale = np.sqrt(np.maximum(values[::-1][: SIZES[name]], 1e-6))
            arrays[f"{name}_mean"] = mean
            arrays[f"{name}_basis"] = np.asarray(vectors[:, ::-1][:, : SIZES[name]] / scale, np.float32)
        return cls(arrays)

    @classmethod
    def load(cls, cache: Path) -> Directions:
        """Those that lie in a cache."""
        with np.load(cache / _DIRECTIONS_NAME) as stored:
            return cls({name: stored[name] for name in stored.files})

    def save(self, cache: Path) -> None:
        """Write them into a cache."""
        np.savez(cache / _DIRECTIONS_NAME, **self.arrays)  # type: ignore[arg-type, unused-ignore]

    def project(self, name: str, layer_chw: NDArray[np.float32]) -> NDArray[np.float16]:
        """(C, h, w) -> (D, rows, columns) on the classifier's grid."""
        mean, basis = self.arrays[f"{name}_mean"], self.arrays[f"{name}_basis"]
        low = np.tensordot(basis.T, layer_chw - mean[:, None, None], axes=1).transpose(1, 2, 0)
        rows, columns = GRID_OF[name]
        wide = cv2.resize(np.ascontiguousarray(low), (columns, rows), interpolation=cv2.INTER_LINEAR)
        return np.asarray(wide.transpose(2, 0, 1), np.float16)


def class_map(photo: Photo) -> NDArray[np.uint8]:
    """(48, 64) number of the class in ``NAMES`` that covers most of a cell; UNKNOWN where none does."""
    shares = np.zeros((len(NAMES) + 1, 48, 64), np.float32)
    for item in photo.segments:
        part = cv2.resize(item.mask.astype(np.float32), (64, 48), interpolation=cv2.INTER_AREA)
        shares[NAMES.index(item.name)] += part
    shares[-1] = 0.3
    best = shares.argmax(axis=0)
    return np.where(best == len(NAMES), UNKNOWN, best).astype(np.uint8)


def photo_paths(cache: Path, *, without_fold: int | None = None, only_fold: int | None = None) -> list[Path]:
    """Files of the photos; folds count them in the order of their names, modulo five."""
    paths = sorted(cache.glob("photo-*.npz"))
    return [
        path
        for place, path in enumerate(paths)
        if (without_fold is None or place % NUM_FOLDS != without_fold)
        and (only_fold is None or place % NUM_FOLDS == only_fold)
    ]


def other_paths(cache: Path) -> list[Path]:
    """Photos in which nobody drew stuff."""
    return sorted(cache.glob("instances-*.npz")) + sorted(cache.glob("persons-*.npz"))


def write_views(
    path: Path,
    detectors: FrozenDetectors,
    directions: Directions,
    photo: Photo,
    number: int,
    *,
    has_stuff: bool = True,
) -> None:
    """All views of one photo in one file; it appears whole."""
    columns: dict[str, list[NDArray[np.generic]]] = {}
    for k in range(NUM_VIEWS if has_stuff else NUM_OTHER_VIEWS):
        seen = view(photo, k, np.random.default_rng((_SEED if has_stuff else _OTHER_SEED, number, k)))
        layers, painted = detectors.layers(seen.image)
        row: dict[str, NDArray[np.generic]] = {
            "small": shrink(seen.image),
            "painted": np.rint(painted * 255).astype(np.uint8),
            "labels": class_map(seen),
            **{name: directions.project(name, layer) for name, layer in layers.items()},
        }
        if not has_stuff:
            row["sought"] = np.array([name in photo.labelled for name in NAMES])
        for name, value in row.items():
            columns.setdefault(name, []).append(value)
    temporary = path.with_name(f".{path.name}")
    with temporary.open("wb") as stream:
        np.savez(stream, **{name: np.stack(values) for name, values in columns.items()})  # type: ignore[arg-type, unused-ignore]
    temporary.replace(path)


def main() -> None:
    """Do what is not done yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--panoptic", type=Path, required=True)
    parser.add_argument("--instances", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    ort.set_default_logger_severity(3)
    args.out.mkdir(parents=True, exist_ok=True)
    detectors = FrozenDetectors(args.bundle)
    photos = panoptic_photos(args.panoptic)
    others = other_photos(args.instances, photos[0][1].kinds)
    if not (args.out / _DIRECTIONS_NAME).exists():
        Directions.fit(detectors, [photo for _, photo in others[0]]).save(args.out)
    directions = Directions.load(args.out)
    ours = [(f"photo-{Path(name).stem}", photo) for name, photo in photos]
    for has_stuff, group in ((True, ours), *((False, group) for group in others)):
        for number, (name, photo) in enumerate(group):
            path = args.out / f"{name}.npz"
            if not path.exists():
                write_views(path, detectors, directions, photo, number, has_stuff=has_stuff)
                print(path.name, flush=True)


if __name__ == "__main__":
    main()
