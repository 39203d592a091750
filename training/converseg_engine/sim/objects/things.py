"""Flat and long things: box, book, knife, hammer, screwdriver, spoon, banana."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.colors import RGB, paint
from converseg_engine.sim.meshes import ALONG_X, box, extrude, lathe, merged, rotation_about, sphere, tube
from converseg_engine.sim.objects.model import CollisionShape, ObjectModel, Part, Shelf, Surface

STEEL: RGB = (0.70, 0.72, 0.75)


def carton(rng: np.random.Generator, color: str) -> ObjectModel:
    """A closed box with a strip of tape on top."""
    x, y, z = rng.uniform(0.10, 0.17), rng.uniform(0.08, 0.13), rng.uniform(0.055, 0.12)
    rgb = paint(color, rng)
    tape_rgb = tuple(min(1.0, c * 0.6 + 0.28) for c in rgb)
    tape = box((x * 1.004, y * 0.16, 0.002), (0, 0, z))
    return ObjectModel(
        category="box",
        color=color,
        parts=(
            Part(
                "body",
                (
                    Surface(box((x, y, z), (0, 0, z / 2)), rgb, shine=0.1),
                    Surface(tape, (tape_rgb[0], tape_rgb[1], tape_rgb[2]), shine=0.4),
                ),
            ),
        ),
        shapes=(CollisionShape("box", (x / 2, y / 2, z / 2), (0, 0, z / 2), mass_kg=0.4),),
        shelf=Shelf(x / 2 * 0.85, y / 2 * 0.85, z + 0.001),
    )


def book(rng: np.random.Generator, color: str) -> ObjectModel:
    """A lying hardback: coloured covers and spine, cream pages, a pale label."""
    x, y, z = rng.uniform(0.12, 0.155), rng.uniform(0.17, 0.215), rng.uniform(0.024, 0.042)
    cover = 0.0035
    pages = box((x - 0.008, y - 0.012, z - 2 * cover), (0.002, 0, z / 2))
    covers = merged(
        [
            box((x, y, cover), (0, 0, cover / 2)),
            box((x, y, cover), (0, 0, z - cover / 2)),
            box((cover, y, z), (-x / 2 + cover / 2, 0, z / 2)),
        ]
    )
    title = box((x * 0.5, y * 0.14, 0.0012), (0, y * 0.22, z))
    rgb = paint(color, rng)
    title_rgb: RGB = (0.25, 0.22, 0.2) if color in ("white", "yellow") else (0.93, 0.90, 0.80)
    return ObjectModel(
        category="book",
        color=color,
        parts=(
            Part(
                "body",
                (
                    Surface(covers, rgb, shine=0.3),
                    Surface(pages, (0.95, 0.92, 0.82)),
                    Surface(title, title_rgb),
                ),
            ),
        ),
        shapes=(CollisionShape("box", (x / 2, y / 2, z / 2), (0, 0, z / 2), mass_kg=0.6),),
        shelf=Shelf(x / 2 * 0.85, y / 2 * 0.85, z + 0.001),
    )


def knife(rng: np.random.Generator, color: str) -> ObjectModel:
    """A kitchen knife lying flat: broad steel blade, coloured handle."""
    blade_len, width = rng.uniform(0.14, 0.175), rng.uniform(0.036, 0.046)
    handle_len = rng.uniform(0.10, 0.125)
    blade = extrude(
        [
            (0, -width / 2),
            (blade_len * 0.62, -width / 2),
            (blade_len, width * 0.32),
            (blade_len * 0.96, width / 2),
            (0, width / 2),
        ],
        height=0.004,
        bottom_z=0.006,
    )
    grip = extrude(
        [
            (0, -0.014),
            (0, 0.014),
            (-handle_len * 0.5, 0.017),
            (-handle_len, 0.013),
            (-handle_len, -0.015),
            (-handle_len * 0.5, -0.012),
        ],
        height=0.018,
    )
    length = blade_len + handle_len
    shift = ((handle_len - blade_len) / 2, 0.0, 0.0)
    return ObjectModel(
        category="knife",
        color=color,
        parts=(
            Part("blade", (Surface(blade.moved(shift), STEEL, shine=0.9),)),
            Part("handle", (Surface(grip.moved(shift), paint(color, rng), shine=0.3),)),
        ),
        shapes=(CollisionShape("box", (length / 2, width / 2, 0.009), (0, 0, 0.009), mass_kg=0.15),),
        pure_color=False,
        accents=frozenset({"white"}),
    )


def hammer(rng: np.random.Generator, color: str) -> ObjectModel:
    """A claw hammer lying on its side: dark steel head, coloured handle."""
    length, head = rng.uniform(0.20, 0.25), rng.uniform(0.100, 0.125)
    half, r = rng.uniform(0.016, 0.019), rng.uniform(0.012, 0.015)
    z = half
    grip = lathe(
        [
            (0, 0),
            (r * 1.15, 0),
            (r * 1.2, length * 0.4),
            (r * 0.8, length * 0.55),
            (r * 0.8, length),
            (0, length),
        ],
        num_segments=14,
    ).rotated(ALONG_X)
    grip = grip.moved((-length / 2, 0, z))
    face = lathe([(0, 0), (half, 0), (half, 0.026), (half * 0.7, 0.034), (0, 0.034)], num_segments=16)
    face = face.rotated(rotation_about("x", math.pi / 2)).moved((length / 2, -head * 0.5 + 0.034, z))
    middle = box((half * 1.7, head * 0.42, half * 1.7), (length / 2, -0.004, z))
    claw = extrude(
        [(-half * 0.9, 0), (half * 0.9, 0), (half * 0.2, head * 0.36), (-half * 1.3, head * 0.36)],
        height=half * 1.5,
        bottom_z=z - half * 0.75,
    ).moved((length / 2, head * 0.16, 0))
    dark = float(rng.uniform(0.30, 0.42))
    return ObjectModel(
        category="hammer",
        color=color,
        parts=(
            Part("head", (Surface(merged([face, middle, claw]), (dark, dark, dark * 1.05), shine=0.8),)),
            Part("handle", (Surface(grip, paint(color, rng), shine=0.3),)),
        ),
        shapes=(
            CollisionShape("box", (length / 2, r, half), (0, 0, z), mass_kg=0.15),
            CollisionShape("box", (half, head / 2, half), (length / 2, 0, z), mass_kg=0.5),
        ),
        pure_color=False,
        accents=frozenset({"black"}),
    )


def screwdriver(rng: np.random.Generator, color: str) -> ObjectModel:
    """A sturdy screwdriver: fat ribbed handle, steel shaft."""
    grip_len, shaft_len = rng.uniform(0.10, 0.125), rng.uniform(0.11, 0.14)
    r, shaft_r = rng.uniform(0.017, 0.021), rng.uniform(0.0065, 0.008)
    grip = lathe(
        [
            (0, 0),
            (r * 0.8, 0),
            (r, 0.010),
            (r, grip_len * 0.7),
            (r * 0.65, grip_len * 0.85),
            (r * 0.85, grip_len),
            (0, grip_len),
        ],
        num_segments=8,
    )
    shaft = lathe(
        [
            (0, 0),
            (shaft_r, 0),
            (shaft_r, shaft_len * 0.82),
            (shaft_r * 1.5, shaft_len * 0.9),
            (shaft_r, shaft_len),
            (0, shaft_len),
        ],
        num_segments=10,
    )
    total = grip_len + shaft_len
    start = -total / 2
    return ObjectModel(
        category="screwdriver",
        color=color,
        parts=(
            Part(
                "handle", (Surface(grip.rotated(ALONG_X).moved((start, 0, r)), paint(color, rng), shine=0.5),)
            ),
            Part(
                "shaft", (Surface(shaft.rotated(ALONG_X).moved((start + grip_len, 0, r)), STEEL, shine=0.9),)
            ),
        ),
        # A box under the whole length keeps it level and at rest; what would roll is not asked of it.
        shapes=(CollisionShape("box", (total / 2, r * 0.8, r), (0, 0, r), mass_kg=0.15),),
        pure_color=False,
        accents=frozenset({"white"}),
    )


def spoon(rng: np.random.Generator, color: str) -> ObjectModel:
    """A big serving spoon: an oval bowl and a long handle of the same colour."""
    oval, half_width, length = rng.uniform(0.038, 0.046), rng.uniform(0.026, 0.031), rng.uniform(0.14, 0.17)
    scoop = sphere(1.0).scaled((oval, half_width, 0.009)).moved((length / 2 + oval * 0.4, 0, 0.009))
    rod = tube(
        np.stack(
            [np.linspace(-length / 2 - oval, length / 2 - oval * 0.4, 6), np.zeros(6), np.full(6, 0.011)],
            axis=1,
        ),
        [0.010, 0.0105, 0.009, 0.0085, 0.008, 0.008],
    )
    rgb = paint(color, rng)
    return ObjectModel(
        category="spoon",
        color=color,
        parts=(
            Part("bowl", (Surface(scoop, rgb, shine=0.6),)),
            Part("handle", (Surface(rod, rgb, shine=0.6),)),
        ),
        shapes=(
            CollisionShape(
                "box",
                (oval * 0.9, half_width * 0.8, 0.009),
                (length / 2 + oval * 0.4, 0, 0.009),
                mass_kg=0.05,
            ),
            CollisionShape("box", (length / 2, 0.009, 0.009), (-oval * 0.7, 0, 0.009), mass_kg=0.05),
        ),
    )


def banana(rng: np.random.Generator, color: str) -> ObjectModel:
    """A banana lying on its side; yellow, or green when unripe."""
    bend, thick = rng.uniform(0.085, 0.105), rng.uniform(0.019, 0.023)
    angles = np.linspace(-0.95, 0.95, 11)
    path = np.stack([bend * np.sin(angles), bend * (np.cos(angles) - 0.78), np.full(11, thick)], axis=1)
    radii = thick * np.array([0.32, 0.45, 0.78, 0.95, 1.0, 1.0, 1.0, 0.93, 0.75, 0.45, 0.25])
    fruit = tube(path, [float(r) for r in radii])
    ends = [
        sphere(0.0075, num_rings=5, num_segments=8).moved(path[0]),
        sphere(0.006, num_rings=5, num_segments=8).moved(path[-1]),
    ]
    shapes = tuple(
        CollisionShape("box", (bend * 0.24, thick * 0.75, thick * 0.95), tuple(path[k]), quat, 0.05)
        for k, quat in (
            (2, (math.cos(0.28), 0.0, 0.0, math.sin(0.28))),
            (5, (1.0, 0.0, 0.0, 0.0)),
            (8, (math.cos(0.28), 0.0, 0.0, -math.sin(0.28))),
        )
    )
    return ObjectModel(
        category="banana",
        color=color,
        parts=(
            Part(
                "body",
                (Surface(fruit, paint(color, rng), shine=0.2), Surface(merged(ends), (0.2, 0.14, 0.08))),
            ),
        ),
        shapes=shapes,
    )
