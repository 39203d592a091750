"""What a further training starts from: the weights that ship, by their names in training, or a run's."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from converseg_training.embedded.export import MIN_INT8_VALUES, int8_rows
from converseg_training.mini.scene.batch import Tables
from converseg_training.mini.scene.model import SceneModel
from converseg_training.mini.scene.run import CHECKPOINT_NAME

SCALE = ":scale"
"""What follows a weight's name in that of the scales of its rows."""
START_PATH = Path(__file__).resolve().parent / "start.safetensors"


def in_training_only(name: str) -> bool:
    """Whether a weight is of no use once training is over: that which tells meanings apart."""
    return name.startswith("reader.meaning.")


def save_start(model: SceneModel, tables: Tables, step: int, path: Path = START_PATH) -> None:
    """Write weights, large ones in a byte each, with names, colours and the step that they are of.

    Each row of a large one has a scale; what is left is in half precision.
    """
    weights: dict[str, torch.Tensor] = {}
    for name, value in model.state_dict().items():
        if in_training_only(name):
            continue
        if value.dtype != torch.float32:
            weights[name] = value.contiguous()
        elif value.ndim < 2 or value.numel() < MIN_INT8_VALUES:
            weights[name] = value.half().contiguous()
        else:
            rounded, scale = int8_rows(value.numpy())
            weights[name], weights[name + SCALE] = torch.from_numpy(rounded), torch.from_numpy(scale)
    listed = {name: json.dumps(items) for name, items in asdict(tables).items()}
    facts = {**listed, "step": str(step)}
    save_file(weights, path, metadata=facts)


def read_tables(path: Path = START_PATH) -> Tables:
    """Names and colours that the weights tell apart, and the meanings that their training did."""
    with safe_open(path, framework="pt") as stored:
        facts = stored.metadata()
    return Tables(*(tuple(json.loads(facts[field.name])) for field in fields(Tables)))


def read_start(path: Path = START_PATH) -> dict[str, torch.Tensor]:
    """The weights by name, in single precision; without what only training uses."""
    with safe_open(path, framework="pt") as stored:
        weights = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - not a mapping
    scales = {name: weights.pop(name + SCALE) for name in list(weights) if name + SCALE in weights}
    for name, value in weights.items():
        if name in scales:
            weights[name] = value.float() * scales[name].view(-1, *[1] * (value.ndim - 1))
        elif value.dtype == torch.float16:
            weights[name] = value.float()
    return weights


def load_start(model: SceneModel, path: Path = START_PATH) -> None:
    """Fill a model of the same size and tables; what only training uses stays as it is.

    Raises:
        RuntimeError: other weights than the model has.
    """
    own = {name: value for name, value in model.state_dict().items() if in_training_only(name)}
    model.load_state_dict({**own, **read_start(path)})


def tables_of(run: Path) -> Tables:
    """Names and colours that a run tells apart, and meanings."""
    return Tables(*map(tuple, torch.load(run / CHECKPOINT_NAME, weights_only=True)["tables"].values()))


def load_weights(model: SceneModel, run: Path) -> None:
    """Fill a model of the same size and tables with the averaged weights of a run.

    Raises:
        RuntimeError: other weights than the model has.
    """
    model.load_state_dict(torch.load(run / CHECKPOINT_NAME, weights_only=True)["average"])
