"""SAM 2 tiny's image encoder at 1024 pixels in ONNX Runtime: float32 against 8-bit matrix products.

Random weights; both in one process, in turns, the best of twelve runs each. About two minutes on two cores.

    python benchmarks/sam_encoder_int8.py
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import onnxruntime as ort
import torch
from results import machine, write

from converseg_core.net import presets
from converseg_core.net.architecture.sam2 import Sam2
from converseg_core.net.export.graphs import SamEncoderGraph
from converseg_core.net.export.parity import PartParity, compare_part
from converseg_core.net.export.parts import Part, trace
from converseg_core.net.export.precision import to_int8

NUM_TURNS = 4


def main() -> None:
    """Export, quantise, run in turns, write the rows."""
    torch.manual_seed(0)
    facts = machine() | {"torch": torch.__version__, "onnxruntime": ort.__version__, "weights": "random"}
    part = Part(
        name="sam_encoder",
        module=SamEncoderGraph(Sam2(presets.sam2_config("tiny")).eval()),
        inputs={"pixels": torch.randn(1, 3, 1024, 1024)},
        outputs=("image", "fine", "finest"),
        dynamic={},
    )
    best: dict[str, PartParity] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trace(part, folder / "fp32.onnx")
        shutil.copy(folder / "fp32.onnx", folder / "int8.onnx")
        to_int8(folder / "int8.onnx")
        for _ in range(NUM_TURNS):
            for kind in ("fp32", "int8"):
                measured = compare_part(part, folder / f"{kind}.onnx", num_runs=3)
                if kind not in best or measured.onnx_s < best[kind].onnx_s:
                    best[kind] = measured
    rows: list[dict[str, Any]] = [
        {
            "precision": kind,
            "onnx_ms": parity.onnx_s * 1e3,
            "torch_fp32_ms": parity.torch_s * 1e3,
            "error_against_torch": parity.relative_error,
            "megabytes": parity.num_bytes / 1e6,
            "speed_up": best["fp32"].onnx_s / parity.onnx_s,
        }
        for kind, parity in best.items()
    ]
    write("sam_encoder_int8", facts, list(rows[0]), rows)


if __name__ == "__main__":
    main()
