"""The shipped weights before they were rounded to a byte: what a further training starts from."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from converseg_training.mini.scene.batch import Tables
from converseg_training.mini.scene.model import SceneModel

START_PATH = Path(__file__).resolve().parent / "start.safetensors"


def save_start(model: SceneModel, tables: Tables, step: int, path: Path = START_PATH) -> None:
    """Write weights in half precision, with names, colours and the step that they are of."""
    weights = {
        name: value.half().contiguous() if value.dtype == torch.float32 else value.contiguous()
        for name, value in model.state_dict().items()
    }
    facts = {"names": json.dumps(tables.names), "colors": json.dumps(tables.colors), "step": str(step)}
    save_file(weights, path, metadata=facts)


def read_tables(path: Path = START_PATH) -> Tables:
    """Names and colours that the weights tell apart."""
    with safe_open(path, framework="pt") as stored:
        facts = stored.metadata()
    return Tables(tuple(json.loads(facts["names"])), tuple(json.loads(facts["colors"])))


def load_start(model: SceneModel, path: Path = START_PATH) -> None:
    """Fill a model of the same size and tables.

    Raises:
        RuntimeError: other weights than the model has.
    """
    with safe_open(path, framework="pt") as stored:
        weights = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - not a mapping
    model.load_state_dict(
        {name: value.float() if value.dtype == torch.float16 else value for name, value in weights.items()}
    )
