"""What a data set is made of: a frozen recipe. One scene is a pure function of (recipe, seed)."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

from converseg_engine.sim.objects.category import PLACE_NAMES

SPLITS = ("train", "val", "test")
_TABLETOP_SEEDS = {"train": range(800_000), "val": range(800_000, 900_000), "test": range(900_000, 1_000_000)}
_PLACES_SEEDS = {
    "val": range(1_000_000),
    "test": range(1_000_000, 2_000_000),
    "train": range(2_000_000, 2**31),
}
WORLDS = ("tabletop", "places")
RENDERERS = ("mujoco", "cycles")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How scenes, pictures and questions are drawn.

    Attributes:
        name: shown in every row.
        world: "tabletop" (the sixteen categories of sim-tiny) or "places".
        width, height: picture size, pixels.
        frames_per_scene: pictures of one scene, each from a camera of its own; tabletops have one.
        min_questions, max_questions: questions a picture; fewer where a picture gives no more. With none at
            all a picture is what a row is.
        no_target_share: share of questions that nothing in the picture answers.
        place_weights: how often each place is drawn; a place that is missing is not drawn.
        min_objects, max_objects: movable things in a scene; 0: the place's own limits.
        renderer: "mujoco" in bulk, "cycles" for near-photographs (needs the extra ``sim-photo``).
        cycles_samples: rays a pixel of the Cycles renderer.
        jpeg_quality: 1 to 100.
        store_depth: whether shards hold depth too (16 bit PNG, millimetres).
    """

    name: str
    world: str = "places"
    width: int = 320
    height: int = 240
    frames_per_scene: int = 1
    min_questions: int = 10
    max_questions: int = 14
    no_target_share: float = 0.15
    place_weights: Mapping[str, float] = dataclasses.field(default_factory=dict)
    min_objects: int = 0
    max_objects: int = 0
    renderer: str = "mujoco"
    cycles_samples: int = 32
    jpeg_quality: int = 92
    store_depth: bool = False

    def __post_init__(self) -> None:
        if self.world not in WORLDS:
            raise ValueError(f"world: {self.world!r} is none of {', '.join(WORLDS)}")
        if self.renderer not in RENDERERS:
            raise ValueError(f"renderer: {self.renderer!r} is none of {', '.join(RENDERERS)}")
        if not (64 <= self.width <= 4096 and 48 <= self.height <= 4096):
            raise ValueError("width, height: 64x48 to 4096x4096 pixels")
        if not 0 <= self.min_questions <= self.max_questions:
            raise ValueError("min_questions, max_questions: 0 <= min_questions <= max_questions is needed")
        if not 0 <= self.no_target_share < 1:
            raise ValueError("no_target_share: from 0 to less than 1")
        if not 1 <= self.jpeg_quality <= 100 or self.cycles_samples < 1 or self.frames_per_scene < 1:
            raise ValueError("jpeg_quality: 1 to 100; cycles_samples, frames_per_scene: at least 1")
        if not 0 <= self.min_objects <= self.max_objects:
            raise ValueError("min_objects, max_objects: 0 <= min_objects <= max_objects is needed")
        unknown = sorted(set(self.place_weights) - set(PLACE_NAMES))
        if unknown:
            raise ValueError(f"place_weights: {unknown} are none of {', '.join(PLACE_NAMES)}")
        if any(not weight > 0 for weight in self.place_weights.values()):
            raise ValueError("place_weights: every weight is above 0; leave a place out to never draw it")
        if self.world == "tabletop":
            self._check_tabletop()
        elif not self.place_weights:
            raise ValueError('place_weights: at least one place is needed, such as {"desk": 1}')

    def _check_tabletop(self) -> None:
        fixed = tabletop_fields()
        for name, value in fixed.items():
            if getattr(self, name) != value:
                raise ValueError(f"{name}: the tabletop world stays as sim-tiny saw it: {value!r}")

    def seeds(self, split: str) -> range:
        """Scene seeds of a split; no scene is in two of them.

        Raises:
            ValueError: no such split.
        """
        if split not in SPLITS:
            raise ValueError(f"split: {split!r} is none of {', '.join(SPLITS)}")
        return (_TABLETOP_SEEDS if self.world == "tabletop" else _PLACES_SEEDS)[split]

    def split_of(self, seed: int) -> str:
        """The split that a scene belongs to.

        Raises:
            ValueError: no split has this seed.
        """
        for split in SPLITS:
            if seed in self.seeds(split):
                return split
        raise ValueError(f"seed: {seed} is in no split; {self.seeds('train')} are those of train")

    def as_json(self) -> dict[str, Any]:
        """All fields, resolved, as plain values in a fixed order."""
        return {**dataclasses.asdict(self), "place_weights": dict(sorted(self.place_weights.items()))}

    @property
    def digest(self) -> str:
        """sha256 of :meth:`as_json`."""
        return hashlib.sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()


