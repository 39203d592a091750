"""What a thing is made of and filled with, as far as the simulator and the hazards need it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Physics:
    """Physical properties of one object.

    Attributes:
        density_kg_m3: its own mass, contents left out, over the volume that its visible surfaces enclose.
        friction: sliding friction against what it stands on.
        heat_tolerance_c: hottest thing it can touch for a minute and stay whole, degrees Celsius.
        contents: what is in it ("water", "milk", "soap", ...), None where it is empty or holds nothing.
        is_hot: it would burn a hand now.
        fill: share of its room that the contents take, [0, 1]; 0 where ``contents`` is None.
    """

    density_kg_m3: float = 600.0
    friction: float = 0.9
    heat_tolerance_c: float = 80.0
    contents: str | None = None
    is_hot: bool = False
    fill: float = 0.0

    def __post_init__(self) -> None:
        if self.density_kg_m3 <= 0 or self.friction <= 0:
            raise ValueError("density_kg_m3, friction: both above zero are needed")
        if not 0.0 <= self.fill <= 1.0 or (self.fill > 0) != (self.contents is not None):
            raise ValueError("fill: in [0, 1], and above zero exactly where contents are named")

    @property
    def holds_liquid(self) -> bool:
        """Whether what is in it would run out."""
        return self.contents in LIQUIDS


LIQUIDS = frozenset({"water", "milk", "juice", "coffee", "tea", "soup", "oil", "cleaner", "shampoo", "paint"})
"""Contents that run out when a thing tips over with its opening free, or breaks."""
