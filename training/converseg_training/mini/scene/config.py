"""How the scene reader of ``mini`` is trained by the loop, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from converseg_training.mini.scene.learner import WEIGHTS


@dataclass(frozen=True, kw_only=True)
class SceneTaskConfig:
    """Everything but the data and the schedule.

    Attributes:
        init: an installed ``mini``, by name or folder: its frozen networks and what stays as it is.
        num_questions: questions about each picture that are answered together.
        start: where the weights come from: ``sim-tiny`` (the picture's encoder, the rest random) or
            ``random``.
        width, num_layers: of the reader.
        blind: share of pictures of which the reader is told true names and colours, and no looks.
        found: share of steps that read what the network itself finds, in place of the true things.
        init_seed: of the random weights.
        weights: of the losses.
    """

    kind: ClassVar[str] = "mini"

    init: str
    num_questions: int = 12
    start: str = "sim-tiny"
    width: int = 128
    num_layers: int = 4
    blind: float = 0.4
    found: float = 0.4
    init_seed: int = 0
    weights: dict[str, float] = field(default_factory=lambda: dict(WEIGHTS))

    def __post_init__(self) -> None:
        if self.num_questions < 1:
            raise ValueError(f"num_questions: must be at least 1, not {self.num_questions}")
        if self.start not in ("sim-tiny", "random"):
            raise ValueError(f"start: must be sim-tiny or random, not {self.start!r}")
        for name in ("blind", "found"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}: must lie in [0, 1], not {getattr(self, name)}")
        if set(self.weights) != set(WEIGHTS):
            raise ValueError(f"weights: must name {', '.join(WEIGHTS)}, not {', '.join(self.weights)}")


def task_from_json(content: dict[str, Any]) -> SceneTaskConfig:
    """The ``task`` part of a saved configuration.

    Raises:
        ValueError: a field is missing, unknown or out of range.
    """
    try:
        return SceneTaskConfig(**content)
    except TypeError as error:
        raise ValueError(f"config.json: task: {error}; was it written by this version?") from error
