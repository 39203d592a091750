"""Make the graph definitions of ``mini``: graphs without weights, and tables that say where the weights lie.

    python -m converseg_training.mini.graphs --parts FOLDER_OF_PACKAGE_FILES --out converseg_core/mini/graphs

Run once by a developer; the results are committed. Set-up and runtime need neither onnx nor torch.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from converseg_training.mini.detector_graph import convert
from converseg_training.mini.encoder_graph import dynamic_encoder
from converseg_training.mini.nanodet_graph import convert as convert_nanodet


def main() -> None:
    """Write the five graphs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    encoder = onnx.load(args.parts / "encoder.onnx")
    constants_to_initializers(encoder)
    encoder = dynamic_encoder(encoder)
    strip(encoder, args.parts / "encoder.onnx", "fp16", args.out / "encoder.onnx")
    sam = onnx.load(args.parts / "sam.onnx")
    keep_low_resolution(sam)
    strip(sam, args.parts / "sam.onnx", "fp16", args.out / "sam.onnx")
    language = export_language(args.parts / "model.safetensors")
    strip(language, args.parts / "model.safetensors", "int8", args.out / "language.onnx")
    detector, table = convert(args.parts / "frozen_inference_graph.pb")
    _write(detector, table, args.out / "detector.onnx")
    nanodet, table = convert_nanodet(args.parts / "nanodet.json", args.parts / "nanodet.bin")
    _write(nanodet, table, args.out / "nanodet.onnx")


def keep_low_resolution(model: onnx.ModelProto) -> None:
    """Drop the full-size masks: the runtime resizes the 256x256 ones itself."""
    wanted = {"low_res_masks", "iou_predictions"}
    for output in [item for item in model.graph.output if item.name not in wanted]:
        model.graph.output.remove(output)
    makers = {name: node for node in model.graph.node for name in node.output}
    needed: set[str] = set()
    waiting = sorted(wanted)
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        needed.add(name)
        if name in makers:
            waiting += [item for item in makers[name].input if item]
    for node in [item for item in model.graph.node if not needed & set(item.output)]:
        model.graph.node.remove(node)
    for weight in [item for item in model.graph.initializer if item.name not in needed]:
        model.graph.initializer.remove(weight)
    for value in [item for item in model.graph.input if item.name not in needed]:
        model.graph.input.remove(value)


def export_language(path: Path) -> onnx.ModelProto:
    """MiniLM: ids and attention mask (1, L) -> (1, L, 384) last states of tokens, and first ones."""
    import torch
    from safetensors.torch import load_file
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=30522,
        hidden_size=384,
        num_hidden_layers=6,
        num_attention_heads=12,
        intermediate_size=1536,
        attn_implementation="eager",
    )
    bert = BertModel(config, add_pooling_layer=False).eval()
    state = {name: value for name, value in load_file(path).items() if not name.startswith("pooler")}
    missing, unexpected = bert.load_state_dict(state, strict=False)
    if [name for name in missing if "position_ids" not in name] or [
        name for name in unexpected if "position_ids" not in name
    ]:
        raise ValueError(f"{path}: not MiniLM-L6: missing {missing}, unexpected {unexpected}")

    class States(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = bert

        def forward(self, ids: torch.Tensor, attention: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            result = self.bert(input_ids=ids, attention_mask=attention, output_hidden_states=True)
            return result.last_hidden_state, result.hidden_states[0]

    ids = torch.full((1, 8), 1000)
    with tempfile.TemporaryDirectory() as folder:
        exported = Path(folder) / "language.onnx"
        torch.onnx.export(
            States(),
            (ids, torch.ones_like(ids)),
            exported,
            input_names=["ids", "attention"],
            output_names=["states", "words"],
            dynamic_shapes={
                "ids": {1: torch.export.Dim("length", min=2, max=128)},
                "attention": {1: torch.export.Dim("length", min=2, max=128)},
            },
            dynamo=True,
            opset_version=18,
            external_data=False,
        )
        return onnx.load(exported)


def strip(model: onnx.ModelProto, source: Path, storage: str, out: Path) -> None:
    """Replace each float weight by a reference; write the graph and its table.

    A weight that can't be found in ``source`` (as it is, or transposed) stays inside where it is a constant
    of a few numbers that the exporter made, and is an error where it is large.
    """
    content = source.read_bytes()
    constants_to_initializers(model)
    table: dict[str, dict[str, Any]] = {}
    offset_in_file = 0
    for weight in model.graph.initializer:
        value = numpy_helper.to_array(weight)
        if value.dtype != np.float32 or value.size < 8:
            continue
        offset, axes = _find(content, value)
        if offset < 0:
            if value.size > 256:
                raise ValueError(f"{out.name}: weight {weight.name} {value.shape} is not in {source.name}")
            continue
        table[weight.name] = {
            "file": source.name,
            "offset": offset,
            "shape": list(value.shape),
            "axes": axes,
            "storage": storage if value.ndim > 1 else "fp32",
        }
        weight.ClearField("raw_data")
        weight.ClearField("float_data")
        weight.data_location = onnx.TensorProto.EXTERNAL
        del weight.external_data[:]
        for key, item in (("location", "weights"), ("offset", offset_in_file), ("length", value.nbytes)):
            weight.external_data.add(key=key, value=str(item))
        offset_in_file += value.nbytes
    _write(model, table, out)


def _write(model: onnx.ModelProto, table: dict[str, dict[str, Any]], out: Path) -> None:
    out.write_bytes(model.SerializeToString())
    out.with_suffix(".json").write_text(json.dumps(table, separators=(",", ":"), sort_keys=True) + "\n")
    print(f"{out}: {out.stat().st_size} bytes, {len(table)} weights outside")


def constants_to_initializers(model: onnx.ModelProto) -> None:
    """Large constants are weights too (tables of relative positions); notes of the exporter go."""
    for node in list(model.graph.node):
        node.doc_string = ""
        del node.metadata_props[:]
        if node.op_type != "Constant" or node.attribute[0].name != "value":
            continue
        value = numpy_helper.to_array(node.attribute[0].t)
        if value.size >= 64:
            model.graph.initializer.append(numpy_helper.from_array(value, node.output[0]))
            model.graph.node.remove(node)
    del model.graph.value_info[:]
    del model.metadata_props[:]


def _find(content: bytes, value: NDArray[np.float32]) -> tuple[int, list[int] | None]:
    offset = content.find(np.ascontiguousarray(value).tobytes())
    if offset >= 0 or value.ndim != 2:
        return offset, None
    return content.find(np.ascontiguousarray(value.T).tobytes()), [1, 0]


if __name__ == "__main__":
    main()
