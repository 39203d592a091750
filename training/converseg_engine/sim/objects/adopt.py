"""Takes a builder of the tabletop recipe into the wider catalogue: same shape, masses by material."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from converseg_engine.sim.objects.materials import Material
from converseg_engine.sim.objects.model import Builder, ObjectModel
from converseg_engine.sim.objects.physics import Physics


def adopted(builder: Builder, material: Material, *, solid: float = 1.0, is_hot: bool = False) -> Builder:
    """The builder with the masses and the physics of a material.

    Args:
        builder: one that the tabletop recipe uses.
        material: what its members are mainly made of.
        solid: share of the volume within the visible surfaces that is stuff.
        is_hot: as in ``Physics``.
    """

    def build(rng: np.random.Generator, color: str) -> ObjectModel:
        made = builder(rng, color)
        volume = sum(s.mesh.volume for part in made.parts for s in part.surfaces)
        density = material.density_kg_m3 * solid
        factor = density * volume / made.mass_kg
        return replace(
            made,
            shapes=tuple(replace(s, mass_kg=s.mass_kg * factor) for s in made.shapes),
            physics=Physics(
                density_kg_m3=density,
                friction=material.friction,
                heat_tolerance_c=material.heat_tolerance_c,
                is_hot=is_hot,
            ),
        )

    return build
