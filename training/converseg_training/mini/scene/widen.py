"""A run that tells more names apart: the weights that ship, or a run's, with rows for what new pictures hold.

    python -m converseg_training.mini.scene.widen --cache CACHE --bundle MINI --out RUN

After the data engine was given further kinds of things, or the network further layers: those begin as they
are drawn. ``scene.train --start RUN`` goes on from there.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from converseg_training.mini.features import FrozenNetworks
from converseg_training.mini.scene.batch import Tables
from converseg_training.mini.scene.batches import SceneSet, read_files
from converseg_training.mini.scene.model import SceneModel
from converseg_training.mini.scene.run import CHECKPOINT_NAME, SceneConfig, SceneRun
from converseg_training.mini.scene.start import read_start, read_tables, settle, tables_of
from converseg_training.mini.scene.train import whole

NEW_BIAS = -3.0
"""Logit of a name that nothing has been called yet, against the mean of the others."""
_OF_NAMES = ("reader.names.bias", "crops.names.weight", "crops.names.bias")
_OF_PARTS = ("crops.part_names.weight", "crops.part_names.bias")
"""These have a last row for what has no parts."""
_WORDS = ("reader.names.names_me",)


def names_in(files: Sequence[Path]) -> set[str]:
    """Names of the things and parts of prepared files."""
    found: set[str] = set()
    for path in files:
        with np.load(path) as stored:
            for column in ("categories", "part_names"):
                found |= {name for line in str(stored[column]).split("\n") for name in line.split("\t")}
    return found - {""}


def with_names(tables: Tables, names: set[str]) -> Tables:
    """The tables with further names behind those they have."""
    new = sorted(names - set(tables.names))
    return Tables((*tables.names, *new), tables.colors, tables.meanings)


def widened(weights: Mapping[str, Tensor], num_new: int) -> dict[str, Tensor]:
    """Weights of a model with ``num_new`` further names, without the words of all names.

    What a new name's logit hangs on is 0, its bias lies ``NEW_BIAS`` beneath the mean of the others.
    """
    wide = {name: value for name, value in weights.items() if name not in _WORDS}
    for name in (*_OF_NAMES, *_OF_PARTS):
        value = wide[name]
        count = len(value) - (name in _OF_PARTS)
        new = torch.zeros(num_new, *value.shape[1:])
        if name.endswith("bias"):
            new += value[:count].mean() + NEW_BIAS
        wide[name] = torch.cat([value[:count], new, value[count:]])
    return wide


def fill(model: SceneModel, weights: Mapping[str, Tensor], num_new: int) -> None:
    """From weights without the last ``num_new`` names; what they lack besides stays as it is drawn."""
    wide = widened(weights, num_new)
    own = {name: value for name, value in model.state_dict().items() if name not in wide}
    model.load_state_dict({**own, **wide})


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True, help="prepared; its train split has names")
    parser.add_argument("--bundle", type=Path, required=True, help="an installed mini")
    parser.add_argument("--start", type=Path, help="a run; the weights that ship where left out")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    if (args.out / CHECKPOINT_NAME).exists():
        parser.error(f"--out: {args.out} holds a run already")
    files = sorted(args.cache.glob("train-*.npz"))
    if not files:
        parser.error(f"--cache: no train split in {args.cache}; `scene.prepare` makes one")
    if args.start:
        old = tables_of(args.start)
        weights = torch.load(args.start / CHECKPOINT_NAME, weights_only=True)["average"]
    else:
        old, weights = read_tables(), read_start()
    tables = with_names(old, names_in(files))
    language = FrozenNetworks(args.bundle).language
    names, colors = (torch.from_numpy(language.sentences(said)) for said in (tables.names, tables.colors))
    torch.manual_seed(0)
    model = SceneModel(tables.names, names, colors, num_meanings=len(tables.meanings))
    fill(model, weights, len(tables.names) - len(old.names))
    if not args.start:
        settle(model, SceneSet(map(whole, read_files(files[:2])), tables))
    SceneRun(SceneConfig(num_steps=1), args.out, model, tables).save()
    print(f"{args.out}: {len(tables.names)} names, {len(tables.names) - len(old.names)} of them new")


if __name__ == "__main__":
    main()
