"""How an embedded network is trained, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from converseg_training.embedded.losses import LossWeights
from converseg_training.embedded.network import NetworkConfig


@dataclass(frozen=True, kw_only=True)
class EmbeddedTaskConfig:
    """Everything but the data and the schedule.

    Attributes:
        words: the closed vocabulary, in the order of the embedding table.
        num_questions: questions about each picture that are answered together: the picture is encoded once.
        num_points: of the image's own resolution for each question, where ``losses.points`` is not 0.
        negatives: how much likelier than others a question without a target is drawn; 0 leaves them out.
        init_seed: of the random weights that every run starts from.
    """

    kind: ClassVar[str] = "embedded"

    words: tuple[str, ...]
    num_questions: int = 8
    num_points: int = 512
    negatives: float = 1.0
    init_seed: int = 0
    network: NetworkConfig = field(default_factory=NetworkConfig)
    losses: LossWeights = field(default_factory=LossWeights)

    def __post_init__(self) -> None:
        if self.num_questions < 1:
            raise ValueError(f"num_questions: must be at least 1, not {self.num_questions}")
        if self.negatives < 0:
            raise ValueError(f"negatives: must be at least 0, not {self.negatives}")


def task_from_json(content: dict[str, Any]) -> EmbeddedTaskConfig:
    """The ``task`` part of a saved configuration.

    Raises:
        ValueError: a field is missing, unknown or out of range.
    """
    fields = dict(content)
    try:
        network: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in fields["network"].items()
        }
        fields["network"] = NetworkConfig(**network)
        fields["losses"] = LossWeights(**fields["losses"])
        fields["words"] = tuple(fields["words"])
        return EmbeddedTaskConfig(**fields)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"config.json: task: {error}; was it written by this version?") from error
