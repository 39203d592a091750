"""How firmly a thing stands: the energy that any tipping over costs, from the points it rests on.

A bound, not a verdict: a shove that carries less energy cannot tip the thing whatever the details
are (friction only takes energy away), so the rollouts that would show it can be left out.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.trials.bench import Bench

MIN_UPRIGHT = 0.996
"""Contacts within 5 degrees of upright are ground that the thing stands on."""
SAFE_SHARE = 0.7
"""The bound is trusted only with room to spare: soft contacts give a little."""
GRAVITY_M_S2 = 9.81


def tipping_energy(bench: Bench, index: int) -> float:
    """Least energy over mass (J/kg) that turns a thing at rest over a side of what it stands on.

    For a side at level distance d from the centre of mass, h above the ground: g (sqrt(d^2 + h^2) - h).
    0 where that cannot be told: it does not stand on level ground alone, or something touches it.
    """
    data, body = bench.data, bench.body(index)
    points = []
    for k in range(data.ncon):
        contact = data.contact[k]
        pair = [int(bench.model.geom_bodyid[g]) for g in contact.geom]
        if body not in pair:
            continue
        if abs(float(contact.frame[2])) < MIN_UPRIGHT:
            return 0.0
        points.append(contact.pos.copy())
    com: NDArray[np.float64] = data.xipos[body]
    below = [p for p in points if p[2] < com[2]]
    if len(below) < 3:
        return 0.0
    hull = cv2.convexHull(np.array(below)[:, :2].astype(np.float32))[:, 0].astype(np.float64)
    if len(hull) < 3:
        return 0.0
    edges = np.roll(hull, -1, axis=0) - hull
    lengths = np.maximum(np.linalg.norm(edges, axis=1), 1e-9)
    to_com = com[:2] - hull
    # Signed distances share one sign exactly where the centre of mass is inside.
    distances = (edges[:, 0] * to_com[:, 1] - edges[:, 1] * to_com[:, 0]) / lengths
    if not ((distances > 0).all() or (distances < 0).all()):
        return 0.0
    height = float(com[2] - max(p[2] for p in below))
    return GRAVITY_M_S2 * (math.hypot(float(np.abs(distances).min()), height) - height)


def shove_energy(bench: Bench, index: int, speed_m_s: float, *, height_m: float) -> float:
    """Most energy over mass (J/kg) that a level shove brings: v^2 / 2 and what its turning adds.

    ``height_m`` is the arm of the blow over the centre of mass; the turning is largest about the axis
    of the least moment of inertia, (m v r)^2 / (2 I).
    """
    body = bench.body(index)
    mass, inertia = float(bench.model.body_mass[body]), float(bench.model.body_inertia[body].min())
    return 0.5 * speed_m_s**2 * (1 + mass * height_m**2 / inertia)


def surely_stands(bench: Bench, index: int, speed_m_s: float, *, height_m: float) -> bool:
    """Whether no shove of this speed can tip it, by energy alone. Ask while the bench is at rest."""
    energy = shove_energy(bench, index, speed_m_s, height_m=height_m)
    return energy < SAFE_SHARE * tipping_energy(bench, index)
