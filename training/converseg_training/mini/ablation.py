"""What the fusion network of ``mini`` owes to each part of its training: short runs, one thing left out.

    python -m converseg_training.mini.ablation --bundle MINI --cache C --work DIR --num-steps N --out T.json

Each variant is trained by ``converseg_training.mini.train``: ``pretrain``, then ``fold --fold 0``, N steps
each. It is measured at the network's own resolution on the validation scenes and on the photos of fold 0,
which no variant has seen. A killed run goes on when started again. T.md is written beside T.json. Without
pretrained vision the detector is withheld and sim-tiny gives no start; the sentence encoder stays.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from converseg_training.mini.batches import PictureSet, Words
from converseg_training.mini.network import FusionNetwork, ImageInputs, PromptInputs
from converseg_training.mini.train import CHECKPOINT_NAME, evaluate, photo_paths

VARIANTS: Mapping[str, tuple[str, ...]] = {
    "everything": (),
    "without simulated scenes": ("--num-sim", "0"),
    "without photos": ("--num-photos", "0"),
    "without pretrained vision": ("--blind", "--cold"),
    "without negatives": ("--no-negatives",),
}
_COLUMNS = (
    ("sim all", "simulated"),
    ("sim no-target", "nothing there"),
    ("photo all", "photos"),
    ("photo no-target", "nothing there"),
)


class Withheld(nn.Module):
    """A network that gets nothing of the pretrained detector: zeros, as in its training."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, image: ImageInputs, prompt: PromptInputs, names_ke: Tensor, num_per_image: Sequence[int]
    ) -> dict[str, Tensor]:
        """As the network's own, on pictures without features and detections."""
        blank = replace(
            image,
            semantic_bchw=torch.zeros_like(image.semantic_bchw),
            middle_bchw=torch.zeros_like(image.middle_bchw),
            painted_bkhw=torch.zeros_like(image.painted_bkhw),
        )
        answer: dict[str, Tensor] = self.network(blank, prompt, names_ke, num_per_image)
        return answer


def train_commands(
    flags: Sequence[str], *, bundle: Path, cache: Path, folder: Path, num_steps: int
) -> list[list[str]]:
    """The two command lines of one variant."""
    start = [sys.executable, "-m", "converseg_training.mini.train"]
    common = ["--cache", str(cache), "--num-steps", str(num_steps), *flags]
    first, second = folder / "pretrain", folder / "fold-0"
    return [
        [*start, "pretrain", "--bundle", str(bundle), "--out", str(first), *common],
        [*start, "fold", "--fold", "0", "--start", str(first), "--out", str(second), *common],
    ]


def measure(run: Path, cache: Path, *, withheld: bool) -> dict[str, float]:
    """Mean IoU of a trained variant, by set and family; a right "nothing there" counts 1."""
    words = Words(cache)
    network = FusionNetwork()
    network.load_state_dict(torch.load(run / CHECKPOINT_NAME, weights_only=True)["average"])
    asked: nn.Module = Withheld(network) if withheld else network
    sets = {"sim": sorted(cache.glob("sim-val-*.npz")), "photo": photo_paths(cache, only_fold=0)}
    figures: dict[str, float] = {}
    for name, paths in sets.items():
        found = evaluate(asked, PictureSet(paths, words), words)  # type: ignore[arg-type]
        figures |= {f"{name} {key.removeprefix('val_')}": value for key, value in found.items()}
    return figures


def table(rows: Mapping[str, Mapping[str, float]], num_steps: int) -> str:
    """The ablation as Markdown."""
    lines = [
        f"Two stages of {num_steps} steps each, measured at the network's resolution: validation scenes, and",
        "the photos of fold 0 with the questions of the training templates.",
        "",
        "| | " + " | ".join(title for _, title in _COLUMNS) + " |",
        "| --- |" + " --- |" * len(_COLUMNS),
    ]
    for name, figures in rows.items():
        cells = [f"{figures[key]:.3f}" if key in figures else "-" for key, _ in _COLUMNS]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Train, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--num-steps", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    rows: dict[str, dict[str, float]] = {}
    for name, flags in VARIANTS.items():
        folder = args.work / name.replace(" ", "-")
        commands = train_commands(
            flags, bundle=args.bundle, cache=args.cache, folder=folder, num_steps=args.num_steps
        )
        for command in commands:
            subprocess.run(command, check=True)
        rows[name] = measure(folder / "fold-0", args.cache, withheld="--blind" in flags)
        args.out.write_text(json.dumps({"num_steps": args.num_steps, "rows": rows}, indent=1) + "\n")
        args.out.with_suffix(".md").write_text(table(rows, args.num_steps))


if __name__ == "__main__":
    main()
