"""A furnished place before anything is put into it: fixtures, regions, and the room round them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from converseg_engine.sim.layout import Placement
from converseg_engine.sim.objects.model import ObjectModel
from converseg_engine.sim.places.carpentry import Carpentry
from converseg_engine.sim.places.finishes import Finish
from converseg_engine.sim.places.region import Region, RegionKind
from converseg_engine.sim.surroundings import Light

LAMP_M = 5.0


@dataclass(frozen=True, eq=False)
class Room:
    """Walls and light. The floor is z = 0, the front of the furniture looks along -y.

    Attributes:
        focus: what the lamps look at, metres.
        xyxy: inner faces of the four walls, metres.
        reach_m: how far round the focus shadows are drawn.
        height_m: of the walls.
        wall: what they are covered with.
        back_wall: what the wall at +y is covered with, such as tiles.
        ambient: light that comes from everywhere.
        lights: lamps.
    """

    focus: tuple[float, float, float]
    xyxy: tuple[float, float, float, float]
    reach_m: float
    height_m: float
    wall: Finish
    back_wall: Finish
    ambient: float
    lights: tuple[Light, ...]


@dataclass(frozen=True)
class Stock:
    """How things are put on one region.

    Attributes:
        share: how often it is chosen, against the other regions; 0 for never.
        cluster: 1 spreads over the whole region, less keeps things nearer together.
        walls: the sides ("x-", ...) with something upright to lean on.
        most: things that stand on it directly, at most.
        size_m: smallest and largest length of a thing that belongs on it.
    """

    share: float = 1.0
    cluster: float = 1.0
    walls: frozenset[str] = frozenset()
    most: int = 99
    size_m: tuple[float, float] = (0.0, math.inf)


@dataclass(frozen=True, eq=False)
class Furnished:
    """Everything of a scene that stands fast. ``stocks`` goes with ``regions``, one for one."""

    fixtures: tuple[Placement, ...]
    regions: tuple[Region, ...]
    stocks: tuple[Stock, ...]
    room: Room


@dataclass(eq=False)
class Furnisher:
    """Collects fixtures and their regions while a place is built; the floor is always fixture 0."""

    rng: np.random.Generator
    floor: Finish
    floor_size: tuple[float, float] = (7.0, 7.0)
    fixtures: list[Placement] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)
    stocks: list[Stock] = field(default_factory=list)

    def __post_init__(self) -> None:
        work = Carpentry()
        x, y = self.floor_size
        work.board("floor", (x, y, 0.1), (0.0, 0.0, -0.05), self.floor)
        self.add(work.build("floor", self.floor))

    def add(
        self, model: ObjectModel, xyz: tuple[float, float, float] = (0, 0, 0), *, yaw: float = 0.0
    ) -> int:
        """Set a fixture down; returns its object number."""
        self.fixtures.append(Placement(model, *xyz, yaw, -1))
        return len(self.fixtures) - 1

    def region(
        self,
        name: str,
        fixture: int,
        part: str,
        centre: tuple[float, float, float],
        half: tuple[float, float],
        *,
        stock: Stock | None = None,
        clearance_m: float = math.inf,
        free: str = "",
        kind: RegionKind = RegionKind.STAND,
    ) -> None:
        """Name a level rectangle in its fixture's own frame; ``free`` lists edges, as in "y- x+"."""
        host = self.fixtures[fixture]
        c, s = math.cos(host.yaw), math.sin(host.yaw)
        x, y, z = centre
        at = (host.x + c * x - s * y, host.y + s * x + c * y, host.z + z)
        self.regions.append(
            Region(name, fixture, part, at, *half, host.yaw, clearance_m, frozenset(free.split()), kind)
        )
        self.stocks.append(stock if stock is not None else Stock())

    def finished(self, room: Room) -> Furnished:
        """The furnished place."""
        return Furnished(tuple(self.fixtures), tuple(self.regions), tuple(self.stocks), room)


def _lamp(
    rng: np.random.Generator, focus: tuple[float, float, float], *, tilt_rad: tuple[float, float]
) -> tuple[float, float, float]:
    """Where a lamp hangs: far away, high, before the furniture."""
    tilt, aside = float(rng.uniform(*tilt_rad)), float(rng.uniform(-1.3, 1.3))
    level, high = LAMP_M * math.sin(tilt), LAMP_M * math.cos(tilt)
    return (focus[0] + level * math.sin(aside), focus[1] - level * math.cos(aside), focus[2] + high)


def draw_lights(
    rng: np.random.Generator, focus: tuple[float, float, float]
) -> tuple[float, tuple[Light, ...]]:
    """Ambient share and one to three lamps: bright or dim, warm or cold, with shadows or without."""
    dim = rng.random() < 0.25
    ambient = float(rng.uniform(0.24, 0.32) if dim else rng.uniform(0.32, 0.44))
    warmth = float(rng.normal(0.0, 0.05))
    tint = np.array([1 + warmth, 1.0, 1 - warmth]) * (1 + rng.normal(0, 0.015, size=3))
    lights = []
    shadow = bool(rng.random() < 0.8)
    key = rng.uniform(0.42, 0.58) + (0.40 - ambient) * 0.5
    num_lights = int(rng.integers(1, 4))
    for k in range(num_lights):
        main = k == 0
        position = _lamp(rng, focus, tilt_rad=(0.15, 0.6) if main else (0.3, 1.1))
        power = key if main else rng.uniform(0.04, 0.11)
        rgb = np.clip(power * tint, 0, 1)
        lights.append(Light(position, (float(rgb[0]), float(rgb[1]), float(rgb[2])), main and shadow))
    return ambient, tuple(lights)


def room_round(
    rng: np.random.Generator,
    *,
    back_y: float,
    wall: Finish,
    focus: tuple[float, float, float],
    back_wall: Finish | None = None,
    half_x: float = 2.4,
    front_y: float = -3.0,
    height_m: float = 3.0,
    reach_m: float = 2.6,
) -> Room:
    """A room whose back wall stands at ``back_y``; the lamps hang round the focus (m)."""
    ambient, lights = draw_lights(rng, focus)
    return Room(
        focus,
        (-half_x, front_y, half_x, back_y),
        reach_m,
        height_m,
        wall,
        back_wall if back_wall is not None else wall,
        ambient,
        lights,
    )
