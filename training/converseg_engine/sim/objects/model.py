"""What every object family builds: named parts to see, plain shapes to collide, facts to ask about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.colors import RGB
from converseg_engine.sim.meshes import Mesh
from converseg_engine.sim.objects.physics import Physics
from converseg_engine.sim.objects.textures import Texture

Quat = tuple[float, float, float, float]
PLAIN = Physics()
UPRIGHT: Quat = (1.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, eq=False)
class Surface:
    """One coloured mesh of a part; a texture, where there is one, carries the colour in place of ``rgb``."""

    mesh: Mesh
    rgb: RGB
    shine: float = 0.3
    emission: float = 0.0
    texture: Texture | None = None


@dataclass(frozen=True, eq=False)
class Part:
    """A named part; its pixels are told apart from those of the other parts of the object."""

    name: str
    surfaces: tuple[Surface, ...]


@dataclass(frozen=True)
class CollisionShape:
    """A primitive in the object's frame; sizes as MuJoCo counts them (half lengths, radii)."""

    kind: str
    size: tuple[float, ...]
    pos: tuple[float, float, float]
    quat: Quat = UPRIGHT
    mass_kg: float = 0.1


@dataclass(frozen=True)
class Shelf:
    """A level place on top of an object where others can stand: centre, half sizes, height (m)."""

    half_x: float
    half_y: float
    z: float


@dataclass(frozen=True)
class Cavity:
    """An open round hollow: inner radius at the floor and at the rim, floor and rim height (m)."""

    floor_radius: float
    rim_radius: float
    floor_z: float
    rim_z: float


@dataclass(frozen=True)
class Bay:
    """An open box-shaped hollow over the object's origin: inner half sizes, floor and rim height (m)."""

    half_x: float
    half_y: float
    floor_z: float
    rim_z: float


@dataclass(frozen=True, eq=False)
class ObjectModel:
    """One object at rest in its own frame: origin at the centre of its lowest plane, z up.

    Attributes:
        category: its name in questions.
        color: the colour word that names it.
        pure_color: False where a large part has another colour; "all the red things" is then unsure.
        accents: other colour words that somebody might use for a part of it.
        parts: what is seen.
        shapes: what collides.
        lying: True for a round thing on its side.
        base_radius: radius of the ground contact for a standing thing, else 0; for tipping.
        shelf: where something can stand on it, if anywhere.
        cavity: where something can lie in it, if anywhere.
        bay: the same for a box-shaped hollow (crate, tray, basket).
        fixed: True for what stands fast (furniture of a place): it gets no joint.
        physics: material, contents, heat.
    """

    category: str
    color: str
    parts: tuple[Part, ...]
    shapes: tuple[CollisionShape, ...]
    pure_color: bool = True
    accents: frozenset[str] = frozenset()
    lying: bool = False
    base_radius: float = 0.0
    shelf: Shelf | None = None
    cavity: Cavity | None = None
    bay: Bay | None = None
    fixed: bool = False
    physics: Physics = PLAIN
    footprint_xyxy: tuple[float, float, float, float] = field(init=False)
    height: float = field(init=False)

    def __post_init__(self) -> None:
        vertices = self.vertices()
        low, high = vertices.min(axis=0), vertices.max(axis=0)
        object.__setattr__(
            self, "footprint_xyxy", (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
        )
        object.__setattr__(self, "height", float(high[2]))

    @property
    def mass_kg(self) -> float:
        """Its mass with everything in it."""
        return sum(shape.mass_kg for shape in self.shapes)

    def looks(self, color: str) -> bool | None:
        """Whether people call the whole thing ``color``; None where they would disagree."""
        if self.color == color:
            return True if self.pure_color else None
        return None if color in self.accents else False

    def vertices(self) -> NDArray[np.float64]:
        """All (N, 3) vertices of the visible surfaces, in the object's frame."""
        return np.concatenate([s.mesh.vertices for part in self.parts for s in part.surfaces])


Builder = Callable[[np.random.Generator, str], ObjectModel]
"""Makes one member of a family in a named colour; every draw comes from the generator."""


def ring_of_boxes(
    *,
    num: int,
    low_radius: float,
    high_radius: float,
    low_z: float,
    high_z: float,
    thickness: float,
    mass_kg: float,
) -> tuple[CollisionShape, ...]:
    """Boxes that lean outward and together make the wall of a round vessel."""
    shapes = []
    slope = float(np.arctan2(high_radius - low_radius, high_z - low_z))
    radius, z = (low_radius + high_radius) / 2, (low_z + high_z) / 2
    length = float(np.hypot(high_radius - low_radius, high_z - low_z))
    width = np.pi * high_radius / num * 1.05
    for k in range(num):
        angle = 2 * np.pi * k / num
        # Rotate about z to face outward, then about the tangent to lean.
        half_yaw, half_lean = angle / 2, slope / 2
        cy, sy, cl, sl = np.cos(half_yaw), np.sin(half_yaw), np.cos(half_lean), np.sin(half_lean)
        quat = (float(cy * cl), float(-sy * sl), float(cy * sl), float(sy * cl))
        centre_radius = radius + thickness / 2
        shapes.append(
            CollisionShape(
                "box",
                (thickness / 2, float(width), length / 2),
                (float(centre_radius * np.cos(angle)), float(centre_radius * np.sin(angle)), z),
                quat,
                mass_kg / num,
            )
        )
    return tuple(shapes)
