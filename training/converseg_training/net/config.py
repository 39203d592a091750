"""How a ConverSeg-Net is trained, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

TINY = "tiny"
"""In place of a bundle: a small network with random weights."""
LANGUAGE_LAYERS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""By name, as the paper's LoRA: this also matches the MLPs of the vision tower."""


@dataclass(frozen=True, kw_only=True)
class LossWeights:
    """Weight of each term; 0 leaves a term out. The defaults are the paper's (arXiv 2602.13195)."""

    bce: float = 1.0
    dice: float = 0.25
    points: float = 0.0
    iou: float = 0.0
    presence: float = 0.0
    quality: float = 0.0

    def __post_init__(self) -> None:
        if min(vars(self).values()) < 0:
            raise ValueError(f"weights: none may be below 0, not {vars(self)}")
        if self.quality and not self.presence:
            raise ValueError("quality: is trained together with presence; give presence a weight too")


@dataclass(frozen=True, kw_only=True)
class LoraConfig:
    """Low-rank updates of the language model; rank 0 leaves it frozen."""

    rank: int = 16
    alpha: float = 32.0
    dropout: float = 0.05
    modules: tuple[str, ...] = LANGUAGE_LAYERS


@dataclass(frozen=True, kw_only=True)
class NetTaskConfig:
    """Everything but the data and the schedule.

    Attributes:
        init: bundle folder to start from, or ``tiny`` for a small network with random weights.
        init_seed: of random weights.
        frozen_type: number type of weights that are not trained.
        erode_px: side of the square that truths are eroded with, on the canvas; 0 for no erosion.
        num_points: points of the point-sampled loss for each row.
        confidence: train a head for presence and quality.
        checkpoint_layers: compute the language layers a second time instead of keeping what is inside them.
    """

    kind: ClassVar[str] = "net"

    init: str
    init_seed: int = 0
    frozen_type: Literal["fp32", "bf16"] = "bf16"
    lora: LoraConfig = field(default_factory=LoraConfig)
    losses: LossWeights = field(default_factory=LossWeights)
    erode_px: int = 5
    num_points: int = 1024
    confidence: bool = False
    checkpoint_layers: bool = True

    def __post_init__(self) -> None:
        if self.losses.presence and not self.confidence:
            raise ValueError("losses.presence: needs confidence = true, the head that it trains")
        if self.confidence and not self.losses.presence:
            raise ValueError("confidence: an untrained head would lie; give losses.presence a weight")


def task_from_json(content: dict[str, Any]) -> NetTaskConfig:
    """The ``task`` part of a saved configuration.

    Raises:
        ValueError: a field is missing, unknown or out of range.
    """
    fields = dict(content)
    try:
        lora = dict(fields["lora"])
        fields["lora"] = LoraConfig(**{**lora, "modules": tuple(lora["modules"])})
        fields["losses"] = LossWeights(**fields["losses"])
        return NetTaskConfig(**fields)
    except (KeyError, TypeError) as error:
        raise ValueError(f"config.json: task: {error}; was it written by this version?") from error
