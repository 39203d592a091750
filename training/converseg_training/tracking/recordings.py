"""Simulated sequences to practise following on, each in one file.

    python -m converseg_training.tracking.recordings --out FOLDER [--num 400] [--seed 100000]

Files that are there are left alone: run again to go on. Several runs may share the work, each with a part.
Pictures are kept as JPEG, as many cameras send them; of each pixel whose it is and which part of it, exactly.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.model import ImageHWC
from converseg_engine.sim.render import Renderer
from converseg_engine.sim.sequence import make_sequence

WIDTH, HEIGHT, RATE_HZ, LENGTH_S = 640, 480, 15.0, 8.0
_QUALITY = 95
_TURNS = (
    "moved object",
    "occlusion",
    "moved object",
    "occlusion",
    "moving camera",
    "moved object",
    "occlusion",
    "leaves view",
)
"""What a hand does is the hardest, and most of the practice."""

_FIELDS = ("images", "image_ends", "labels", "label_ends", "target", "stamps_ns")
_PARTS, _FIRST_OBJECT = 32, 8


def label(owner: NDArray[np.int16], part: NDArray[np.int16]) -> NDArray[np.uint16]:
    """(H, W) both numbers in one."""
    return ((owner.astype(np.int32) + _FIRST_OBJECT) * _PARTS + np.clip(part, -1, _PARTS - 2) + 1).astype(
        np.uint16
    )


@dataclass(frozen=True, eq=False)
class Recording:
    """One sequence.

    Attributes:
        images: (H, W, 3) uint8 RGB each.
        labels: (H, W) uint16 each, of every pixel whose it is and which part of it: see ``label``.
        target: number of the object that the sequence is about.
        stamps_ns: one for each.
    """

    images: list[ImageHWC]
    labels: list[NDArray[np.uint16]]
    target: int
    stamps_ns: list[int]

    def objects(self, index: int) -> NDArray[np.int16]:
        """(H, W) number of the object that each pixel of a frame shows; below 0: none."""
        return (self.labels[index] // _PARTS).astype(np.int16) - _FIRST_OBJECT

    def parts(self, index: int) -> NDArray[np.int16]:
        """(H, W) number of the part within the object; -1: none."""
        return (self.labels[index] % _PARTS).astype(np.int16) - 1


def kind_of(seed: int) -> str:
    """What happens in the sequence of a seed."""
    return _TURNS[seed % len(_TURNS)]


def file_of(folder: Path, seed: int) -> Path:
    """Where the sequence of a seed is kept."""
    return folder / f"{seed}.npz"


def record(folder: Path, seed: int, renderer: Renderer, *, length_s: float = LENGTH_S) -> bool:
    """Render the sequence of a seed into its file; False where the seed has none."""
    try:
        sequence = make_sequence(
            seed,
            renderer,
            kind=kind_of(seed),
            num_frames=round(length_s * RATE_HZ) + 1,
            rate_hz=RATE_HZ,
            width=WIDTH,
            height=HEIGHT,
            split="train",
        )
    except ValueError:
        return False
    images: list[NDArray[np.uint8]] = []
    labels: list[NDArray[np.uint8]] = []
    stamps_ns = []
    for frame in sequence.frames():
        bgr = cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR)
        sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
        flags = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
        images.append(np.asarray(cv2.imencode(".jpg", bgr, flags)[1], dtype=np.uint8).reshape(-1))
        coded = cv2.imencode(".png", label(frame.owner, frame.part), [cv2.IMWRITE_PNG_COMPRESSION, 3])[1]
        labels.append(np.asarray(coded, dtype=np.uint8).reshape(-1))
        stamps_ns.append(round(frame.time_s * 1e9))
    path = file_of(folder, seed)
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as stream:
        np.savez(
            stream,
            images=np.concatenate(images),
            image_ends=np.cumsum([len(one) for one in images]),
            labels=np.concatenate(labels),
            label_ends=np.cumsum([len(one) for one in labels]),
            target=np.array(sequence.target),
            stamps_ns=np.array(stamps_ns, dtype=np.int64),
        )
    temporary.replace(path)
    return True


def read_recording(path: Path) -> Recording:
    """A sequence from its file.

    Raises:
        ValueError: the file is none of ``record``.
    """
    with np.load(path) as stored:
        missing = set(_FIELDS) - set(stored.files)
        if missing:
            raise ValueError(f"{path}: {', '.join(sorted(missing))} missing; record it anew")
        images, labels = (
            [cv2.imdecode(one, cv2.IMREAD_UNCHANGED) for one in np.split(stored[name], stored[ends][:-1])]
            for name, ends in (("images", "image_ends"), ("labels", "label_ends"))
        )
        return Recording(
            images=[_rgb(np.asarray(bgr)) for bgr in images],
            labels=[np.asarray(one, dtype=np.uint16) for one in labels],
            target=int(stored["target"]),
            stamps_ns=[int(stamp_ns) for stamp_ns in stored["stamps_ns"]],
        )


def _rgb(bgr: NDArray[Any]) -> ImageHWC:
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def main() -> None:
    """Render what is missing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")
    parser.add_argument("--num", type=int, default=400)
    parser.add_argument("--seed", type=int, default=100_000)
    parser.add_argument("--length-s", type=float, default=LENGTH_S)
    parser.add_argument("--part", type=int, default=0, help="which part of the work this run does")
    parser.add_argument("--parts", type=int, default=1, help="of how many")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with Renderer(width=WIDTH, height=HEIGHT) as renderer:
        for seed in range(options.seed + options.part, options.seed + options.num, options.parts):
            if not file_of(options.out, seed).exists():
                made = record(options.out, seed, renderer, length_s=options.length_s)
                print(f"{seed} {kind_of(seed)}: {'made' if made else 'none'}", flush=True)


if __name__ == "__main__":
    main()
