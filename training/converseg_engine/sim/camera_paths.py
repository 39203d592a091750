"""How a robot's camera moves in a sequence: carried unsteadily, round a target, or away and back."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.camera import Camera

Vector = NDArray[np.float64]
CameraPath = Callable[[float], Camera]
"""The camera at a time of the sequence, as a share of its length in [0, 1]."""


def eased(t: float) -> float:
    """0 to 1 without a jerk; outside [0, 1] it stays at the ends."""
    t = min(1.0, max(0.0, t))
    return t * t * (3 - 2 * t)


def turn_about(axis: Vector, angle_rad: float) -> Vector:
    """(3, 3) rotation about a unit axis."""
    k = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.eye(3) + math.sin(angle_rad) * k + (1 - math.cos(angle_rad)) * (k @ k)


@dataclass(frozen=True)
class Shake:
    """The unsteadiness of a carried camera: slow waves of a few millimetres and tenths of a degree."""

    phases: Vector
    shift_m: float
    tilt_rad: float
    length_s: float

    def __call__(self, camera: Camera, t: float) -> Camera:
        """The shaken camera."""
        times = 2 * math.pi * t * self.length_s * np.array([0.7, 1.1, 0.9, 0.6, 0.8, 1.3]) + self.phases
        # Nothing is shaken at the start, so that the first frame is the one that was chosen.
        waves = (np.sin(times) - np.sin(self.phases)) / 2
        rotation = camera.rotation
        for axis in range(3):
            rotation = rotation @ turn_about(np.eye(3)[axis], self.tilt_rad * float(waves[axis]))
        position = camera.position + self.shift_m * waves[3:]
        return Camera(position, rotation, camera.fov_y_deg, camera.width, camera.height)


def draw_shake(rng: np.random.Generator, *, length_s: float) -> Shake:
    """An unsteadiness for a sequence of that length."""
    return Shake(
        rng.uniform(0, 2 * math.pi, size=6),
        float(rng.uniform(0.001, 0.004)),
        math.radians(float(rng.uniform(0.1, 0.5))),
        length_s,
    )


def standing(start: Camera, shake: Shake) -> CameraPath:
    """A camera that stays where it is, but for its shake."""
    return lambda t: shake(start, t)


def orbiting(rng: np.random.Generator, start: Camera, target: Vector, shake: Shake) -> CameraPath:
    """Round the target, nearer or farther and a little up, with the target staying about where it was."""
    swing = float(rng.choice([-1, 1])) * float(rng.uniform(0.25, 0.6))
    zoom = float(rng.uniform(-0.22, 0.15))
    rise = float(rng.uniform(0.0, 0.08))

    def at(t: float) -> Camera:
        s = eased(t)
        turn = turn_about(np.array([0.0, 0.0, 1.0]), swing * s)
        offset = turn @ (start.position - target)
        position = target + (1 + zoom * s) * offset + np.array([0.0, 0.0, rise * s])
        rotation = turn @ start.rotation
        # Rising without looking further down would push the target out of the picture.
        down = math.atan2(rise * s, float(np.linalg.norm(offset)))
        rotation = rotation @ turn_about(np.array([1.0, 0.0, 0.0]), -down)
        return shake(Camera(position, rotation, start.fov_y_deg, start.width, start.height), t)

    return at


def away_and_back(rng: np.random.Generator, start: Camera, target: Vector, shake: Shake) -> CameraPath:
    """Turns aside until the target has left the picture, waits, and turns back."""
    fov_x = 2 * math.atan(math.tan(math.radians(start.fov_y_deg) / 2) * start.width / start.height)
    side = float(rng.choice([-1, 1]))
    sweep = side * (fov_x * float(rng.uniform(1.02, 1.25)))
    leave, back = float(rng.uniform(0.10, 0.18)), float(rng.uniform(0.60, 0.70))
    duration = float(rng.uniform(0.20, 0.28))

    def at(t: float) -> Camera:
        share = eased((t - leave) / duration) - eased((t - back) / duration)
        rotation = turn_about(np.array([0.0, 0.0, 1.0]), sweep * share) @ start.rotation
        return shake(Camera(start.position, rotation, start.fov_y_deg, start.width, start.height), t)

    return at
