"""What things are made of: density, friction, heat tolerance and shine, with the texture each shows."""

from __future__ import annotations

from dataclasses import dataclass

from converseg_engine.sim.colors import RGB


@dataclass(frozen=True, kw_only=True)
class Material:
    """A stuff.

    Attributes:
        density_kg_m3: of the solid stuff; for cloth and food as it lies there, air included.
        friction: sliding friction.
        heat_tolerance_c: hottest thing it can touch for a minute and stay whole.
        shine: of its surface, [0, 1].
        look: kind of texture that it may show, a name of ``finish.LOOKS``.
    """

    density_kg_m3: float
    friction: float
    heat_tolerance_c: float
    shine: float
    look: str = "scuffs"


STEEL = Material(density_kg_m3=7800, friction=0.5, heat_tolerance_c=500, shine=0.9, look="brushed")
ALUMINIUM = Material(density_kg_m3=2700, friction=0.5, heat_tolerance_c=400, shine=0.8, look="brushed")
ENAMEL = Material(density_kg_m3=5000, friction=0.55, heat_tolerance_c=400, shine=0.7)
CERAMIC = Material(density_kg_m3=2300, friction=0.6, heat_tolerance_c=250, shine=0.6)
GLASS = Material(density_kg_m3=2500, friction=0.5, heat_tolerance_c=130, shine=1.0)
PLASTIC = Material(density_kg_m3=1000, friction=0.6, heat_tolerance_c=80, shine=0.45)
SILICONE = Material(density_kg_m3=1100, friction=0.95, heat_tolerance_c=220, shine=0.2)
RUBBER = Material(density_kg_m3=1150, friction=1.0, heat_tolerance_c=90, shine=0.15)
WOOD = Material(density_kg_m3=650, friction=0.7, heat_tolerance_c=140, shine=0.2, look="grain")
LACQUERED = Material(density_kg_m3=650, friction=0.6, heat_tolerance_c=100, shine=0.4, look="scuffs")
CARDBOARD = Material(density_kg_m3=600, friction=0.7, heat_tolerance_c=120, shine=0.05, look="fibres")
PAPER = Material(density_kg_m3=750, friction=0.7, heat_tolerance_c=110, shine=0.05, look="fibres")
CLOTH = Material(density_kg_m3=300, friction=0.9, heat_tolerance_c=110, shine=0.03, look="weave")
LEATHER = Material(density_kg_m3=860, friction=0.8, heat_tolerance_c=90, shine=0.3, look="speckle")
PLUSH = Material(density_kg_m3=90, friction=0.95, heat_tolerance_c=90, shine=0.02, look="speckle")
FOAM = Material(density_kg_m3=60, friction=0.95, heat_tolerance_c=80, shine=0.03, look="speckle")
WAX = Material(density_kg_m3=900, friction=0.7, heat_tolerance_c=45, shine=0.25)
FRUIT = Material(density_kg_m3=850, friction=0.7, heat_tolerance_c=60, shine=0.3, look="speckle")
DOUGH = Material(density_kg_m3=260, friction=0.8, heat_tolerance_c=110, shine=0.05, look="speckle")
SOIL = Material(density_kg_m3=1100, friction=0.9, heat_tolerance_c=150, shine=0.02, look="speckle")
WICKER = Material(density_kg_m3=350, friction=0.8, heat_tolerance_c=110, shine=0.1, look="weave")
ELECTRONICS = Material(density_kg_m3=1500, friction=0.6, heat_tolerance_c=70, shine=0.5)

SILVER: RGB = (0.70, 0.72, 0.75)
DARK: RGB = (0.12, 0.12, 0.13)
CREAM: RGB = (0.95, 0.92, 0.82)
PALE_WOOD: RGB = (0.78, 0.62, 0.42)
DARK_WOOD: RGB = (0.42, 0.28, 0.16)
