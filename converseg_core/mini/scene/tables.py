"""What was fitted for the scene reader, and what its columns are called: ``scene.json``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from converseg_core.bundle import BundleError
from converseg_core.bundle.manifest import Calibration

NUM_FACTS = 6


@dataclass(frozen=True)
class SceneTables:
    """Names, colours, calibrations.

    Attributes:
        names, colors: what the columns of the graphs' outputs mean.
        presence_weights, quality_weights: of :func:`converseg_core.mini.scene.network.answer_facts`, and an
            offset; together logits of something fitting, and of the mask being right (IoU of at least 0.5).
        meant_scale, meant_offset: from a thing's logit of being meant to that of a probability.
        min_presence: least probability of something fitting at which a mask is answered.
        presence, quality: Platt scalings of the two logits.
    """

    names: tuple[str, ...]
    colors: tuple[str, ...]
    presence_weights: tuple[float, ...]
    quality_weights: tuple[float, ...]
    meant_scale: float = 1.0
    meant_offset: float = 0.0
    min_presence: float = 0.5
    presence: Calibration = field(default_factory=Calibration)
    quality: Calibration = field(default_factory=Calibration)

    @classmethod
    def plain(cls, names: Sequence[str], colors: Sequence[str]) -> SceneTables:
        """Before anything is fitted: confidence is what presence says."""
        weights = (1.0, *[0.0] * NUM_FACTS)
        return cls(tuple(names), tuple(colors), weights, weights)

    @classmethod
    def read(cls, path: Path) -> SceneTables:
        """From ``scene.json``.

        Raises:
            BundleError: the file is not what it should be.
        """
        try:
            content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            weights: dict[str, tuple[float, ...]] = {}
            for name in ("presence_weights", "quality_weights"):
                weights[name] = tuple(float(item) for item in content[name])
                if len(weights[name]) != NUM_FACTS + 1:
                    raise ValueError(f"{name}: {len(weights[name])} numbers, not {NUM_FACTS + 1}")
            scalings = content["calibrations"]
            return cls(
                tuple(map(str, content["names"])),
                tuple(map(str, content["colors"])),
                weights["presence_weights"],
                weights["quality_weights"],
                float(content["meant_scale"]),
                float(content["meant_offset"]),
                float(content["min_presence"]),
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
            "presence_weights": self.presence_weights,
            "quality_weights": self.quality_weights,
            "meant_scale": self.meant_scale,
            "meant_offset": self.meant_offset,
            "min_presence": self.min_presence,
            "calibrations": {name: getattr(self, name).model_dump() for name in ("presence", "quality")},
            **facts,
        }
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