def tabletop_fields() -> dict[str, Any]:
    """Fields that the tabletop world does not leave open."""
    return {
        "frames_per_scene": 1,
        "min_questions": 16,
        "max_questions": 20,
        "no_target_share": 0.22,
        "place_weights": {},
        "min_objects": 0,
        "max_objects": 0,
    }


def tabletop(**changes: Any) -> Recipe:
    """Sixteen categories on a table: the world that sim-tiny was trained on, seed for seed."""
    return Recipe(**{"name": "tabletop", "world": "tabletop", **tabletop_fields(), **changes})


def places(**changes: Any) -> Recipe:
    """Every place, weighted so that none dominates."""
    weights = {
        "kitchen counter": 1.5,
        "tabletop": 1.0,
        "shelf": 1.0,
        "desk": 1.0,
        "luggage cart": 0.7,
        "walkway": 1.0,
        "drawer": 0.7,
        "bathroom": 1.0,
        "workbench": 1.0,
    }
    return Recipe(**{"name": "places", "world": "places", "place_weights": weights, **changes})


def pictures(**changes: Any) -> Recipe:
    """Places, each from six cameras, and nothing is asked: to learn to see. Asking costs most of a scene."""
    return places(
        **{"name": "pictures", "frames_per_scene": 6, "min_questions": 0, "max_questions": 0, **changes}
    )


RECIPES = {"tabletop": tabletop, "places": places, "pictures": pictures}


def load_recipe(name_or_path: str, **changes: Any) -> Recipe:
    """A recipe by name, or from a JSON file: ``{"base": "places", "name": "...", ...fields to change}``.

    Raises:
        ValueError: no such recipe or file, or a field that a recipe does not have or that has a wrong type.
    """
    if name_or_path in RECIPES:
        return RECIPES[name_or_path](**changes)
    path = Path(name_or_path)
    if not path.is_file():
        raise ValueError(
            f"recipe: {name_or_path!r} is neither a file nor one of {', '.join(RECIPES)}; give one of these"
        )
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"recipe: {path} is no JSON: {error}") from error
    if not isinstance(fields, dict) or fields.get("base") not in RECIPES:
        raise ValueError(f'recipe: {path} needs "base": one of {", ".join(RECIPES)}')
    base = fields.pop("base")
    _check_types(path, fields)
    return RECIPES[base](**{"name": path.stem, **fields, **changes})


def _check_types(path: Path, fields: dict[str, Any]) -> None:
    kinds: dict[str, Any] = dict(get_type_hints(Recipe))
    kinds["place_weights"] = dict
    for name, value in fields.items():
        if name not in kinds:
            raise ValueError(f"{name}: {path} has it, a recipe does not; fields are {', '.join(kinds)}")
        kind = kinds[name]
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            continue
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise ValueError(f"{name}: {path} gives {value!r}; it must be of type {kind.__name__}")
