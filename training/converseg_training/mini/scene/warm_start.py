"""Start the picture's side from ``sim-tiny``, which this project trained on 180,000 simulated questions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

import converseg_core
from converseg_training.mini.scene.batch import Batch
from converseg_training.mini.scene.model import SceneModel

FOLDER = Path(converseg_core.__file__).parent / "bundles" / "sim-tiny"


def warm_start(model: SceneModel, batch: Batch) -> int:
    """Fill the image encoder in place; return how many of its parameters came from ``sim-tiny``.

    Its ONNX file holds folded batch norms; they are unfolded on the pictures of ``batch``.
    """
    weights = named_weights(FOLDER / "image_encoder.onnx")
    encoder = model.perception.image_encoder
    state = encoder.state_dict()
    taken = {
        name: torch.from_numpy(value.copy())
        for name, value in weights.items()
        if name.endswith(".weight") and name in state and tuple(state[name].shape) == value.shape
    }
    encoder.load_state_dict({**state, **taken})
    handles = unfold(
        encoder, {name: value for name, value in weights.items() if name.endswith("weight_bias")}
    )
    model.eval()
    with torch.no_grad():
        model.see(batch)
    for handle in handles:
        handle.remove()
    return sum(value.numel() for value in taken.values())


def named_weights(path: Path) -> dict[str, NDArray[np.float32]]:
    """Weights by their names in torch; those of linear layers are found through the bias that follows."""
    graph = onnx.load(path).graph
    values = {
        item.name.removesuffix(".half"): numpy_helper.to_array(item).astype(np.float32)
        for item in graph.initializer
    }
    makers = {name: node for node in graph.node for name in node.output}
    for node in graph.node:
        if node.op_type != "Add":
            continue
        for bias, product in (tuple(node.input), tuple(node.input)[::-1]):
            maker = makers.get(product)
            if bias.endswith(".bias") and maker is not None and maker.op_type == "MatMul":
                values[bias.removesuffix("bias") + "weight"] = values[maker.input[1]].T
    return values


def unfold(network: nn.Module, biases: dict[str, NDArray[np.float32]]) -> list[RemovableHandle]:
    """Hooks that set each batch norm to convolution + folded bias, in training and in use, as data passes."""
    handles = []
    for name, module in network.named_modules():
        if not isinstance(module, nn.BatchNorm2d):
            continue
        conv = name.replace(".norm", ".second") if name.endswith(".norm") else name[:-1] + "0"
        bias = torch.from_numpy(biases[f"{conv}.weight_bias"])

        def settle(norm: nn.Module, inputs: tuple[Tensor, ...], bias: Tensor = bias) -> None:
            assert isinstance(norm, nn.BatchNorm2d)
            assert norm.running_mean is not None and norm.running_var is not None
            mean, variance = inputs[0].mean((0, 2, 3)), inputs[0].var((0, 2, 3))
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(variance)
            norm.weight.data.copy_((variance + norm.eps).sqrt())
            norm.bias.data.copy_(mean + bias)

        handles.append(module.register_forward_pre_hook(settle))
    return handles
