"""What a run sees in prepared pictures, kept, so that its reader can practise on it without looking again.

    python -m converseg_training.mini.scene.seen --cache CACHE --run RUN --out SEEN

Only what ``scene.train_crops`` held back is looked at. Run it again to take in new files. What is kept is of
one run: after further training in seeing make it anew.

Legend of shape suffixes: k things, then parts.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from converseg_training.mini.scene.batch import Tables
from converseg_training.mini.scene.batches import SceneSet, read_files
from converseg_training.mini.scene.columns import write_columns
from converseg_training.mini.scene.crop_data import CROPS_NAME
from converseg_training.mini.scene.export import load_model
from converseg_training.mini.scene.glances import glance
from converseg_training.mini.scene.model import SceneModel, describe, look_around, matched
from converseg_training.mini.scene.sights import held_back


@torch.no_grad()
def look(model: SceneModel, data: SceneSet, picture: int) -> dict[str, NDArray[Any]]:
    """What is seen in a picture, for all K of it; ``which`` (K,) is the true thing or part, -1 for none."""
    batch = data.seen(picture)
    with torch.autocast("cpu", torch.bfloat16):
        sight, things = look_around(model, batch)
        found = glance(model.crops, batch.full_bhwc, things)
    seen = describe(sight, batch.small_bhwc.float() / 255, found)
    which, good = matched(found, batch.truth)
    count = int(found.there_bk.sum())
    masks = (found.masks_bkhw[0, :count] > 0.5).flatten(1).numpy()
    return {
        "looks": seen.pooled_bkc[0, :count].half().numpy(),
        "geometry": seen.geometry_bkg[0, :count].half().numpy(),
        "pairs": seen.pairs_bkkg[0, :count, :count].half().numpy(),
        "names": found.names_bkm[0, :count].half().numpy(),
        "colors": found.colors_bkc[0, :count].half().numpy(),
        "quality": found.quality_bk[0, :count].half().numpy(),
        "shape": found.shape_bkd[0, :count].half().numpy(),
        "masks": np.packbits(masks, axis=1),
        "is_part": found.is_part_bk[0, :count].numpy() > 0,
        "which": torch.where(good, which, -1)[0, :count].numpy().astype(np.int64),
    }


def write_file(path: Path, model: SceneModel, prepared: Path, tables: Tables) -> int:
    """One prepared file; it appears whole."""
    data = SceneSet(read_files([prepared], reworded=False), tables)
    seen = [look(model, data, picture) for picture in range(len(data))]
    columns: dict[str, Any] = {"counts": np.array([len(item["which"]) for item in seen])}
    for name in seen[0]:
        rows = [item[name].reshape(-1) if name == "pairs" else item[name] for item in seen]
        columns[name] = np.concatenate(rows)
    write_columns(path, columns)
    return len(seen)


def main() -> None:
    """Do what is not done yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--crops", type=Path, help="of `scene.train_crops`, in place of what the run has")
    parser.add_argument(
        "--held-back", type=int, default=4, help="every so many files: what `scene.train_crops` held back"
    )
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    model, state = load_model(args.run)
    tables = Tables(*map(tuple, state["tables"].values()))
    if args.crops:
        model.crops.load_state_dict(torch.load(args.crops / CROPS_NAME, weights_only=True)["average"])
    args.out.mkdir(parents=True, exist_ok=True)
    for prepared in held_back(sorted(args.cache.glob("train-*.npz")), args.held_back):
        path = args.out / prepared.name
        if not path.exists():
            print(f"{path.name}: {write_file(path, model, prepared, tables)} pictures", flush=True)


if __name__ == "__main__":
    main()
