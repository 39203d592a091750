"""Train the network that names crops; a killed run goes on from its checkpoint when started again.

    python -m converseg_training.mini.scene.train_crops --cache CACHE --bundle MINI --run RUN --out OUT

RUN is a run of the scene reader: what it finds is learnt from too.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses

from converseg_training.mini.scene.averaging import follow
from converseg_training.mini.scene.batch import Tables
from converseg_training.mini.scene.crop_data import Crops, CropSet, full_pictures, load_or_find
from converseg_training.mini.scene.crop_names import CropNames
from converseg_training.mini.scene.export import load_model

CHECKPOINT_NAME = "crops.pt"
DECAY = 0.998
WARMUP_STEPS = 200


def feed(crops: Crops) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Inputs of :class:`CropNames`."""
    pixels = torch.from_numpy(crops.pixels).float().contiguous(memory_format=torch.channels_last)
    return pixels, torch.from_numpy(crops.is_part), torch.from_numpy(crops.log_side)


def loss_of(model: CropNames, crops: Crops) -> tuple[torch.Tensor, float]:
    """Cross entropy of names and a third of that of colours; share of names that are right."""
    with torch.autocast("cpu", torch.bfloat16):
        names, colors = model(*feed(crops))
    true_names, true_colors = torch.from_numpy(crops.names), torch.from_numpy(crops.colors)
    has_name = true_names >= 0
    total = F.cross_entropy(names.float()[has_name], true_names[has_name], label_smoothing=0.05)
    total = total + 0.3 * F.cross_entropy(colors.float(), true_colors, ignore_index=-1)
    right = (names.argmax(1) == true_names)[has_name].float().mean().item()
    return total, right


@torch.no_grad()
def evaluate(model: CropNames, data: CropSet) -> dict[str, float]:
    """Shares of right names of things and of parts, and of right colours."""
    model.eval()
    right: dict[str, list[bool]] = {"things": [], "parts": [], "colors": []}
    for picture in range(data.num_pictures):
        crops = data.of(picture)
        if not len(crops.names):
            continue
        with torch.autocast("cpu", torch.bfloat16):
            names, colors = model(*feed(crops))
        for number in range(len(crops.names)):
            if crops.names[number] >= 0:
                kind = "parts" if crops.is_part[number] else "things"
                right[kind].append(int(names[number].argmax()) == crops.names[number])
            if crops.colors[number] >= 0:
                right["colors"].append(int(colors[number].argmax()) == crops.colors[number])
    return {name: float(np.mean(values)) for name, values in right.items() if values}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--num-steps", type=int, default=8000)
    parser.add_argument("--num-pictures", type=int, default=24, help="a step")
    parser.add_argument("--num-each", type=int, default=8, help="crops of each")
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--evaluate-every", type=int, default=500)
    args = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    torch.set_flush_denormal(True)
    scene, state = load_model(args.run)
    tables = Tables(*map(tuple, state["tables"].values()))
    args.out.mkdir(parents=True, exist_ok=True)
    sets = {}
    for split in ("train", "val"):
        known = load_or_find(args.out / f"found-{split}.npz", scene, args.cache, split, tables)
        sets[split] = CropSet(full_pictures(args.cache, split), known)
    print({name: (crops.num_pictures, len(crops)) for name, crops in sets.items()}, flush=True)
    torch.manual_seed(0)
    model = CropNames(len(tables.names), len(tables.colors))
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(model).requires_grad_(False)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.learning_rate, weight_decay=0.05)
    step, path = 0, args.out / CHECKPOINT_NAME
    if path.exists():
        kept = torch.load(path, weights_only=True)
        model.load_state_dict(kept["model"])
        average.load_state_dict(kept["average"])
        optimizer.load_state_dict(kept["optimizer"])
        step = int(kept["step"])
    seen: list[tuple[float, float]] = []
    start = time.perf_counter()
    while step < args.num_steps:
        rng = np.random.default_rng((7, step))
        crops = sets["train"].draw(rng, num_pictures=args.num_pictures, num_each=args.num_each)
        done = step / args.num_steps
        rate = args.learning_rate * min(1.0, (step + 1) / WARMUP_STEPS) * 0.5 * (1 + math.cos(math.pi * done))
        for group in optimizer.param_groups:
            group["lr"] = max(rate, 0.01 * args.learning_rate)
        model.train()
        optimizer.zero_grad()
        total, right = loss_of(model, crops)
        total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step += 1
        follow(average, model, step=step, decay=DECAY)
        seen.append((total.item(), right))
        last = step == args.num_steps
        if step % 100 == 0 or last:
            mean_loss, mean_right = np.mean(seen, axis=0).tolist()
            record = {"step": step, "loss": mean_loss, "right": mean_right}
            record["step_s"] = (time.perf_counter() - start) / len(seen)
            if step % args.evaluate_every == 0 or last:
                record |= evaluate(average, sets["val"])
            print(json.dumps({name: round(value, 4) for name, value in record.items()}), flush=True)
            seen, start = [], time.perf_counter()
        if step % 200 == 0 or last:
            kept = {"model": model.state_dict(), "average": average.state_dict()}
            kept |= {"optimizer": optimizer.state_dict(), "step": step}
            torch.save(kept, path.with_suffix(".tmp"))
            path.with_suffix(".tmp").replace(path)


if __name__ == "__main__":
    main()
