"""Puts an object together from its pieces: what each adds to see, to collide and to weigh."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from converseg_engine.sim.colors import RGB, paint
from converseg_engine.sim.meshes import Mesh, merged
from converseg_engine.sim.objects.finish import finish
from converseg_engine.sim.objects.materials import CREAM, DARK, DARK_WOOD, PALE_WOOD, SILVER, Material
from converseg_engine.sim.objects.model import Bay, Cavity, CollisionShape, ObjectModel, Part, Shelf, Surface
from converseg_engine.sim.objects.physics import Physics
from converseg_engine.sim.objects.textures import Texture

PURE_SHARE, ACCENT_SHARE = 0.72, 0.04
"""Share of the skin: above the first the main colour is everybody's word; below the second nobody minds."""
WORN_SHARE = 0.35
ALWAYS_TEXTURED = frozenset({"grain", "weave"})
WOODS: tuple[RGB, ...] = ((0.62, 0.42, 0.24), (0.52, 0.34, 0.20), (0.44, 0.28, 0.15))
STUFF_WORDS: dict[RGB, str] = {
    SILVER: "gray",
    DARK: "black",
    CREAM: "white",
    PALE_WOOD: "brown",
    DARK_WOOD: "brown",
}
DECOR_SOLID = 0.02
"""Pieces with less stuff than this are print and paint: they bear no heat."""
_CONTENTS_KG_M3 = 1000.0


def shape_volume(shape: CollisionShape) -> float:
    """Volume of a collision shape, cubic metres."""
    s = shape.size
    if shape.kind == "box":
        return 8 * s[0] * s[1] * s[2]
    if shape.kind == "cylinder":
        return 2 * math.pi * s[0] ** 2 * s[1]
    return 4 / 3 * math.pi * s[0] ** 3


