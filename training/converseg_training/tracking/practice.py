"""What the tracker knew of each pixel, and whose it truly was: examples for its network.

    python -m converseg_training.tracking.practice --recordings FOLDER --out FOLDER [--network pixels.onnx]
    python -m converseg_training.tracking.practice --photos FOLDER --out FOLDER [--network pixels.onnx]

Each recording, or collage of photos with panoptic masks, is played past the tracker with a model of about a
second that answers with the truth, or with a rough one: once with what the sequence is about, and again with
a part of it, or another object. Some of the steps are kept: eight bits a value, one file a play. Files that
are there are left alone.

With ``--network`` that one decides while the examples are gathered, so that it learns from where it leads.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.answer import Answer, MaskHW, Status
from converseg_core.tracking.affine import Affine, compose
from converseg_core.tracking.colours import FloatCHW, FloatHW
from converseg_core.tracking.frames import SmallFrame
from converseg_core.tracking.memory import soft_in
from converseg_core.tracking.reading import NUM_PLANES, ColoursAlone, PixelNetwork, PixelReader, Plane
from converseg_core.tracking.replay import replay
from converseg_training.tracking.collages import make_collage, read_collage_photos
from converseg_training.tracking.recordings import LENGTH_S, Recording, read_recording

SIDE = 112
"""Examples have this many pixels on a side; what is not filled says nothing."""

_FULL, _ZERO = 127, 128
_LATENCIES_S = (0.5, 1.0, 1.0, 1.5)
_KEPT_PLAIN, _KEPT_HIDDEN, _KEPT_LOST, _SOME = 0.1, 0.35, 0.2, 0.01
_ROUGH, _MAX_ROUGHNESS = 0.3, 0.08
_LEAST_SHARE, _MOST_SHARE = 0.002, 0.2


class Recorder:
    """A reader that keeps some of what it is asked, and answers as another does."""

    def __init__(
        self, truth_of: Callable[[int], MaskHW], rng: np.random.Generator, read: PixelReader
    ) -> None:
        """``truth_of`` a stamp: (H, W) the target's pixels."""
        self.finds_again = read.finds_again
        self.kept: list[NDArray[np.uint8]] = []
        self._truth_of, self._rng, self._read = truth_of, rng, read

    def __call__(self, planes: FloatCHW, frame: SmallFrame, pose: Affine) -> FloatHW:
        """(h, w) soft mask of what is in sight."""
        following = planes[Plane.FOLLOWING].any()
        hidden = (planes[Plane.HIDDEN] * (planes[Plane.FROM_ANSWERED] > 0)).mean() > _SOME
        share = _KEPT_HIDDEN if hidden else _KEPT_PLAIN
        if self._rng.random() < (share if following else _KEPT_LOST):
            truth = soft_in(self._truth_of(frame.stamp_ns), compose(frame.to_full, pose), planes.shape[1:])
            self.kept.append(example(planes, truth))
        return self._read(planes, frame, pose)


def example(planes: FloatCHW, truth: FloatHW) -> NDArray[np.uint8]:
    """(NUM_PLANES + 1, SIDE, SIDE) of planes and the true soft mask (h, w), which comes last."""
    out = np.full((NUM_PLANES + 1, SIDE, SIDE), _ZERO, dtype=np.uint8)
    whole = np.concatenate([planes, truth[None]])[:, :SIDE, :SIDE]
    out[:, : whole.shape[1], : whole.shape[2]] = np.rint(whole * _FULL) + _ZERO
    return out


