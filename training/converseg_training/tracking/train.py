"""Train the tracker's network; a killed run goes on when started again.

    python -m converseg_training.tracking.train --examples FOLDER [FOLDER ...] --out RUN

FOLDER is one of ``tracking.practice``. The plays of one in twelve sequences are kept to measure with.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from converseg_core.tracking.reading import NUM_PLANES, Plane
from converseg_training.mini.scene.averaging import follow
from converseg_training.tracking.network import LEANING, PixelModel
from converseg_training.tracking.practice import values

STATE_NAME = "pixels.pt"
KEPT_BACK = 12
DECAY, WARMUP_STEPS = 0.998, 200
_COLOUR_PLANES = 9
_FORGET_BEHIND, _FORGET_BEFORE, _FORGET_COLOURS = 0.1, 0.1, 0.1
_DISTANCES = [Plane.FROM_ANSWERED, Plane.FROM_EXPECTED]
_WITNESSES = (Plane.OFF, Plane.HIDDEN, Plane.OF_NEAR, Plane.OF_ALL, Plane.SHOWN_BEFORE)
_FORGET_WITNESS = 0.05
_UPRIGHT, _RESIZED = 0.5, 0.3


class Examples:
    """All examples of some files; the files stay on disk."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._files = [np.load(path, mmap_mode="r") for path in paths]
        self._of = [(file, row) for file, rows in enumerate(self._files) for row in range(len(rows))]

    def __len__(self) -> int:
        return len(self._of)

    def some(self, numbers: NDArray[np.intp] | range) -> NDArray[np.float32]:
        """(B, NUM_PLANES + 1, SIDE, SIDE) planes and truth."""
        places = (self._of[int(number)] for number in numbers)
        return values(np.stack([self._files[file][row] for file, row in places]))


