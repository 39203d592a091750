"""How the trained part of ``mini`` is trained by the loop, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from converseg_training.embedded.losses import LossWeights


@dataclass(frozen=True, kw_only=True)
class MiniTaskConfig:
    """Everything but the data and the schedule.

    Attributes:
        init: an installed ``mini``, by name or folder: its frozen networks and what stays as it is.
        num_questions: questions about each picture that are answered together.
        warm: start from ``sim-tiny``'s weights where they fit; else from random ones.
        width, num_layers: of the network; only the defaults fit ``sim-tiny``.
        init_seed: of the random weights.
    """

    kind: ClassVar[str] = "mini"

    init: str
    num_questions: int = 8
    warm: bool = True
    width: int = 128
    num_layers: int = 3
    init_seed: int = 0
    losses: LossWeights = field(default_factory=lambda: LossWeights(presence=1.0, quality=0.2))

    def __post_init__(self) -> None:
        if self.num_questions < 1:
            raise ValueError(f"num_questions: must be at least 1, not {self.num_questions}")
        if self.warm and (self.width, self.num_layers) != (128, 3):
            raise ValueError("warm: sim-tiny's weights fit width 128 and 3 layers only")


def task_from_json(content: dict[str, Any]) -> MiniTaskConfig:
    """The ``task`` part of a saved configuration.

    Raises:
        ValueError: a field is missing, unknown or out of range.
    """
    fields = dict(content)
    try:
        fields["losses"] = LossWeights(**fields["losses"])
        return MiniTaskConfig(**fields)
    except (KeyError, TypeError) as error:
        raise ValueError(f"config.json: task: {error}; was it written by this version?") from error
