"""Pictures in a row with exact truth on each: what a tracker or a bag is judged on.

Kinds: "moving camera" (nothing else moves), "moved object" (a hand carries the target to another
place), "occlusion" (a hand passes between camera and target), "leaves view" (the camera turns away
from the target and back). Whatever the kind, the camera is a little unsteady.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import mujoco
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.camera import Camera
from converseg_engine.sim.camera_paths import (
    CameraPath,
    away_and_back,
    draw_shake,
    eased,
    orbiting,
    standing,
)
from converseg_engine.sim.hand import HAND, hand_builder, hand_frame, place_hand
from converseg_engine.sim.handling import Handler, Move, draw_move, works
from converseg_engine.sim.places.rigs import draw_place_camera
from converseg_engine.sim.places.world import build_world, settle_place
from converseg_engine.sim.render import Renderer, View
from converseg_engine.sim.sensor import CameraSensor, draw_sensor
from converseg_engine.sim.world import World

KINDS = ("moving camera", "moved object", "occlusion", "leaves view")
MIN_TARGET_SHARE, MAX_TARGET_SHARE = 0.004, 0.15
MAX_ATTEMPTS = 16
_SEQUENCE_STREAM, _NOISE_STREAM = 2_000_011, 2_000_012


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture and its truth.

    Attributes:
        index: from 0.
        time_s: since the first frame.
        camera: pose and intrinsics.
        rgb: (H, W, 3) uint8 as the camera gives it, with its noise.
        depth_m: (H, W) float32 along the optical axis, exact; 0 where there is nothing.
        owner: (H, W) int16 object number, BACKGROUND or ``HAND``.
        part: (H, W) int16 part within the object, -1 outside objects.
        mask: (H, W) bool, the target's visible pixels; empty while it is hidden or out of the picture.
        in_view: whether some of the target's surface lies in the picture, hidden or not.
    """

    index: int
    time_s: float
    camera: Camera
    rgb: NDArray[np.uint8]
    depth_m: NDArray[np.float32]
    owner: NDArray[np.int16]
    part: NDArray[np.int16]
    mask: NDArray[np.bool_]
    in_view: bool


@dataclass(frozen=True, eq=False)
class Sequence:
    """A sequence that can be played any number of times, always the same.

    Attributes:
        seed, kind, num_frames, rate_hz: what it was made from.
        world: the scene before anything moved.
        target: object number of what is to be followed.
    """

    seed: int
    kind: str
    num_frames: int
    rate_hz: float
    world: World
    target: int
    _renderer: Renderer
    _path: CameraPath
    _move: Move | None
    _passing: _Passing | None
    _sensor: CameraSensor

    @property
    def length_s(self) -> float:
        """From the first frame to the last."""
        return (self.num_frames - 1) / self.rate_hz

    def frames(self) -> Iterator[Frame]:
        """Render the frames one by one; the renderer must be open, and of the sequence's size."""
        data = mujoco.MjData(self.world.model)
        mujoco.mj_forward(self.world.model, data)
        world = replace(self.world, data=data)
        handler = Handler(world, data, self._move, length_s=self.length_s)
        body = self.world.model.body(f"object{self.target}").id
        local = self.world.objects[self.target].vertices()

        def cameras() -> Iterator[Camera]:
            # The renderer asks for a camera just before it draws: the world moves on here.
            for index in range(self.num_frames):
                t = index / max(1, self.num_frames - 1)
                camera = self._path(t)
                handler.advance_to(index / self.rate_hz)
                if self._passing is not None:
                    place_hand(world.model, data, *self._passing.hand(camera, t))
                    mujoco.mj_forward(world.model, data)
                yield camera

        for index, view in enumerate(self._renderer.views(world, cameras())):
            points = local @ data.xmat[body].reshape(3, 3).T + data.xpos[body]
            noise = np.random.default_rng([self.seed, _NOISE_STREAM, index])
            yield Frame(
                index=index,
                time_s=index / self.rate_hz,
                camera=view.camera,
                rgb=self._sensor.take(noise, view.rgb),
                depth_m=view.depth_m,
                owner=view.owner,
                part=view.part,
                mask=view.owner == self.target,
                in_view=_in_picture(view.camera, points),
            )


def _in_picture(camera: Camera, points: NDArray[np.float64]) -> bool:
    pixels, depth = camera.project(points)
    inside = (depth > 0.05) & (pixels > -0.5).all(axis=1)
    return bool((inside & (pixels < (camera.width - 0.5, camera.height - 0.5)).all(axis=1)).any())