def _area(mesh: Mesh) -> float:
    a, b, c = (mesh.vertices[mesh.faces[:, i]] for i in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


class Assembly:
    """An object under construction.

    Args:
        category, color: its nouns; ``color`` is the word for its main colour.
        rng: source of every draw.
    """

    def __init__(self, category: str, color: str, rng: np.random.Generator) -> None:
        self.category, self.color, self.rng = category, color, rng
        self.main: RGB = paint(color, rng)
        self.worn = bool(rng.random() < WORN_SHARE)
        self._words: dict[RGB, str] = {**STUFF_WORDS, self.main: color}
        self._parts: dict[str, list[Surface]] = {}
        self._shapes: list[CollisionShape] = []
        self._loose_kg = 0.0
        self._own_kg, self._volume = 0.0, 0.0
        self._skin: dict[str, float] = {}
        self._materials: list[tuple[float, Material]] = []
        self._contents: tuple[str, float] | None = None

    def paint(self, name: str) -> RGB:
        """A paint for an accent, remembered so that questions about colour can allow for it."""
        rgb = paint(name, self.rng)
        self._words[rgb] = name
        return rgb

    def name_paint(self, rgb: RGB, name: str) -> None:
        """Say by which colour word people call a paint of one's own mixing."""
        self._words[rgb] = name

    def other(self) -> RGB:
        """White on dark things, dark on pale ones: for labels, screens, rims."""
        pale = sum(self.main) > 1.7
        return self.paint("black" if pale else "white")

    def call_main(self, rgb: RGB) -> RGB:
        """Let another paint, a paler or darker one, go by the object's own colour word."""
        self._words[rgb] = self.color
        return rgb

    def wooden(self) -> RGB:
        """A tone of bare wood that people call by the object's own colour word, brown."""
        r, g, b = WOODS[int(self.rng.integers(len(WOODS)))]
        return self.call_main((r, g, b))

    def add(
        self,
        part: str,
        mesh: Mesh | list[Mesh],
        rgb: RGB,
        material: Material,
        *shapes: CollisionShape,
        solid: float = 1.0,
        texture: Texture | None = None,
        shine: float | None = None,
        emission: float = 0.0,
    ) -> None:
        """Add a piece to a part.

        Args:
            part: name of the part; several pieces may share it.
            mesh: what is seen, closed; of several, the merger.
            rgb: its colour.
            material: what it is made of.
            shapes: what collides; the piece's mass is spread over them by volume, or over the whole
                object where there are none.
            solid: share of the mesh's volume that is stuff; less than one for what is hollow inside.
            texture: in place of the material's own look.
            shine, emission: in place of the material's.
        """
        whole = merged(mesh) if isinstance(mesh, list) else mesh
        if texture is None and emission == 0 and (self.worn or material.look in ALWAYS_TEXTURED):
            texture = finish(material.look, rgb, self.rng, size_m=float(self.rng.uniform(0.05, 0.12)))
        surface = Surface(
            whole, rgb, material.shine if shine is None else shine, emission=emission, texture=texture
        )
        self._parts.setdefault(part, []).append(surface)
        mass = material.density_kg_m3 * whole.volume * solid
        self._own_kg += mass
        self._volume += whole.volume
        word = self._words.get(rgb, "other")
        area = _area(whole)
        self._skin[word] = self._skin.get(word, 0.0) + area
        if solid > DECOR_SOLID:
            self._materials.append((area, material))
        if shapes:
            self._weigh(shapes, mass)
        else:
            self._loose_kg += mass

    def _weigh(self, shapes: tuple[CollisionShape, ...], mass: float) -> None:
        volumes = [shape_volume(s) for s in shapes]
        self._shapes += [
            replace(s, mass_kg=mass * v / sum(volumes)) for s, v in zip(shapes, volumes, strict=True)
        ]

    def fill(self, contents: str, volume_m3: float, *, share: float) -> None:
        """Name what is in it; ``share`` of ``volume_m3`` is added to its mass at water's density."""
        self._contents = (contents, share)
        self._loose_kg += _CONTENTS_KG_M3 * volume_m3 * share

    def done(
        self,
        *,
        base_radius: float = 0.0,
        shelf: Shelf | None = None,
        cavity: Cavity | None = None,
        bay: Bay | None = None,
        lying: bool = False,
        is_hot: bool = False,
        centred: bool = False,
    ) -> ObjectModel:
        """The finished object.

        Args:
            base_radius, shelf, cavity, bay, lying: as in ``ObjectModel``.
            is_hot: as in ``Physics``.
            centred: move the middle of its bounding box over the origin; never with a cavity or a bay.
        """
        collide_kg = sum(s.mass_kg for s in self._shapes)
        factor = 1 + self._loose_kg / collide_kg
        shapes = [replace(s, mass_kg=s.mass_kg * factor) for s in self._shapes]
        parts = {name: tuple(surfaces) for name, surfaces in self._parts.items()}
        if centred:
            vertices = np.concatenate([s.mesh.vertices for part in parts.values() for s in part])
            low, high = vertices.min(axis=0), vertices.max(axis=0)
            dx, dy = (-(low + high)[:2] / 2).tolist()
            parts = {
                name: tuple(replace(s, mesh=s.mesh.moved((dx, dy, 0))) for s in surfaces)
                for name, surfaces in parts.items()
            }
            shapes = [replace(s, pos=(s.pos[0] + dx, s.pos[1] + dy, s.pos[2])) for s in shapes]
        skin = sum(self._skin.values())
        others = {w for w, a in self._skin.items() if w != self.color and a > ACCENT_SHARE * skin}
        # Bright steel passes for white in a strong light.
        if "gray" in others:
            others.add("white")
        touching = max(self._materials, key=lambda pair: pair[0])[1]
        contents, share = self._contents or (None, 0.0)
        return ObjectModel(
            category=self.category,
            color=self.color,
            parts=tuple(Part(name, surfaces) for name, surfaces in parts.items()),
            shapes=tuple(shapes),
            pure_color=self._skin.get(self.color, 0.0) >= PURE_SHARE * skin,
            accents=frozenset(others - {"other", self.color}),
            lying=lying,
            base_radius=base_radius,
            shelf=shelf,
            cavity=cavity,
            bay=bay,
            physics=Physics(
                density_kg_m3=self._own_kg / self._volume,
                friction=touching.friction,
                heat_tolerance_c=min(m.heat_tolerance_c for a, m in self._materials if a > 0.03 * skin),
                contents=contents,
                is_hot=is_hot,
                fill=share,
            ),
        )
