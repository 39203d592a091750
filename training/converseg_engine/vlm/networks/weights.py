"""Weights in a folder: never from the network, and named by what is in them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch

from converseg_engine.manifest import sha256_of


def weights_id(folder: Path) -> str:
    """Folder name and a short digest of its configuration and weights; part of every mask's provenance.

    Raises:
        ValueError: there are no weights.
    """
    files = sorted(path for path in folder.glob("*") if path.suffix in (".safetensors", ".json"))
    if not any(path.suffix == ".safetensors" for path in files):
        raise ValueError(
            f"path: {folder} has no *.safetensors; download the model's snapshot first and give its folder"
        )
    facts = [[path.name, sha256_of(path)] for path in files]
    return f"{folder.name}@{hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:12]}"


def load(model_class: Any, folder: Path, device: str, dtype: str) -> Any:
    """A model of transformers in evaluation mode.

    Raises:
        ValueError: unknown device or number type.
    """
    kinds = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
    if dtype not in kinds:
        raise ValueError(f"dtype: {dtype!r} is none of {', '.join(kinds)}")
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise ValueError(f"device: {device} is not there; give cpu")
    model = model_class.from_pretrained(folder, local_files_only=True, dtype=kinds[dtype])
    return model.to(device).eval()
