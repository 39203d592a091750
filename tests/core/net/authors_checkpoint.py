"""A tiny checkpoint in the authors' released format, on the weights of the golden numbers."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from converseg_core.net.importing.checkpoint import Imported, Sources, import_checkpoint
from tests.core.net import tiny
from tests.core.net.seeded import seeded

GOLDEN = Path(__file__).parent / "golden"


@functools.cache
def golden() -> dict[str, Any]:
    """How the numbers were made, cases, shapes of the original tensors."""
    content: dict[str, Any] = json.loads((GOLDEN / "authors.json").read_text())
    return content


def arrays() -> dict[str, np.ndarray]:
    """The golden numbers."""
    with np.load(GOLDEN / "authors.npz") as stored:
        return dict(stored)


def tensors(kind: str) -> dict[str, torch.Tensor]:
    """Original names -> weights, of ``sam`` or ``plm``."""
    made = {}
    for name, shape in golden()[kind].items():
        source = name.replace("lm_head", "model.language_model.embed_tokens")
        made[name] = torch.from_numpy(seeded(source, shape))
    return made


def lora_tensors() -> dict[str, torch.Tensor]:
    """The PEFT folder's tensors: those inside the language checkpoint, under PEFT's file names."""
    made = {}
    for name, shape in golden()["lora"].items():
        inner = "backbone." + name.replace("_A.weight", "_A.default.weight").replace(
            "_B.weight", "_B.default.weight"
        )
        made[name] = torch.from_numpy(seeded(inner, shape))
    return made


def write(folder: Path) -> Sources:
    """Write all files as the authors release them."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.save({"model": tensors("sam")}, folder / "fine_tuned.torch")
    torch.save({"plm": tensors("plm")}, folder / "fine_tuned_plm_final.torch")
    lora = folder / "lora_plm_adapter_final"
    lora.mkdir()
    save_file(lora_tensors(), lora / "adapter_model.safetensors")
    (lora / "adapter_config.json").write_text(json.dumps(golden()["adapter_config"]))
    return Sources(
        sam_path=folder / "fine_tuned.torch",
        language_path=folder / "fine_tuned_plm_final.torch",
        lora_path=lora,
        tokenizer_path=tiny.write_tokenizer(folder),
    )


def run_import(sources: Sources, out_path: Path, *, mode: str = "reference", **options: Any) -> Imported:
    """Import with the tiny configuration."""
    return import_checkpoint(
        sources,
        tiny.config(mode=mode),
        out_path,
        name="tiny-net",
        licence="none: random weights",
        training_data="none",
        **options,
    )
