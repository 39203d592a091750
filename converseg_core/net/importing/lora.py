"""A PEFT LoRA folder: read, check that it is plain LoRA, merge."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from converseg_core.net.importing.language_names import pair_lora
from converseg_core.net.importing.tensors import CheckpointError, read_tensors

# Options that change the arithmetic; each is refused unless it has its neutral value.
_NEUTRAL: dict[str, tuple[object, ...]] = {
    "use_rslora": (False, None),
    "use_dora": (False, None),
    "fan_in_fan_out": (False, None),
    "bias": ("none", None),
    "rank_pattern": ({}, None),
    "alpha_pattern": ({}, None),
    "modules_to_save": ([], None),
    "layer_replication": ([], None),
    "lora_bias": (False, None),
    "alora_invocation_tokens": ([], None),
    "trainable_token_indices": ([], None),
    "target_parameters": ([], None),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Lora:
    """Low-rank updates: weight += alpha / rank * B @ A for each module."""

    pairs: dict[str, tuple[Tensor, Tensor]]
    rank: int
    alpha: float


def read_lora(folder: Path) -> Lora:
    """Read ``adapter_config.json`` and the weights beside it.

    Raises:
        CheckpointError: a missing or broken file, or an option beyond plain LoRA.
    """
    config_path = folder / "adapter_config.json"
    try:
        config = json.loads(config_path.read_text())
    except OSError as error:
        raise CheckpointError(f"{config_path}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{config_path}: not valid JSON ({error})") from error
    if not isinstance(config, dict) or config.get("peft_type") != "LORA":
        raise CheckpointError(f"{config_path}: peft_type must be LORA")
    for name, neutral in _NEUTRAL.items():
        if config.get(name) not in neutral:
            raise CheckpointError(
                f"{config_path}: {name} = {config[name]!r} is not supported; merge with PEFT first"
            )
    rank, alpha = config.get("r"), config.get("lora_alpha")
    if not isinstance(rank, int) or isinstance(rank, bool) or rank < 1:
        raise CheckpointError(f"{config_path}: r must be a positive whole number, not {rank!r}")
    if not isinstance(alpha, (int, float)) or isinstance(alpha, bool):
        raise CheckpointError(f"{config_path}: lora_alpha must be a number, not {alpha!r}")
    path = folder / "adapter_model.safetensors"
    if not path.is_file() and (folder / "adapter_model.bin").is_file():
        path = folder / "adapter_model.bin"
    pairs = pair_lora(read_tensors(path), path)
    for module, (down, _) in pairs.items():
        if down.shape[0] != rank:
            raise CheckpointError(f"{path}: LoRA of {module} has rank {down.shape[0]}, not {rank}")
    return Lora(pairs=pairs, rank=rank, alpha=float(alpha))


def merge(tensors: Mapping[str, Tensor], lora: Lora, source: Path | str) -> dict[str, Tensor]:
    """Tensors with the updates added; computed in float32, stored in each tensor's own type.

    Raises:
        CheckpointError: an update for a module that is not there, or of another shape.
    """
    merged = dict(tensors)
    for module, (down, up) in lora.pairs.items():
        name = f"{module}.weight"
        base = tensors.get(name)
        if base is None:
            raise CheckpointError(f"{source}: LoRA for {module}, which the network does not have")
        if base.shape != (up.shape[0], down.shape[1]):
            raise CheckpointError(
                f"{source}: LoRA of {module} gives {up.shape[0]}x{down.shape[1]}, "
                f"but the weight is {'x'.join(str(side) for side in base.shape)}"
            )
        update = (up.float() @ down.float()) * (lora.alpha / lora.rank)
        merged[name] = (base.float() + update).to(base.dtype)
    return merged