def values(examples: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The numbers of ``example`` again, to 1/127."""
    return np.asarray((examples.astype(np.float32) - _ZERO) / _FULL, dtype=np.float32)


def roughened(mask: MaskHW, rng: np.random.Generator, roughness: float) -> MaskHW:
    """The mask with its outline bent, by about ``roughness`` of its size, and a hole now and then."""
    if not mask.any():
        return mask
    height, width = mask.shape
    size = float(np.sqrt(np.count_nonzero(mask)))
    inside = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    outside = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    cells = max(2, round(max(height, width) / max(6.0, 0.4 * size)))
    coarse = rng.normal(0, 1, (cells, cells)).astype(np.float32)
    waves = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(inside - outside + roughness * size * waves > 0)


def own_target(recording: Recording) -> Callable[[int], MaskHW]:
    """What the sequence is about."""
    return lambda index: recording.objects(index) == recording.target


def another_target(recording: Recording, rng: np.random.Generator) -> Callable[[int], MaskHW] | None:
    """Some parts of what the sequence is about, or another object; None where there is none of that size."""
    objects, parts = recording.objects(0), recording.parts(0)
    own = np.unique(parts[objects == recording.target])
    if len(own) > 1 and rng.random() < 0.6:
        some = rng.permutation(own)[: rng.integers(1, len(own))]
        return lambda index: (
            (recording.objects(index) == recording.target) & np.isin(recording.parts(index), some)
        )
    numbers, areas = np.unique(objects[objects >= 0], return_counts=True)
    fitting = numbers[(areas > _LEAST_SHARE * objects.size) & (areas < _MOST_SHARE * objects.size)]
    fitting = fitting[fitting != recording.target]
    if not len(fitting):
        return None
    number = int(rng.choice(fitting))
    return lambda index: recording.objects(index) == number


def answer_of(mask: MaskHW) -> Answer:
    """What a model says that finds a mask (H, W)."""
    found = bool(mask.any())
    return Answer(
        prompt="the target",
        status=Status.OK if found else Status.NO_TARGET,
        mask=mask,
        confidence=0.9,
        no_target_score=0.0 if found else 1.0,
        model_id="truth",
        status_text="" if found else "nothing of the target is in sight",
    )


def play(
    recording: Recording,
    mask_of: Callable[[int], MaskHW],
    rng: np.random.Generator,
    read: PixelReader,
) -> list[NDArray[np.uint8]]:
    """Examples of one play of a recording; ``mask_of`` the index of a frame: (H, W) the target's pixels."""
    index_of = {stamp_ns: index for index, stamp_ns in enumerate(recording.stamps_ns)}
    roughness = float(rng.uniform(0, _MAX_ROUGHNESS)) if rng.random() < _ROUGH else 0.0

    def answer_on(index: int) -> Answer:
        mask = mask_of(index)
        if roughness:
            mask = roughened(mask, rng, roughness)
        return answer_of(mask)

    recorder = Recorder(lambda stamp_ns: mask_of(index_of[stamp_ns]), rng, read)
    replay(
        recording.images,
        recording.stamps_ns,
        answer_on,
        latency_s=float(rng.choice(_LATENCIES_S)),
        read=recorder,
    )
    return recorder.kept


def sequences(options: argparse.Namespace) -> list[tuple[int, Callable[[], Recording]]]:
    """Number of each sequence, and how to get it.

    Raises:
        ValueError: there are none.
    """
    if options.photos is not None:
        photos = read_collage_photos(options.photos)
        numbers = range(options.seed, options.seed + options.num)
        return [
            (number, partial(make_collage, photos, number, length_s=options.length_s)) for number in numbers
        ]
    paths = sorted(options.recordings.glob("*.npz"))
    if not paths:
        raise ValueError(f"--recordings: no file of tracking.recordings in {options.recordings}")
    return [(int(path.stem), partial(read_recording, path)) for path in paths]


def main() -> None:
    """Play what was not played yet."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--recordings", type=Path, help="folder of tracking.recordings")
    source.add_argument("--photos", type=Path, help="folder of photos with panoptic masks")
    parser.add_argument("--num", type=int, default=200, help="how many collages")
    parser.add_argument("--seed", type=int, default=0, help="number of the first collage")
    parser.add_argument("--length-s", type=float, default=LENGTH_S, help="of a collage")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--network", type=Path, help="the network that decides; by colours where left out")
    parser.add_argument("--part", type=int, default=0, help="which part of the sequences this run plays")
    parser.add_argument("--parts", type=int, default=1, help="of how many")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    read = ColoursAlone() if options.network is None else PixelNetwork(options.network)
    options.out.mkdir(parents=True, exist_ok=True)
    for number, get in sequences(options)[options.part :: options.parts]:
        recording = None
        for again in (0, 1):
            out = options.out / f"{number}-{again}.npy"
            if out.exists():
                continue
            recording = recording or get()
            rng = np.random.default_rng([number, again])
            mask_of = another_target(recording, rng) if again else own_target(recording)
            kept = [] if mask_of is None else play(recording, mask_of, rng, read)
            if kept:
                with out.with_suffix(".tmp").open("wb") as stream:
                    np.save(stream, np.stack(kept))
                out.with_suffix(".tmp").replace(out)
            print(f"{out.name}: {len(kept)} examples", flush=True)


if __name__ == "__main__":
    main()
