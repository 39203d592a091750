"""How well a mask could be carried between answers if every motion and all that covers the target were known.

    python benchmarks/tracking_bound.py [--num-of-each 10] [--sequences FOLDER]

The simulation tells where each pixel of the target lies in space, how target and camera move, and what of the
target is in sight. So the pixels of an answer are carried by the true motion into every frame in which the
tracker of ``tracking.py`` has this answer and no newer one, and those that something covers are left out.
Nothing too much is shown, and all that is missing is what the answer did not show. Mean IoU with the truth:

- *last answer*: only the pixels of the newest answer, as a way without memory has them;
- *all answers*: those of every answer so far.

*not in it*: share of the frames that count in which the newest answer had not a pixel of the target.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

import cv2
import mujoco
import numpy as np
import results
from numpy.typing import NDArray
from tracking_figures import KINDS, iou
from tracking_sequences import add_arguments, stored_sequence

from converseg_engine.sim.camera import Camera
from converseg_engine.sim.hand import place_hand
from converseg_engine.sim.handling import Handler
from converseg_engine.sim.render import Renderer
from converseg_engine.sim.sequence import make_sequence

Mask = NDArray[np.bool_]
Points = NDArray[np.float64]
_FINE = 2
"""Points of a pixel along each side: a mask that is carried nearer to the camera has no holes."""

_CLOSING = np.ones((3, 3), dtype=np.uint8)


Moment = tuple[Camera, Points, Points, NDArray[np.float32] | None]
"""Camera, the target's rotation (3, 3) and position (3,), and depth (H, W) in metres where asked for."""


def truth(sequence: Any, asked: set[int]) -> Iterator[Moment]:
    """What the simulation knows, frame by frame."""
    world, data = sequence.world, sequence.world.data
    mujoco.mj_forward(world.model, data)
    handler = Handler(world, data, sequence._move, length_s=sequence.length_s)
    body = world.model.body(f"object{sequence.target}").id
    for index in range(sequence.num_frames):
        t = index / (sequence.num_frames - 1)
        camera = sequence._path(t)
        handler.advance_to(index / sequence.rate_hz)
        if sequence._passing is not None:
            place_hand(world.model, data, *sequence._passing.hand(camera, t))
            mujoco.mj_forward(world.model, data)
        depth_m = None
        if index in asked:
            depth_m = next(sequence._renderer.views(world, [camera], shadows=False)).depth_m
        yield camera, data.xmat[body].reshape(3, 3).copy(), data.xpos[body].copy(), depth_m


def surface(
    mask: Mask, depth_m: NDArray[np.float32], camera: Camera, rotation: Points, position: Points
) -> Points:
    """(N, 3) points of the target under a mask, in its own frame, ``_FINE`` squared for each pixel."""
    rows, columns = np.nonzero(mask)
    steps = (np.arange(_FINE) + 0.5) / _FINE - 0.5
    parts = []
    for dy in steps:
        for dx in steps:
            pixels = np.stack([columns + dx, rows + dy, np.ones(rows.size)])
            local = (np.linalg.inv(camera.intrinsics) @ pixels) * depth_m[rows, columns]
            world = local.T @ camera.rotation.T + camera.position
            parts.append((world - position) @ rotation)
    return np.concatenate(parts)


def carried(points: Points, camera: Camera, rotation: Points, position: Points) -> Mask:
    """(H, W) where the points of the target are seen, if nothing covers them."""
    mask = np.zeros((camera.height, camera.width), dtype=np.uint8)
    if len(points):
        pixels, depth_m = camera.project(points @ rotation.T + position)
        at = np.rint(pixels).astype(int)
        inside = (depth_m > 0.05) & (at >= 0).all(axis=1) & (at < (camera.width, camera.height)).all(axis=1)
        mask[at[inside, 1], at[inside, 0]] = 1
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, _CLOSING) > 0)


def bounds(kind: str, seed: int, masks: list[Mask], renderer: Renderer, options: Any) -> dict[str, Any]:
    """Both bounds of one sequence."""
    sequence = make_sequence(
        seed,
        renderer,
        kind=kind,
        num_frames=len(masks),
        rate_hz=options.rate_hz,
        width=options.width,
        height=options.height,
    )
    between = round(options.latency_s * options.rate_hz)
    answers: list[Points] = []
    last, of_all, not_in_it = [], [], 0
    asked = set(range(0, len(masks), between))
    for index, (camera, rotation, position, depth_m) in enumerate(truth(sequence, asked)):
        if depth_m is not None:
            answers.append(surface(masks[index], depth_m, camera, rotation, position))
        had = index // between  # answers that are there: all but the one that is being thought about
        if had == 0 or not masks[index].any():
            continue
        not_in_it += len(answers[had - 1]) == 0
        last.append(iou(carried(answers[had - 1], camera, rotation, position) & masks[index], masks[index]))
        so_far = np.concatenate(answers[:had])
        of_all.append(iou(carried(so_far, camera, rotation, position) & masks[index], masks[index]))
    return {
        "last answer": float(np.mean(last)),
        "all answers": float(np.mean(of_all)),
        "not in it": not_in_it / len(last),
    }


def main() -> None:
    """Render, carry, write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_arguments(parser)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    rows = []
    with Renderer(width=options.width, height=options.height) as renderer:
        for kind in KINDS:
            for number in range(options.num_of_each):
                seed, sequence = options.seed + number, None
                while (sequence := stored_sequence(kind, seed, renderer, options)) is None:
                    seed += 1000
                found = bounds(kind, seed, sequence["masks"], renderer, options)
                rows.append({"kind": kind, "seed": seed} | found)
                print(rows[-1], flush=True)
    means = []
    for name, kinds in (*((kind, (kind,)) for kind in KINDS), ("all but leaves view", KINDS[:-1])):
        chosen = [row for row in rows if row["kind"] in kinds]
        means.append({"kind": name, "seed": "mean"})
        means[-1] |= {key: float(np.mean([row[key] for row in chosen])) for key in list(rows[0])[2:]}
    rows += means
    facts = results.machine() | {"model latency": f"{options.latency_s:g} s", "seeds from": options.seed}
    results.write("tracking_bound", facts, list(rows[0]), rows)


if __name__ == "__main__":
    main()
