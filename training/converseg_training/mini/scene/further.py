"""Beside prepared files: whole pictures and maps, NanoDet's features, meanings; run again for new files.

    python -m converseg_training.mini.scene.further --bundle MINI --sim SHARDS --cache CACHE

NanoDet runs on every picture anyway, to find things in photos. Its fine grids show small things that the
other detector's do not.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converseg_core.mini.cell_features import cell_features
from converseg_core.mini.nanodet import nanodet_input
from converseg_core.mini.scene.crops import FULL_HW, full_picture
from converseg_core.mini.weights import open_graph
from converseg_engine.shards import ImageRow, decode_mask, read_shard
from converseg_training.mini.features import one_thread, principal
from converseg_training.mini.scene.columns import write_columns
from converseg_training.mini.scene.prepare import asked_in, index_map, listed_parts

PREFIX = "further-"
SIZES: Mapping[str, int] = {"nano32": 64, "nano16": 64, "nano8": 48}
"""How many directions of each grid are kept."""
NANO = tuple(SIZES)
STEP = 1 / 32
"""Projected features have unit variance and are kept in steps of this, within four of it."""
_NUM_HEADS = 3


class NanoDet:
    """The second detector of an installed ``mini``, for its features."""

    def __init__(self, bundle: Path) -> None:
        self._session = open_graph(bundle / "nanodet.onnx", bundle / "nanodet.npz")

    def features(self, image_hwc: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """Grids of :data:`converseg_core.mini.cell_features.GRIDS`, each (1, C, h, w)."""
        outputs = self._session.run(None, {"image": nanodet_input(image_hwc)})
        return cell_features([np.asarray(item) for item in outputs[_NUM_HEADS:]])


@dataclass(frozen=True)
class NanoProjection:
    """Principal directions of each grid: mean (C,) and basis (C, D), by the grid's name."""

    means: Mapping[str, NDArray[np.float32]]
    bases: Mapping[str, NDArray[np.float32]]

    @classmethod
    def fit(cls, nanodet: NanoDet, shards: Sequence[Path]) -> NanoProjection:
        """From some pictures of some shards."""
        samples: dict[str, list[NDArray[np.float32]]] = {name: [] for name in SIZES}
        rng = np.random.default_rng(0)
        for shard in shards[:: max(1, len(shards) // 8)]:
            for row in list(read_shard(shard))[:12]:
                for name, grid in nanodet.features(row.pixels()).items():
                    flat = grid[0].reshape(len(grid[0]), -1).T
                    samples[name].append(flat[rng.permutation(len(flat))[:100]])
        fitted = {name: principal(np.concatenate(samples[name]), size) for name, size in SIZES.items()}
        return cls({name: mean for name, (mean, _) in fitted.items()}, {n: b for n, (_, b) in fitted.items()})

    def __call__(self, grids: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.int8]]:
        """Each (D, h, w), in steps of ``STEP``."""
        kept = {}
        for name in SIZES:
            moved = grids[name][0] - self.means[name][:, None, None]
            value = np.tensordot(self.bases[name].T, moved, axes=1)
            kept[name] = np.clip(np.rint(value / STEP), -127, 127).astype(np.int8)
        return kept

    def save(self, path: Path) -> None:
        """Write it."""
        arrays: dict[str, Any] = {f"{name}_mean": mean for name, mean in self.means.items()}
        arrays |= {f"{name}_basis": basis for name, basis in self.bases.items()}
        np.savez(path, **arrays)

    @classmethod
    def load(cls, path: Path) -> NanoProjection:
        """Read it back."""
        with np.load(path) as stored:
            return cls(
                {name: stored[f"{name}_mean"] for name in SIZES},
                {name: stored[f"{name}_basis"] for name in SIZES},
            )


def maps_of(row: ImageRow) -> dict[str, NDArray[np.uint8]]:
    """Maps of whole pictures, numbered as by :func:`converseg_training.mini.scene.prepare.truth_of`.

    ``owner_full`` and ``part_full`` (240, 320) hold 1 + the number of the object or part, 0 for none.
    """
    size_hw = (row.height, row.width)
    objects, parts = listed_parts(row)
    return {
        "owner_full": index_map([decode_mask(item.rle, *size_hw) for item in objects], size_hw, FULL_HW),
        "part_full": index_map([decode_mask(part.rle, *size_hw) for _, part in parts], size_hw, FULL_HW),
    }


def write_file(path: Path, shard: Path, nanodet: NanoDet, projection: NanoProjection) -> int:
    """Columns of a shard; the file appears whole."""
    rows: list[dict[str, NDArray[Any]]] = []
    pictures = list(read_shard(shard))
    meanings = [question.meaning for own in asked_in(pictures) for question in own]
    for row in pictures:
        image = row.pixels()
        rows.append({"full": full_picture(image), **maps_of(row), **projection(nanodet.features(image))})
    columns: dict[str, Any] = {name: np.stack([item[name] for item in rows]) for name in rows[0]}
    columns["meanings"] = np.array("\n".join(meanings))
    write_columns(path, columns)
    return len(rows)


def main() -> None:
    """Do what is not done yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True, help="an installed mini")
    parser.add_argument("--sim", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True, help="that `scene.prepare` wrote")
    args = parser.parse_args()
    one_thread()
    nanodet = NanoDet(args.bundle)
    path = args.cache / "nano-projection.npz"
    if not path.exists():
        NanoProjection.fit(nanodet, sorted(args.sim.glob("train-*.parquet"))).save(path)
    projection = NanoProjection.load(path)
    for split in ("val", "train", "test"):
        for prepared in sorted(args.cache.glob(f"{split}-*.npz")):
            path, shard = args.cache / (PREFIX + prepared.name), args.sim / f"{prepared.stem}.parquet"
            if shard.exists() and not path.exists():
                print(f"{path.name}: {write_file(path, shard, nanodet, projection)} pictures", flush=True)


if __name__ == "__main__":
    main()
