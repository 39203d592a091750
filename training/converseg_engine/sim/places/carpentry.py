"""Furniture from boards and turned pieces: what is seen and what collides, part by part."""

from __future__ import annotations

from collections.abc import Sequence

from converseg_engine.sim.meshes import Mesh, lathe, merged
from converseg_engine.sim.objects.model import CollisionShape, ObjectModel, Part, Surface
from converseg_engine.sim.objects.physics import Physics
from converseg_engine.sim.places.finishes import Finish
from converseg_engine.sim.places.shading import paned_box

Triple = tuple[float, float, float]


class Carpentry:
    """Collects the pieces of one fixture in its own frame (origin on the floor, z up).

    Pieces of one part with the same finish become one surface. Give pieces that touch different
    parts no common face, or the renderer may show either.
    """

    def __init__(self) -> None:
        self._pieces: dict[str, dict[int, tuple[Finish, float, list[Mesh]]]] = {}
        self._shapes: list[CollisionShape] = []

    def add(self, part: str, mesh: Mesh, finish: Finish, *, emission: float = 0.0) -> None:
        """A piece that is only seen."""
        by_finish = self._pieces.setdefault(part, {})
        by_finish.setdefault(id(finish), (finish, emission, []))[2].append(mesh)

    def collide(self, size: Triple, centre: Triple) -> None:
        """A box that is only felt; ``size`` are full edge lengths."""
        half = (size[0] / 2, size[1] / 2, size[2] / 2)
        self._shapes.append(CollisionShape("box", half, centre, mass_kg=1.0))

    def board(self, part: str, size: Triple, centre: Triple, finish: Finish, *, felt: bool = True) -> None:
        """A box with full edge lengths ``size``."""
        self.add(part, paned_box(size, centre), finish)
        if felt:
            self.collide(size, centre)

    def legs(
        self, part: str, half_x: float, half_y: float, height: float, thick: float, finish: Finish
    ) -> None:
        """Four square legs whose outer sides lie at ``half_x``, ``half_y``."""
        for sx in (-1, 1):
            for sy in (-1, 1):
                centre = (sx * (half_x - thick / 2), sy * (half_y - thick / 2), height / 2)
                self.board(part, (thick, thick, height), centre, finish)

    def disc(
        self,
        part: str,
        radius: float,
        height: float,
        base: Triple,
        finish: Finish,
        *,
        emission: float = 0.0,
        felt: bool = True,
    ) -> None:
        """A flat cylinder that stands on ``base``."""
        mesh = lathe([(0, 0), (radius, 0), (radius, height), (0, height)], num_segments=28).moved(base)
        self.add(part, mesh, finish, emission=emission)
        if felt:
            centre = (base[0], base[1], base[2] + height / 2)
            self._shapes.append(CollisionShape("cylinder", (radius, height / 2), centre, mass_kg=1.0))

    def rims(self, part: str, size: Triple, thick: float, base: Triple, finish: Finish) -> None:
        """Four upright walls: outer edge lengths and height ``size``, standing on ``base``."""
        x, y, z = size
        cx, cy, cz = base[0], base[1], base[2] + z / 2
        for s in (-1, 1):
            self.board(part, (thick, y, z), (cx + s * (x - thick) / 2, cy, cz), finish)
            self.board(part, (x - 2 * thick, thick, z), (cx, cy + s * (y - thick) / 2, cz), finish)

    def build(
        self, category: str, main: Finish, *, part_order: Sequence[str] = (), physics: Physics | None = None
    ) -> ObjectModel:
        """The finished fixture; ``main`` gives its colour word."""
        names = [*part_order, *(name for name in self._pieces if name not in part_order)]
        parts = tuple(
            Part(
                name,
                tuple(
                    Surface(merged(meshes), finish.rgb, finish.shine, emission, finish.texture)
                    for finish, emission, meshes in self._pieces[name].values()
                ),
            )
            for name in names
        )
        return ObjectModel(
            category=category,
            color=main.color,
            parts=parts,
            shapes=tuple(self._shapes),
            pure_color=not main.accents and len({id(f) for p in self._pieces.values() for f in p}) == 1,
            accents=main.accents,
            fixed=True,
            physics=physics if physics is not None else Physics(density_kg_m3=700.0, heat_tolerance_c=90.0),
        )
