"""What was fitted for the scene reader, and what its columns are called: ``scene.json``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from converseg_core.bundle import BundleError
from converseg_core.bundle.manifest import Calibration

NUM_QUALITY = 6


@dataclass(frozen=True)
class SceneTables:
    """Names, colours, calibrations.

    Attributes:
        names, colors: what the columns of the graphs' outputs mean.
        quality_weights: of :func:`converseg_core.mini.scene.network.quality_facts`, and an offset; together a
            logit of the mask being right (IoU of at least 0.5).
        presence, quality: Platt scalings of the presence logit, and of the weighted facts.
    """

    names: tuple[str, ...]
    colors: tuple[str, ...]
    quality_weights: tuple[float, ...]
    presence: Calibration = field(default_factory=Calibration)
    quality: Calibration = field(default_factory=Calibration)

    @classmethod
    def plain(cls, names: Sequence[str], colors: Sequence[str]) -> SceneTables:
        """Before anything is fitted: confidence is what presence says."""
        return cls(tuple(names), tuple(colors), (1.0, *[0.0] * NUM_QUALITY))

    @classmethod
    def read(cls, path: Path) -> SceneTables:
        """From ``scene.json``.

        Raises:
            BundleError: the file is not what it should be.
        """
        try:
            content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            weights = tuple(float(item) for item in content["quality_weights"])
            if len(weights) != NUM_QUALITY + 1:
                raise ValueError(f"quality_weights: {len(weights)} numbers, not {NUM_QUALITY + 1}")
            scalings = content["calibrations"]
            return cls(
                tuple(map(str, content["names"])),
                tuple(map(str, content["colors"])),
                weights,
                Calibration(**scalings.get("presence", {})),
                Calibration(**scalings.get("quality", {})),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BundleError(f"{path}: not a scene file ({error}); build the model again") from error

    def write(self, path: Path, **facts: object) -> None:
        """To ``scene.json``; ``facts`` about the training are kept beside."""
        content = {
            "names": self.names,
            "colors": self.colors,
            "quality_weights": self.quality_weights,
            "calibrations": {name: getattr(self, name).model_dump() for name in ("presence", "quality")},
            **facts,
        }
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
