"""Start the fusion network from ``sim-tiny``, which this project trained on 180,000 simulated questions.

Its ONNX files hold folded batch norms; they are unfolded on a batch of pictures, so that the network computes
the same in training mode. Its word table becomes a ridge regression from MiniLM's word vectors.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

import converseg_core
from converseg_training.mini.features import FrozenNetworks
from converseg_training.mini.network import FusionNetwork, ImageInputs, PromptInputs

FOLDER = Path(converseg_core.__file__).parent / "bundles" / "sim-tiny"


def warm_start(
    network: FusionNetwork, networks: FrozenNetworks, image: ImageInputs, prompt: PromptInputs
) -> int:
    """Fill ``network`` in place; return how many of its parameters came from ``sim-tiny``.

    Args:
        network: a fresh one.
        networks: MiniLM, for the words.
        image: pictures to unfold batch norms on.
        prompt: prompts on them.
    """
    weights = named_weights(FOLDER / "image_encoder.onnx")
    decoder = named_weights(FOLDER / "prompt_decoder.onnx")
    state = network.state_dict()
    taken: dict[str, NDArray[np.float32]] = {}
    for name, value in weights.items():
        if name.endswith(".weight") and f"image_encoder.{name}" in state:
            taken[f"image_encoder.{name}"] = value
    for name, value in decoder.items():
        own = name.removeprefix("decoder.")
        if own in state and tuple(state[own].shape) == value.shape and own != "positions":
            taken[own] = value
    taken["positions"] = decoder["decoder.positions"] + decoder["conv2d_1"].reshape(128, -1).T
    positions = state["text.positions"].numpy().copy()
    positions[:24] = decoder["slice_1"]
    taken["text.positions"] = positions
    taken["text.started.weight"], taken["text.started.bias"] = _words(
        decoder["decoder.text.words.weight"], networks
    )
    network.load_state_dict(
        {**state, **{name: torch.from_numpy(value.copy()) for name, value in taken.items()}}
    )
    biases = {f"image_encoder.{name}": value for name, value in weights.items()}
    biases |= {name.removeprefix("decoder."): value for name, value in decoder.items()}
    num_per_image = len(prompt.is_word_nl) // len(image.pixels_bchw)
    handles = unfold(network, {k: v for k, v in biases.items() if k.endswith("weight_bias")})
    network.eval()
    with torch.no_grad():
        network(image, prompt, torch.from_numpy(networks.names_ke), num_per_image)
    for handle in handles:
        handle.remove()
    return sum(value.size for value in taken.values())


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


def _words(
    table: NDArray[np.float32], networks: FrozenNetworks
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A linear map from what MiniLM's words start as to the rows of the word table."""
    words = json.loads((FOLDER / "tokenizer.json").read_text())["words"]
    inputs, targets = [], []
    for number, word in enumerate(words, start=1):
        for text in (word, f"the {word} here", f"show me the big {word}"):
            _, started, is_word = networks.language.read(text)
            place = {word: 0, f"the {word} here": 1}.get(text, 4)
            kept = started[is_word]
            if len(kept) - (len(text.split()) - 1) == 1:  # the word is one token
                inputs.append(kept[place])
                targets.append(table[number])
    x = np.concatenate([np.stack(inputs), np.ones((len(inputs), 1))], axis=1).astype(np.float64)
    solved = np.linalg.solve(x.T @ x + 0.3 * np.eye(x.shape[1]), x.T @ np.stack(targets))
    return np.asarray(solved[:-1].T, np.float32), np.asarray(solved[-1], np.float32)


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
