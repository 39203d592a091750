"""What a run is told: models, masks, budgets, splits; read from a TOML file, checked, and digested."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from converseg_core.evaluation.dataset import CONCEPTS
from converseg_engine.vlm.endpoint import Endpoint, check_verifier
from converseg_engine.vlm.limits import Budget, Budgets
from converseg_engine.vlm.prompt_texts import VERSIONS, source_text

T = TypeVar("T")
DEFAULT_SPLITS = {"train": 0.9, "val": 0.05, "test": 0.05}


@dataclass(frozen=True, kw_only=True)
class MaskSettings:
    """Which finder and which pool make masks.

    Attributes:
        finder: a name of the registry, or of an entry point in ``converseg.region_finders``.
        pool: the same for ``converseg.mask_pools``; "" for no refining.
        finder_options, pool_options: arguments of what makes them.
    """

    finder: str
    pool: str = ""
    finder_options: Mapping[str, Any] = field(default_factory=dict)
    pool_options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All of it.

    Attributes:
        generator: describes scenes and writes prompts.
        verifier: gives verdicts, at temperature 0; better of another family than the generator.
        masks: what makes masks.
        budgets: what may be spent.
        concepts: families to ask about.
        max_side: longest side of the pictures that models are shown, pixels.
        photos_per_task: photos in a task; cannot be changed later.
        photos_at_once: photos that a worker has under way.
        splits: share of photos in each split.
        balance: whether the export keeps families and no-target rows within their shares.
        seed: of splits and of the choice of rows.
    """

    generator: Endpoint
    verifier: Endpoint
    masks: MaskSettings
    budgets: Budgets = field(default_factory=Budgets)
    concepts: tuple[str, ...] = CONCEPTS
    max_side: int = 1024
    photos_per_task: int = 64
    photos_at_once: int = 32
    splits: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_SPLITS))
    balance: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        check_verifier(self.verifier)
        unknown = [concept for concept in self.concepts if concept not in CONCEPTS]
        if unknown or not self.concepts:
            raise ValueError(f"concepts: {unknown} are none of {', '.join(CONCEPTS)}")
        if not 128 <= self.max_side <= 4096:
            raise ValueError("max_side: 128 to 4096 pixels")
        if min(self.photos_per_task, self.photos_at_once) < 1:
            raise ValueError("photos_per_task, photos_at_once: at least 1")
        if (
            not self.splits
            or abs(sum(self.splits.values()) - 1) > 1e-9
            or min(self.splits.values()) < 0
            or not all(name.isidentifier() for name in self.splits)
        ):
            raise ValueError("splits: shares of 0 or more that add up to 1, such as {train = 0.9, val = 0.1}")

    def rows_digest(self) -> str:
        """sha256 of everything that decides rows; addresses, prices, budgets and speeds do not."""
        models = [
            {"model": e.model, "revision": e.revision, "sampling": vars(e.sampling), "extra": e.extra}
            for e in (self.generator, self.verifier)
        ]
        facts = {
            "format": 1,
            "models": models,
            "masks": dataclasses.asdict(self.masks),
            "concepts": self.concepts,
            "max_side": self.max_side,
            "texts": {name: hashlib.sha256(source_text(name).encode()).hexdigest() for name in VERSIONS},
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def read_settings(path: Path) -> Settings:
    """Read a TOML file.

    Raises:
        ValueError: no file, no TOML, or a field that is missing, unknown or wrong; names it.
    """
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"settings: {path} cannot be read ({error.strerror}); give a TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"settings: {path} is no TOML: {error}") from error
    return settings_from(fields)


def settings_from(fields: Mapping[str, Any]) -> Settings:
    """Settings from plain values.

    Raises:
        ValueError: a field is missing, unknown or wrong; names it.
    """
    rest = dict(fields)
    for name in ("generator", "verifier", "masks"):
        if not isinstance(rest.get(name), Mapping):
            raise ValueError(f"{name}: the section [{name}] is missing")
    budget = dict(rest.pop("budget", {}))
    stages = budget.pop("stages", {})
    if not isinstance(stages, Mapping):
        raise ValueError("budget.stages: sections such as [budget.stages.region]")
    budgets = Budgets(
        total=_build(Budget, "budget", budget),
        stages={name: _build(Budget, f"budget.stages.{name}", one) for name, one in stages.items()},
    )
    parts = {
        "generator": _build(Endpoint, "generator", rest.pop("generator")),
        "verifier": _build(Endpoint, "verifier", rest.pop("verifier")),
        "masks": _build(MaskSettings, "masks", rest.pop("masks")),
        "budgets": budgets,
    }
    if "concepts" in rest:
        rest["concepts"] = tuple(rest["concepts"])
    return _build(Settings, "settings", {**rest, **parts})


def _build(kind: type[T], section: str, fields: Mapping[str, Any]) -> T:
    if not isinstance(fields, Mapping):
        raise ValueError(f"{section}: a section with fields is needed")
    known = {one.name: one for one in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for name, value in fields.items():
        if name not in known:
            raise ValueError(f"{section}.{name}: there is no such field; there are {', '.join(known)}")
        wanted = known[name].type
        kinds = {"str": (str,), "int": (int,), "float": (int, float), "bool": (bool,)}.get(str(wanted))
        if kinds and (not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)):
            raise ValueError(f"{section}.{name}: {value!r} must be of type {wanted}")
    for name, one in known.items():
        required = one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
        if required and name not in fields:
            raise ValueError(f"{section}.{name}: is missing")
    try:
        return kind(**fields)
    except ValueError as error:
        raise ValueError(f"{section}.{error}") from error
