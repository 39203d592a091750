"""A run that learnt to see and one that learnt to read -> a run that goes on with both.

    python -m converseg_training.mini.scene.join --see RUN --read RUN --crops CROPS --out RUN

From the first what sees and names, from the second all else, weights and the optimiser's state alike; the
step is the larger of both. CROPS is of ``scene.train_crops``: its network takes the place of the run's, or is
mixed with it (``--share``). ``scene.train`` goes on from there.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from converseg_training.mini.scene.crop_data import CROPS_NAME
from converseg_training.mini.scene.model import SceneModel
from converseg_training.mini.scene.run import CHECKPOINT_NAME, SceneConfig, SceneRun
from converseg_training.mini.scene.start import tables_of
from converseg_training.mini.scene.things import WORD_SIZE

SEEING = ("perception.", "reader.names.")


def open_run(folder: Path) -> SceneRun:
    """A run as it was left.

    Raises:
        FileNotFoundError: there is none.
    """
    path = folder / CHECKPOINT_NAME
    if not path.exists():
        raise FileNotFoundError(f"{path}: no run there; `scene.train` makes one")
    tables = tables_of(folder)
    model = SceneModel(
        tables.names,
        torch.zeros(len(tables.names), WORD_SIZE),
        torch.zeros(len(tables.colors), WORD_SIZE),
        num_meanings=len(tables.meanings),
    )
    run = SceneRun(SceneConfig(**json.loads((folder / "config.json").read_text())), folder, model, tables)
    run.resume()
    return run


def join(see: SceneRun, read: SceneRun, out: Path) -> SceneRun:
    """The run that goes on with both; not saved yet.

    Raises:
        ValueError: they tell other names or colours apart.
    """
    for name in ("names", "colors"):
        if getattr(see.tables, name) != getattr(read.tables, name):
            raise ValueError(f"{name}: those of {see.folder} are not those of {read.folder}")
    read.folder, read.step = out, max(see.step, read.step)
    for mine, other in ((read.model, see.model), (read.average, see.average)):
        seen = {name: value for name, value in other.state_dict().items() if name.startswith(SEEING)}
        mine.load_state_dict({**mine.state_dict(), **seen})
    others = dict(see.model.named_parameters())
    for name, weight in read.model.named_parameters():
        if name.startswith(SEEING) and others[name] in see.optimizer.state:
            read.optimizer.state[weight] = see.optimizer.state[others[name]]
    return read


def mixed(weights: Mapping[str, Tensor], others: Mapping[str, Tensor], share: float) -> dict[str, Tensor]:
    """By name the mean of both, ``share`` of the others'; what counts something is the others'."""
    return {
        name: torch.lerp(value, others[name], share) if value.is_floating_point() else others[name]
        for name, value in weights.items()
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--see", type=Path, required=True, help="trained with --only-see")
    parser.add_argument("--read", type=Path, required=True, help="trained with --only-read")
    parser.add_argument("--crops", type=Path, help="trained by scene.train_crops")
    parser.add_argument(
        "--share", type=float, default=1.0, help="of CROPS' weights; the rest is what the run that reads has"
    )
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    if not 0 < args.share <= 1:
        parser.error(f"--share: {args.share} is not above 0 and at most 1")
    if (args.out / CHECKPOINT_NAME).exists():
        parser.error(f"--out: {args.out} holds a run already")
    run = join(open_run(args.see), open_run(args.read), args.out)
    if args.crops:
        stored = torch.load(args.crops / CROPS_NAME, weights_only=True)
        for crops, name in ((run.model.crops, "model"), (run.average.crops, "average")):
            crops.load_state_dict(mixed(crops.state_dict(), stored[name], args.share))
    run.save()
    print(f"{args.out}: going on from step {run.step}")


if __name__ == "__main__":
    main()
