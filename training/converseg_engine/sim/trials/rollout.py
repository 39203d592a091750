"""Letting time pass on a bench: shoves, and how far things went."""

from __future__ import annotations

from collections.abc import Callable, Collection

import mujoco
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.trials.bench import TIMESTEP_S, Bench
from converseg_engine.sim.trials.subject import Vector

STEPS_A_LOOK = 5
"""Steps between two looks at the state: 25 ms, in which a falling thing moves 3 mm."""
CALM_M_S = 0.004
CALM_RAD_S = 0.04
"""Slower than this for ``NUM_CALM_LOOKS`` looks, everything is at rest."""
NUM_CALM_LOOKS = 3
MIN_RUN_S = 0.1
"""What starts to topple from a balance needs some time until it shows."""
NUM_BEARINGS = 8


class Track:
    """Where one free object of a bench started, and how far it is from there now."""

    def __init__(self, bench: Bench, index: int) -> None:
        self._bench, self._body = bench, bench.body(index)
        low, high = bench.bounds(index)
        corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)]) * (high - low) + low
        rotation = bench.data.xmat[self._body].reshape(3, 3)
        self._local = (corners - bench.data.xpos[self._body]) @ rotation
        self._start = corners
        self.low, self.high = low, high
        self.start_com: NDArray[np.float64] = bench.data.xipos[self._body].copy()
        self._start_rotation = rotation.copy()

    @property
    def com(self) -> NDArray[np.float64]:
        """Its centre of mass now, world metres."""
        now: NDArray[np.float64] = self._bench.data.xipos[self._body].copy()
        return now

    @property
    def travel_m(self) -> float:
        """Level distance of its centre of mass from where it started."""
        return float(np.linalg.norm((self.com - self.start_com)[:2]))

    @property
    def dropped_m(self) -> float:
        """How far its centre of mass came down."""
        return float(self.start_com[2] - self._bench.data.xipos[self._body][2])

    @property
    def tilt_rad(self) -> float:
        """Angle between what pointed up at the start and up."""
        turn = self._bench.data.xmat[self._body].reshape(3, 3) @ self._start_rotation.T
        return float(np.arccos(np.clip(turn[2, 2], -1.0, 1.0)))

    @property
    def rotation(self) -> NDArray[np.float64]:
        """(3, 3) rotation of its frame now."""
        now: NDArray[np.float64] = self._bench.data.xmat[self._body].reshape(3, 3).copy()
        return now

    def shifts(self) -> NDArray[np.float64]:
        """(8, 3) displacement of the corners of the box round it, metres."""
        rotation = self._bench.data.xmat[self._body].reshape(3, 3)
        moved: NDArray[np.float64] = (
            self._local @ rotation.T + self._bench.data.xpos[self._body] - self._start
        )
        return moved


def turn_vector(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3,) axis of a small turn between two rotations, world frame; its length is the angle, radians."""
    step = after @ before.T
    found: NDArray[np.float64] = (
        np.array([step[2, 1] - step[1, 2], step[0, 2] - step[2, 0], step[1, 0] - step[0, 1]]) / 2
    )
    return found


def bearings(bench: Bench, index: int) -> NDArray[np.float64]:
    """(8, 2) level unit directions, the first along an axis of the object: boxes are hit flat."""
    rotation = bench.data.xmat[bench.body(index)].reshape(3, 3)
    axis = rotation[:2, int(np.argmax(np.linalg.norm(rotation[:2], axis=0)))]
    angles = np.arctan2(axis[1], axis[0]) + np.arange(NUM_BEARINGS) * 2 * np.pi / NUM_BEARINGS
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def shove(
    bench: Bench, index: int, bearing: NDArray[np.float64], speed_m_s: float, *, height_m: float
) -> None:
    """A blow that gives an object, were it free in space, this speed of its centre of mass.

    The blow is level and its line passes ``height_m`` above (below: negative) the centre of mass, in
    the upright plane through it: momentum m v, and turning I^-1 (r x m v).
    """
    model, data, body = bench.model, bench.data, bench.body(index)
    velocity = np.array([bearing[0] * speed_m_s, bearing[1] * speed_m_s, 0.0])
    frame = data.ximat[body].reshape(3, 3)
    moment = float(model.body_mass[body]) * height_m * np.array([-velocity[1], velocity[0], 0.0])
    turning = frame @ ((frame.T @ moment) / model.body_inertia[body])
    start = 6 * (body - 1)
    offset = data.xpos[body] - data.xipos[body]
    data.qvel[start : start + 3] += velocity + np.cross(turning, offset)
    data.qvel[start + 3 : start + 6] += data.xmat[body].reshape(3, 3).T @ turning


def run(
    bench: Bench,
    *,
    limit_s: float,
    until: Callable[[], bool] | None = None,
    watch: Collection[int] | None = None,
) -> bool:
    """Steps until ``until`` says so, everything is at rest, or the time is up.

    Args:
        bench: what to step.
        limit_s: longest time, simulated seconds.
        until: looked at every ``STEPS_A_LOOK`` steps; True ends the run.
        watch: the objects whose rest ends the run; all that are free, tools too, where it is left out.

    Returns:
        Whether they had come to rest.
    """
    model, data = bench.model, bench.data
    speeds = data.qvel.reshape(-1, 6)
    rows = [k for k, index in enumerate(bench.movable) if watch is None or index in watch]
    rows += range(len(bench.movable), len(speeds)) if watch is None else ()
    calm, num_looks = 0, round(limit_s / (TIMESTEP_S * STEPS_A_LOOK))
    for k in range(1, num_looks + 1):
        mujoco.mj_step(model, data, STEPS_A_LOOK)
        now = np.abs(speeds[rows])
        slow = now[:, :3].max(initial=0.0) < CALM_M_S and now[:, 3:].max(initial=0.0) < CALM_RAD_S
        calm = calm + 1 if slow else 0
        if until is not None and until():
            return calm >= NUM_CALM_LOOKS
        if calm >= NUM_CALM_LOOKS and k * STEPS_A_LOOK * TIMESTEP_S >= MIN_RUN_S:
            return True
    return calm >= NUM_CALM_LOOKS


def level(direction: Vector) -> NDArray[np.float64] | None:
    """The level unit vector of a direction; None where it points straight up or down."""
    length = float(np.linalg.norm(direction[:2]))
    return None if length < 1e-6 else np.asarray(direction[:2]) / length