def files_of(folders: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Files to learn from, and files to measure with: no sequence is in both.

    Raises:
        ValueError: there are none.
    """
    paths = [path for folder in folders for path in sorted(folder.glob("*-*.npy"))]
    if not paths:
        raise ValueError(f"--examples: no file of tracking.practice in {', '.join(map(str, folders))}")
    kept: tuple[list[Path], list[Path]] = ([], [])
    for path in paths:
        kept[int(path.name.split("-")[0]) % KEPT_BACK == 0].append(path)
    return kept


def varied(examples: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """The same examples turned and resized, in other colours and noise, and with less that is known."""
    out = _turned(examples, rng)
    for one in out:
        mix = np.eye(3) + rng.normal(0, 0.15, (3, 3))
        colours = one[:_COLOUR_PLANES].reshape(3, 3, -1)
        colours[:] = np.einsum("cd,gdn->gcn", mix.astype(np.float32) * rng.uniform(0.7, 1.2), colours)
        one[:3] += rng.normal(0, rng.uniform(0, 0.02), one[:3].shape)
        if rng.random() < _FORGET_BEHIND:
            one[Plane.BEHIND : Plane.BEHIND_SHOWS + 1] = 0
        if rng.random() < _FORGET_BEFORE:
            one[Plane.SHOWN_BEFORE] = one[Plane.SHOWN]
        if rng.random() < _FORGET_COLOURS:
            one[:_COLOUR_PLANES] = 0
        for plane in _WITNESSES:
            if rng.random() < _FORGET_WITNESS:
                one[plane] = 0
    return np.clip(out, -1, 1)


def _turned(examples: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Mirrored, and half of them turned by any angle and resized by up to a third, about their middle."""
    num = len(examples)
    angle = rng.uniform(0, 2 * np.pi, num)
    angle[rng.random(num) < _UPRIGHT] = 0.0
    scale = np.where(angle == 0, 1.0, np.exp(rng.uniform(-_RESIZED, _RESIZED, num)))
    mirror = rng.choice([-1.0, 1.0], num)
    cos, sin, none = np.cos(angle) / scale, np.sin(angle) / scale, np.zeros(num)
    maps = np.stack([np.stack([mirror * cos, -sin, none], 1), np.stack([mirror * sin, cos, none], 1)], 1)
    whole = torch.from_numpy(examples)
    grid = torch.nn.functional.affine_grid(
        torch.from_numpy(maps.astype(np.float32)), list(whole.shape), align_corners=False
    )
    out = torch.nn.functional.grid_sample(whole, grid, align_corners=False).numpy()
    out[:, _DISTANCES] *= scale[:, None, None, None].astype(np.float32)
    return out


def drawn(data: Examples, step: int, num: int) -> NDArray[np.float32]:
    """The examples of a step: the same whenever it is done."""
    rng = np.random.default_rng((7, step))
    return varied(data.some(rng.integers(0, len(data), num)), rng)


def losses(logits: Tensor, truth: Tensor) -> Tensor:
    """Cross-entropy of the pixels, and 1 - IoU of soft masks where there is something to be seen."""
    crossed = torch.nn.functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    weight = truth.sum((1, 2, 3)).clamp_min(100.0)
    crossed = crossed.sum((1, 2, 3)) / weight
    shown = torch.sigmoid(logits)
    both = (shown * truth).sum((1, 2, 3))
    overlap = (both + 1.0) / (shown.sum((1, 2, 3)) + truth.sum((1, 2, 3)) - both + 1.0)
    there = (truth.amax((1, 2, 3)) > 0.5).float()
    return (0.5 * crossed + there * (1 - overlap)).mean()


@torch.no_grad()
def measured(model: PixelModel, data: Examples, *, at_once: int = 32) -> dict[str, float]:
    """IoU by colours alone and by the network, where something is to be seen; ghosts where nothing is."""
    model.eval()
    before: list[NDArray[Any]] = []
    after: list[NDArray[Any]] = []
    ghosts: list[NDArray[Any]] = []
    ghosts_before: list[NDArray[Any]] = []
    for start in range(0, len(data), at_once):
        both = data.some(range(start, min(start + at_once, len(data))))
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(torch.from_numpy(both[:, :NUM_PLANES]))
        shown, truth = logits[:, 0].float().numpy() + LEANING > 0, both[:, NUM_PLANES] > 0.5
        said = both[:, Plane.SHOWN] > 0.5
        there = truth.any((1, 2))
        before.append(_ious(said, truth)[there])
        after.append(_ious(shown, truth)[there])
        ghosts.append(np.asarray(shown[~there].any((1, 2))))
        ghosts_before.append(np.asarray(said[~there].any((1, 2))))
    found = {"iou_colours": before, "iou": after, "ghosts_colours": ghosts_before, "ghosts": ghosts}
    joined = {name: np.concatenate(several) for name, several in found.items() if several}
    return {name: float(one.mean()) for name, one in joined.items() if one.size}


def _ious(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> NDArray[np.float64]:
    return (a & b).sum((1, 2)) / np.maximum((a | b).sum((1, 2)), 1)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--examples", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="a run whose weights are begun with")
    parser.add_argument("--num-steps", type=int, default=6000)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--evaluate-every", type=int, default=1000)
    parser.add_argument("--keep-every", type=int, default=200, help="steps from checkpoint to checkpoint")
    args = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    torch.set_flush_denormal(True)
    torch.manual_seed(0)
    learnt_from, kept_back = files_of(args.examples)
    train, val = Examples(learnt_from), Examples(kept_back)
    print(f"{len(train)} examples to learn from, {len(val)} to measure with", flush=True)
    model = PixelModel()
    if args.start:
        model.load_state_dict(torch.load(args.start / STATE_NAME, weights_only=True)["average"])
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(model).requires_grad_(False)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.learning_rate, weight_decay=0.05)
    args.out.mkdir(parents=True, exist_ok=True)
    step, path = 0, args.out / STATE_NAME
    if path.exists():
        stored = torch.load(path, weights_only=True)
        model.load_state_dict(stored["model"])
        average.load_state_dict(stored["average"])
        optimizer.load_state_dict(stored["optimizer"])
        step = int(stored["step"])
    seen: list[float] = []
    start, count = time.perf_counter(), 0
    ahead = ThreadPoolExecutor(1)
    coming = ahead.submit(drawn, train, step, args.batch_size)
    while step < args.num_steps:
        both = coming.result()
        coming = ahead.submit(drawn, train, step + 1, args.batch_size)
        done = step / args.num_steps
        rate = args.learning_rate * min(1.0, (step + 1) / WARMUP_STEPS) * 0.5 * (1 + math.cos(math.pi * done))
        for group in optimizer.param_groups:
            group["lr"] = max(rate, 0.01 * args.learning_rate)
        model.train()
        torch.manual_seed(step)  # what is forgotten is the same in a run that goes on
        optimizer.zero_grad()
        given = torch.from_numpy(both[:, :NUM_PLANES]).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(given)
        loss = losses(logits.float(), torch.from_numpy(both[:, NUM_PLANES:]).clamp(0, 1))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step += 1
        count += 1
        follow(average, model, step=step, decay=DECAY)
        seen.append(loss.item())
        last = step == args.num_steps
        if step % 100 == 0 or last:
            record = {"step": step, "loss": float(np.mean(seen))}
            record["step_s"] = (time.perf_counter() - start) / count
            if step % args.evaluate_every == 0 or last:
                record |= measured(average, val)
            print(json.dumps({name: round(value, 4) for name, value in record.items()}), flush=True)
            seen, start, count = [], time.perf_counter(), 0
        if step % args.keep_every == 0 or last:
            state = {"model": model.state_dict(), "average": average.state_dict()}
            torch.save(state | {"optimizer": optimizer.state_dict(), "step": step}, path.with_suffix(".tmp"))
            path.with_suffix(".tmp").replace(path)


if __name__ == "__main__":
    main()
