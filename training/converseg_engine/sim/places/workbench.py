"""A workbench with a vise, a board below, a panel with holes behind it."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import box, lathe, rotation_about, tube
from converseg_engine.sim.objects.model import ObjectModel
from converseg_engine.sim.objects.textures import Texture
from converseg_engine.sim.places.carpentry import Carpentry
from converseg_engine.sim.places.finishes import (
    Finish,
    concrete,
    laminate,
    one_of,
    painted,
    plaster,
    steel,
    wood,
)
from converseg_engine.sim.places.furnished import Furnished, Furnisher, Stock, room_round

TOP_M = 0.05
VISE_HALF_X = 0.10


def workbench(size: tuple[float, float, float], top: Finish, frame: Finish, low: float) -> ObjectModel:
    """A thick top on a frame, with a lower board at height ``low``; length, depth, height (m)."""
    x, y, z = size
    work = Carpentry()
    work.board("top", (x, y, TOP_M), (0, 0, z - TOP_M / 2), top)
    work.legs("legs", x / 2 - 0.06, y / 2 - 0.04, z - TOP_M, 0.08, frame)
    work.board("lower board", (x - 0.29, y - 0.10, 0.022), (0, 0, low - 0.011), top)
    for s in (-1, 1):
        rail = (0.06, y - 0.24, 0.06)
        work.board("legs", rail, (s * (x / 2 - 0.10), 0, low - 0.05), frame)
    return work.build("workbench", top, part_order=("top", "lower board", "legs"))


def vise(paint: Finish) -> ObjectModel:
    """A bench vise, its screw towards -y."""
    work = Carpentry()
    metal = painted((0.55, 0.55, 0.57), "gray", shine=0.8)
    work.board("base", (0.13, 0.15, 0.03), (0, 0.03, 0.015), paint)
    work.board("base", (0.08, 0.15, 0.06), (0, 0.04, 0.06), paint)
    for y in (0.005, -0.055):
        work.board("jaws", (0.12, 0.022, 0.075), (0, y, 0.105), paint)
    work.board("base", (0.05, 0.10, 0.035), (0, -0.06, 0.065), paint)
    work.board("jaws", (0.12, 0.008, 0.028), (0, -0.0105, 0.128), metal)
    work.board("jaws", (0.12, 0.008, 0.028), (0, -0.0395, 0.128), metal)
    spindle = np.array([[0.0, -0.10, 0.065], [0.0005, -0.19, 0.065]])
    work.add("handle", tube(spindle, [0.011, 0.011]), metal)
    bar = np.array([[-0.07, -0.178, 0.05], [0.07, -0.177, 0.082]])
    work.add("handle", tube(bar, [0.007, 0.007]), metal)
    work.collide((0.03, 0.09, 0.03), (0, -0.145, 0.065))
    return work.build("vise", paint, part_order=("jaws", "handle", "base"))


def _pegs(base: Finish) -> Finish:
    """A panel with rows of small holes."""
    pixels = np.full((32, 32, 3), np.round(np.array(base.rgb) * 255), dtype=np.uint8)
    rows, columns = np.mgrid[0:32, 0:32]
    pixels[(rows - 16) ** 2 + (columns - 16) ** 2 < 12] = 30
    return Finish(base.rgb, 0.1, Texture(pixels, 0.05, 0.05), base.color, base.accents)


def pegboard(length: float, height: float, finish: Finish) -> ObjectModel:
    """A holed panel on the wall with a few empty hooks."""
    work = Carpentry()
    work.board("panel", (length, 0.012, height), (0, -0.006, height / 2), finish)
    hook = painted((0.6, 0.6, 0.62), "gray", shine=0.8)
    for k in range(4):
        x, z = length * (-0.33 + 0.22 * k), height * (0.7 - 0.12 * (k % 2))
        pin = lathe([(0, 0), (0.005, 0), (0.005, 0.05), (0, 0.05)], num_segments=10)
        work.add("hooks", pin.rotated(rotation_about("x", np.pi / 2)).moved((x, -0.012, z)), hook)
        work.add("hooks", box((0.01, 0.006, 0.025), (x, -0.062, z + 0.01)), hook)
    return work.build("pegboard", finish, part_order=("panel", "hooks"))


def furnish(rng: np.random.Generator) -> Furnished:
    """Draw the bench, the vise at one of its front corners, and the panel."""
    work = Furnisher(rng, one_of(rng, concrete, concrete, wood))
    x, y, z = float(rng.uniform(1.4, 1.8)), float(rng.uniform(0.62, 0.72)), float(rng.uniform(0.84, 0.92))
    low = float(rng.uniform(0.20, 0.30))
    frame = one_of(rng, wood, steel, laminate)
    number = work.add(workbench((x, y, z), one_of(rng, wood, wood, laminate), frame, low))
    back, hooks = y / 2, bool(rng.random() < 0.7)
    side = 1.0 if rng.random() < 0.5 else -1.0
    corner = side * (x / 2 - VISE_HALF_X - 0.03)
    colors = (
        painted((0.15, 0.28, 0.55), "blue"),
        painted((0.55, 0.10, 0.09), "red"),
        painted((0.20, 0.21, 0.22), "black"),
        painted((0.13, 0.38, 0.22), "green"),
    )
    work.add(vise(colors[int(rng.integers(4))]), (corner, -y / 2 + 0.10, z))
    # The vise keeps one end of the bench to itself.
    taken = 2 * VISE_HALF_X + 0.07
    work.region(
        "the workbench",
        number,
        "top",
        (-side * taken / 2, 0, z),
        ((x - taken) / 2 - 0.004, y / 2 - 0.004),
        stock=Stock(walls=frozenset({"y+"})),
        clearance_m=0.5 if hooks else math.inf,
        free="y- x-" if side > 0 else "y- x+",
    )
    work.region(
        "the lower board of the workbench",
        number,
        "lower board",
        (0, 0, low),
        ((x - 0.29) / 2 - 0.004, (y - 0.10) / 2 - 0.004),
        stock=Stock(share=0.22),
        clearance_m=z - TOP_M - low,
        free="y- y+",
    )
    if hooks:
        panel = pegboard(x * 0.8, 0.6, _pegs(one_of(rng, wood, laminate)))
        back += 0.014
        work.add(panel, (0, back, z + 0.18))
    return work.finished(room_round(rng, back_y=back, wall=plaster(rng), focus=(0, -0.1, z)))
