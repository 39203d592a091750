"""A hand with its forearm: a mocap body that is seen and never felt."""

from __future__ import annotations

import math
from collections.abc import Callable

import mujoco
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.colors import RGB
from converseg_engine.sim.compile import VISIBLE_GROUP
from converseg_engine.sim.places.compile import SceneSpec

HAND = -4
"""Owner of the hand's pixels; it is no object of the scene."""

AWAY = np.array([0.0, 0.0, -6.0])
"""Where the hand waits: below the floor."""

_SKINS: tuple[RGB, ...] = (
    (0.90, 0.72, 0.60),
    (0.78, 0.57, 0.44),
    (0.58, 0.39, 0.28),
    (0.38, 0.25, 0.18),
)
_SLEEVES: tuple[RGB, ...] = ((0.20, 0.28, 0.45), (0.75, 0.75, 0.73), (0.25, 0.25, 0.26), (0.55, 0.16, 0.16))


def hand_builder(rng: np.random.Generator, *, curl_rad: float) -> Callable[[SceneSpec], None]:
    """What adds the body "hand" to a scene.

    Its frame lies in the palm: x to the fingertips, z out of the back of the hand, the arm along -x.

    Args:
        rng: draws skin, sleeve and build.
        curl_rad: how far each finger joint bends towards the palm.
    """
    skin, sleeve = _SKINS[int(rng.integers(len(_SKINS)))], _SLEEVES[int(rng.integers(len(_SLEEVES)))]
    size = float(rng.uniform(0.9, 1.08))

    def add(scene: SceneSpec) -> None:
        body = scene.spec.worldbody.add_body(name="hand", mocap=True, pos=list(AWAY))
        for name, rgb in (("skin", skin), ("sleeve", sleeve)):
            scene.spec.add_material(name=name, rgba=[*rgb, 1.0], specular=0.15, shininess=0.2)

        def piece(name: str, material: str, **options: object) -> None:
            scene.owners[f"hand/{name}"] = HAND
            body.add_geom(
                name=f"hand/{name}",
                material=material,
                contype=0,
                conaffinity=0,
                group=VISIBLE_GROUP,
                mass=0.0,
                **options,
            )

        capsule, ellipsoid = mujoco.mjtGeom.mjGEOM_CAPSULE, mujoco.mjtGeom.mjGEOM_ELLIPSOID

        def rod(name: str, material: str, a: NDArray[np.float64], b: NDArray[np.float64], r: float) -> None:
            piece(name, material, type=capsule, fromto=[*(size * a), *(size * b)], size=[size * r, 0, 0])

        piece("palm", "skin", type=ellipsoid, size=[size * 0.055, size * 0.046, size * 0.019])
        for k, (y, length) in enumerate(((-0.033, 0.9), (-0.011, 1.0), (0.011, 1.05), (0.033, 0.85))):
            at = np.array([0.042, y, 0.0])
            for joint in range(3):
                angle = curl_rad * (joint + 0.6)
                reach = (0.042, 0.028, 0.022)[joint] * length
                tip = at + reach * np.array([math.cos(angle), 0.0, -math.sin(angle)])
                rod(f"finger{k}{joint}", "skin", at, tip, 0.0095 - 0.0008 * joint)
                at = tip
        thumb = np.array([-0.02, 0.036, -0.004])
        middle = thumb + np.array([0.030, 0.030, -0.016 - 0.02 * curl_rad])
        rod("thumb0", "skin", thumb, middle, 0.012)
        rod("thumb1", "skin", middle, middle + np.array([0.030, 0.004, -0.012 - 0.02 * curl_rad]), 0.0105)
        wrist, elbow = np.array([-0.045, 0.0, 0.002]), np.array([-0.20, 0.0, 0.01])
        rod("wrist", "skin", wrist, elbow, 0.026)
        rod("sleeve", "sleeve", elbow + np.array([0.03, 0, 0]), np.array([-0.55, 0.0, 0.02]), 0.041)

    return add


def place_hand(
    model: mujoco.MjModel, data: mujoco.MjData, position: NDArray[np.float64], rotation: NDArray[np.float64]
) -> None:
    """Move the hand: world position (m) of the palm and the (3, 3) rotation of its frame."""
    index = int(model.body("hand").mocapid[0])
    quat = np.zeros(4)
    mujoco.mju_mat2Quat(quat, np.ascontiguousarray(rotation).ravel())
    data.mocap_pos[index], data.mocap_quat[index] = position, quat


def hand_frame(fingers: NDArray[np.float64], back: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3, 3) rotation with the fingers along one direction and the back of the hand nearest to another."""
    x = fingers / np.linalg.norm(fingers)
    z = back - (back @ x) * x
    z = z / np.linalg.norm(z)
    return np.stack([x, np.cross(z, x), z], axis=1)
