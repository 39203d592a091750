"""The authors' language checkpoint -> our names: adapter, backbone, and LoRA weights wrapped inside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from converseg_core.net.importing.tensors import CheckpointError, shortened

_ADAPTER = {
    "txt_norm.weight": "adapter.norm.weight",
    "txt_norm.bias": "adapter.norm.bias",
    "to_sparse.weight": "adapter.sparse.weight",
    "to_sparse.bias": "adapter.sparse.bias",
    "to_dense.0.weight": "adapter.dense.0.weight",
    "to_dense.0.bias": "adapter.dense.0.bias",
    "to_dense.2.weight": "adapter.dense.2.weight",
    "to_dense.2.bias": "adapter.dense.2.bias",
    "scale": "adapter.sparse_scale",
    "temp": "adapter.dense_scale",
}
_LORA = re.compile(r"^(?P<module>.+)\.lora_(?P<side>[AB])(\.default)?\.weight$")


@dataclass(frozen=True, kw_only=True, eq=False)
class LanguageTensors:
    """Tensors under our names.

    Attributes:
        tensors: adapter and backbone, without LoRA.
        lora: module -> (A, B), found inside the file.
        left_out: names without a use here (the language head).
    """

    tensors: dict[str, Tensor]
    lora: dict[str, tuple[Tensor, Tensor]]
    left_out: tuple[str, ...]


def backbone_name(name: str) -> str | None:
    """A tensor or module of transformers' ``*ForConditionalGeneration`` -> ours; None for the head.

    Both layouts are known: ``model.visual`` / ``model.language_model`` and the older ``visual`` / ``model``.
    """
    name = name.removeprefix("base_model.model.").replace(".base_layer.", ".")
    if name.startswith("lm_head."):
        return None
    for old, new in (
        ("model.visual.", "visual."),
        ("model.language_model.", "language_model."),
        ("visual.", "visual."),
        ("model.", "language_model."),
    ):
        if name.startswith(old):
            return f"vlm.backbone.{new}{name[len(old) :]}"
    return f"unplaced.{name}"


def convert_language(original: Mapping[str, Tensor], source: Path | str) -> LanguageTensors:
    """The ``plm`` state dict.

    Raises:
        CheckpointError: a name that belongs nowhere, or a LoRA matrix without its partner.
    """
    tensors: dict[str, Tensor] = {}
    sides: dict[str, Tensor] = {}
    left_out: list[str] = []
    unknown: list[str] = []
    for name, tensor in original.items():
        if name in _ADAPTER:
            tensors[_ADAPTER[name]] = tensor
        elif not name.startswith("backbone."):
            unknown.append(f"unknown tensor {name}")
        elif ".lora_" in name:
            sides[name.removeprefix("backbone.")] = tensor
        else:
            ours = backbone_name(name.removeprefix("backbone."))
            if ours is None:
                left_out.append(name)
            else:
                tensors[ours] = tensor
    if unknown:
        raise CheckpointError(f"{source}: {shortened(unknown)}")
    return LanguageTensors(tensors=tensors, lora=pair_lora(sides, source), left_out=tuple(left_out))


def pair_lora(sides: Mapping[str, Tensor], source: Path | str) -> dict[str, tuple[Tensor, Tensor]]:
    """``...lora_A.weight`` and ``...lora_B.weight`` -> our module name -> (A, B).

    Raises:
        CheckpointError: another name, a missing partner, shapes that do not multiply.
    """
    found: dict[str, dict[str, Tensor]] = {}
    for name, tensor in sides.items():
        parts = _LORA.match(name)
        module = backbone_name(parts["module"]) if parts else None
        if parts is None or module is None:
            raise CheckpointError(f"{source}: unknown tensor {name}")
        found.setdefault(module, {})[parts["side"]] = tensor
    pairs: dict[str, tuple[Tensor, Tensor]] = {}
    for module, pair in found.items():
        if set(pair) != {"A", "B"}:
            raise CheckpointError(f"{source}: {module} has lora_{next(iter(pair))} without its partner")
        down, up = pair["A"], pair["B"]
        if down.ndim != 2 or up.ndim != 2 or down.shape[0] != up.shape[1]:
            raise CheckpointError(
                f"{source}: LoRA of {module} has shapes {tuple(down.shape)} and {tuple(up.shape)}, "
                "which do not multiply"
            )
        pairs[module] = (down, up)
    return pairs
