"""A run of the tracker's network -> its graph.

python -m converseg_training.tracking.export --run RUN --out converseg_core/tracking/network/pixels.onnx
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch.export import Dim

from converseg_core.tracking.reading import MULTIPLE, NUM_PLANES
from converseg_training.embedded.export import export_graph
from converseg_training.tracking.network import PixelGraph, PixelModel
from converseg_training.tracking.practice import SIDE
from converseg_training.tracking.train import STATE_NAME

_MOST = 64


def export(run: Path, out: Path) -> None:
    """Write the graph of a run's averaged weights: any sides that are multiples of ``MULTIPLE``."""
    model = PixelModel()
    model.load_state_dict(torch.load(run / STATE_NAME, weights_only=True)["average"])
    rows, columns = Dim("rows", min=1, max=_MOST), Dim("columns", min=1, max=_MOST)
    out.parent.mkdir(parents=True, exist_ok=True)
    export_graph(
        PixelGraph(model).eval(),
        (torch.zeros(1, NUM_PLANES, SIDE, SIDE - MULTIPLE),),
        out,
        ["planes"],
        ["shown"],
        int8=True,
        dynamic_shapes={"planes": {2: MULTIPLE * rows, 3: MULTIPLE * columns}},
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    export(args.run, args.out)


if __name__ == "__main__":
    main()