@dataclass(frozen=True, eq=False)
class _Passing:
    """A hand that crosses the line of sight.

    Attributes:
        point: (3,) where it crosses, world metres.
        side: from the left (-1) or from the right (1) of the picture.
        span_m: how far beside the line it starts and ends.
        start, stop: when, as shares of the sequence.
        tilt: how much the fingers point up.
    """

    point: NDArray[np.float64]
    side: float
    span_m: float
    start: float
    stop: float
    tilt: float

    def hand(self, camera: Camera, t: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Position and rotation of the hand: in to the middle, a moment there, and out again."""
        right, down, forward = camera.rotation.T
        ease_in = eased((t - self.start) / (0.4 * (self.stop - self.start)))
        ease_out = eased((t - self.stop + 0.4 * (self.stop - self.start)) / (0.4 * (self.stop - self.start)))
        away = self.side * self.span_m * (1 - ease_in + ease_out)
        fingers = -self.side * right - self.tilt * down
        return self.point + away * right, hand_frame(fingers, -forward)


def _choose(
    rng: np.random.Generator, world: World, view: View, renderer: Renderer, kind: str, *, length_s: float
) -> tuple[int, Move | None] | None:
    """A movable thing that is well seen, and for "moved object" one that can be carried."""
    height, width = view.owner.shape
    area = height * width
    fitting = []
    for index, item in enumerate(world.objects):
        rows, columns = np.nonzero(view.owner == index)
        if item.fixed or not MIN_TARGET_SHARE * area < rows.size < MAX_TARGET_SHARE * area:
            continue
        if rows.min() > 2 and columns.min() > 2 and rows.max() < height - 3 and columns.max() < width - 3:
            fitting.append(index)
    for k in rng.permutation(len(fitting)):
        index = fitting[int(k)]
        if kind != "moved object":
            return index, None
        move = draw_move(rng, world, index, view.camera)
        if move is not None and works(world, move, length_s=length_s):
            return index, move
    return None


def make_sequence(
    seed: int,
    renderer: Renderer,
    *,
    kind: str,
    num_frames: int,
    rate_hz: float = 10.0,
    width: int,
    height: int,
    place: str | None = None,
    split: str = "test",
) -> Sequence:
    """Draw a place, a target, and what happens; a pure function of its arguments.

    Args:
        seed: the scene and everything in it.
        renderer: of the size ``width`` x ``height``; it is kept for ``frames``.
        kind: one of ``KINDS``.
        num_frames: at least 2.
        rate_hz: frames a second.
        width: pixels.
        height: pixels.
        place, split: as for ``make_place_world``.

    Raises:
        ValueError: an argument is out of its range, or no scene of this seed offers such a sequence.
    """
    if kind not in KINDS:
        raise ValueError(f"kind: {kind!r} is none of {', '.join(KINDS)}")
    if num_frames < 2 or rate_hz <= 0:
        raise ValueError("num_frames, rate_hz: at least 2 frames and a rate above zero are needed")
    length_s = (num_frames - 1) / rate_hz
    if kind == "moved object" and length_s < 2.0:
        raise ValueError("num_frames: a hand needs 2 s to carry a thing; take more frames or a lower rate")
    for attempt in range(MAX_ATTEMPTS):
        rng = np.random.default_rng([seed, _SEQUENCE_STREAM, KINDS.index(kind), attempt])
        settled = settle_place(int(rng.integers(2**31)), place=place, split=split)
        hand = hand_builder(rng, curl_rad=0.55 if kind == "moved object" else 0.12)
        world = build_world(settled, extras=hand)
        _, start = draw_place_camera(rng, world, width=width, height=height)
        view = next(renderer.views(world, [start]))
        chosen = _choose(rng, world, view, renderer, kind, length_s=length_s)
        if chosen is None:
            continue
        target, move = chosen
        vertices = world.vertices(target)
        middle = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
        shake = draw_shake(rng, length_s=length_s)
        passing = None
        if kind == "occlusion":
            passing = _draw_passing(rng, start, middle)
        if kind == "moving camera":
            path = orbiting(rng, start, middle, shake)
        elif kind == "leaves view":
            path = away_and_back(rng, start, middle, shake)
        else:
            path = standing(start, shake)
        if not _path_is_good(world, target, path, renderer, kind):
            continue
        sensor = replace(draw_sensor(rng, width=width), motion_px=0.0)
        return Sequence(seed, kind, num_frames, rate_hz, world, target, renderer, path, move, passing, sensor)
    raise ValueError(f"seed: {seed} offers no {kind!r} sequence; choose another")


def _draw_passing(rng: np.random.Generator, start: Camera, middle: NDArray[np.float64]) -> _Passing:
    way = middle - start.position
    far = float(np.linalg.norm(way))
    share = float(rng.uniform(0.55, 0.75)) if far < 1.0 else 1 - float(rng.uniform(0.25, 0.4)) / far
    point = start.position + share * way
    depth = float((point - start.position) @ start.rotation[:, 2])
    half_width = depth * start.width / 2 / start.intrinsics[0, 0]
    begin, end = float(rng.uniform(0.1, 0.2)), float(rng.uniform(0.75, 0.9))
    return _Passing(
        point,
        float(rng.choice([-1, 1])),
        2 * half_width + 0.15,
        begin,
        end,
        float(rng.uniform(-0.3, 0.6)),
    )


def _path_is_good(world: World, target: int, path: CameraPath, renderer: Renderer, kind: str) -> bool:
    """Whether the camera nowhere runs into something, and keeps the target where it should."""
    shares = np.linspace(0.0, 1.0, 5)
    for t, view in zip(shares, renderer.views(world, [path(float(t)) for t in shares]), strict=True):
        seen = int(np.count_nonzero(view.owner == target))
        nearest = float(np.min(view.depth_m[view.depth_m > 0], initial=np.inf))
        if nearest < 0.08:
            return False
        gone = kind == "leaves view" and 0.0 < t < 1.0
        if not gone and seen < 0.5 * MIN_TARGET_SHARE * view.owner.size:
            return False
        if kind == "leaves view" and t == 0.5 and seen:
            return False
    return True


__all__ = ["HAND", "KINDS", "Frame", "Sequence", "make_sequence"]
