"""The files of a ConverSeg-Net bundle: LoRA merged, weights under their plain names."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from converseg_core.net.architecture.build import build_empty, expected_tensors, type_for
from converseg_core.net.architecture.network import ConverSegNet
from converseg_core.net.config import ARCHITECTURE
from converseg_core.net.importing.checkpoint import IMAGENET_MEAN, IMAGENET_STD
from converseg_core.net.importing.lora import Lora, merge
from converseg_core.net.importing.tensors import match
from converseg_core.net.weights import WEIGHTS_NAME, write_tensors
from converseg_training.loop.task import Exported
from converseg_training.net.config import TINY, NetTaskConfig
from converseg_training.net.start import Start

_PEFT = ".default.weight"


def merged_tensors(network: ConverSegNet, config: NetTaskConfig, half: bool) -> dict[str, Tensor]:
    """The network's tensors under their plain names, low-rank updates added; float types as stored."""
    plain: dict[str, Tensor] = {}
    sides: dict[str, dict[str, Tensor]] = {}
    for name, tensor in network.state_dict().items():
        if ".lora_" in name:
            module, _, side = name.removesuffix(_PEFT).rpartition(".lora_")
            sides.setdefault(module, {})[side] = tensor
        else:
            plain[name.replace(".base_layer.", ".")] = tensor
    pairs = {module: (found["A"], found["B"]) for module, found in sides.items()}
    if pairs:
        plain = merge(plain, Lora(pairs=pairs, rank=config.lora.rank, alpha=config.lora.alpha), "run")
    dtype = torch.bfloat16 if half else torch.float32
    return {name: tensor.to(type_for(name, dtype)) for name, tensor in plain.items()}


def export_net(network: ConverSegNet, config: NetTaskConfig, start: Start, folder: Path) -> Exported:
    """Weights, configuration and tokenizer into a bundle's folder.

    Raises:
        CheckpointError: a tensor that the configuration does not know, or one that is missing.
    """
    tensors = merged_tensors(network, config, half=config.frozen_type == "bf16")
    net = start.config
    match(tensors, expected_tensors(build_empty(net)), "run")
    write_tensors(tensors, folder / WEIGHTS_NAME)
    (folder / "config.json").write_text(net.to_json(), encoding="utf-8")
    (folder / "tokenizer.json").write_text(start.tokenizer_json, encoding="utf-8")
    notes = ["It started from a tiny network of random weights: a test of the tools, not a model."]
    return Exported(
        files={"weights": WEIGHTS_NAME, "config": "config.json", "tokenizer": "tokenizer.json"},
        architecture=ARCHITECTURE,
        preprocessing={
            "height": net.canvas_size, "width": net.canvas_size, "mean": IMAGENET_MEAN, "std": IMAGENET_STD,
            "resize": "letterbox",
        },
        has_confidence=net.has_confidence_head,
        notes=tuple(notes) if config.init == TINY else (),
    )  # fmt: skip
