"""What each cell of a photo shows: a small classifier over 133 classes on the detector's features.

    python -m converseg_training.mini.stuff --cache CACHE --out FOLDER [--fold K] [--seed N]
        [--teachers WEIGHTS ... --num-steps N]

CACHE is what ``converseg_training.mini.cell_views`` wrote. ``--fold K`` leaves out the photos whose number,
sorted by file name, is K modulo 5. With ``--teachers``, classifiers that left out the same fold, it also
learns from photos in which nobody drew stuff: the teachers' mean says what is there. What ships is the mean
of two that were taught so, of seeds 0 and 1. With ``--pixels-only`` it sees colours and places alone: what
remains without pretrained parts.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from numpy.typing import NDArray
from torch import Tensor, nn

from converseg_core.mini.evidence import shrink
from converseg_core.mini.lexicon import NAMES
from converseg_training.embedded.image_encoder import position_channels
from converseg_training.mini.cell_views import GRID_OF, SIZES, UNKNOWN, other_paths, photo_paths
from converseg_training.mini.labelled_views import LabelledViews
from converseg_training.mini.pixels import normalise

_GRID_HW = (24, 32)


class CellClassifier(nn.Module):
    """Both detectors' features, painted detections, colours and place -> (B, 133, 48, 64) class logits."""

    def __init__(self, width: int = 192, dropout: float = 0.25) -> None:
        super().__init__()
        self.pixels = nn.Sequential(
            nn.Conv2d(3, 24, 5, stride=4, padding=2),
            nn.SiLU(),
            nn.Conv2d(24, 32, 3, padding=1),
            nn.SiLU(),
        )
        coarse = SIZES["semantic"] + SIZES["middle"] + SIZES["nano32"] + SIZES["nano16"]
        self.inputs = nn.Conv2d(coarse + 80 + 2, width, 1)
        self.around = nn.Conv2d(width, width // 2, 3, padding=1)
        self.mix = nn.Conv2d(width // 2, width, 1)
        self.dropout = nn.Dropout2d(dropout)
        self.outputs = nn.Conv2d(width, len(NAMES), 1)
        self.fine = nn.Conv2d(32 + 64 + SIZES["nano8"], len(NAMES), 1)
        self.lift = nn.Conv2d(width, 64, 1)
        self.register_buffer("place", position_channels(*_GRID_HW)[None], persistent=False)

    def forward(self, pixels: Tensor, painted: Tensor, layers: Mapping[str, Tensor]) -> Tensor:
        """Pixels (B, 3, 192, 256), painted detections on 24x32, features on the grids of ``cell_views``."""
        deep = F.interpolate(layers["semantic"], _GRID_HW, mode="bilinear")
        assert isinstance(self.place, Tensor)
        place = self.place.expand(deep.shape[0], -1, -1, -1)
        coarse = [deep, layers["middle"], layers["nano32"], layers["nano16"], painted, place]
        x = F.silu(self.inputs(self.dropout(torch.cat(coarse, dim=1))))
        x = x + F.silu(self.mix(F.silu(self.around(x))))
        wide = F.interpolate(self.outputs(x), scale_factor=2.0, mode="bilinear")
        lifted = F.interpolate(self.lift(x), scale_factor=2.0, mode="bilinear")
        near = [self.pixels(pixels), lifted, self.dropout(layers["nano8"])]
        logits: Tensor = wide + self.fine(F.silu(torch.cat(near, dim=1)))
        return logits


class CellCommittee(nn.Module):
    """Several classifiers, trained from other random numbers: (B, 133, 48, 64) mean of their shares."""

    def __init__(self, members: Sequence[CellClassifier]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    @classmethod
    def load(cls, paths: Sequence[Path]) -> CellCommittee:
        """From the weights of each, ready to answer."""
        members = []
        for path in paths:
            member = CellClassifier()
            member.load_state_dict(torch.load(path, weights_only=True))
            members.append(member)
        return cls(members).eval()

    def forward(self, pixels: Tensor, painted: Tensor, layers: Mapping[str, Tensor]) -> Tensor:
        """Arguments as of :class:`CellClassifier`."""
        shares = [member(pixels, painted, layers).softmax(1) for member in self.members]
        return torch.stack(shares).mean(0)


class PixelCells:
    """What a classifier that was trained with ``pixels_only`` sees of a photo."""

    def __init__(self, weights: Path) -> None:
        self._network = CellCommittee.load([weights])

    @torch.no_grad()
    def shares(self, image_hwc: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(H, W, 3) uint8 RGB -> (133, 48, 64)."""
        pixels = normalise(torch.from_numpy(shrink(image_hwc))[None].float() / 255.0)
        layers = {name: torch.zeros(1, size, *GRID_OF[name]) for name, size in SIZES.items()}
        found: Tensor = self._network(pixels, torch.zeros(1, 80, *_GRID_HW), layers)
        return np.asarray(found[0].numpy(), np.float32)


def train_classifier(
    paths: Sequence[Path],
    *,
    num_epochs: int = 6,
    num_steps: int | None = None,
    num_views: int | None = None,
    seed: int = 0,
    pixels_only: bool = False,
    others: Sequence[Path] = (),
    teachers: Sequence[Path] = (),
) -> CellClassifier:
    """On views of photos; cells without a label count nothing.

    Args:
        paths: of labelled photos.
        num_epochs: over all views, unless ``num_steps`` says how long.
        num_steps: of twelve views each.
        num_views: of each labelled photo; all where left out.
        seed: of weights and order.
        pixels_only: see colours and places alone.
        others: photos without stuff, for which ``teachers`` say what is there.
        teachers: weights of classifiers.
    """
    torch.manual_seed(seed)
    torch.set_flush_denormal(True)
    views = LabelledViews(paths, num_views=num_views, pixels_only=pixels_only)
    counts = torch.bincount(views.data["labels"].flatten().long(), minlength=256)[: len(NAMES)].float()
    if teachers:
        views.add_told(others, CellCommittee.load(teachers))
    network = CellClassifier()
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=0.05)
    num, size = len(views), 12
    num_steps = num_steps or num_epochs * (num // size)
    generator = torch.Generator().manual_seed(seed)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=num_steps, pct_start=0.1)
    weight = (counts.sum() / (counts + 2000.0)).pow(0.25)
    weight /= (weight * counts).sum() / counts.sum()
    start = time.process_time()
    for step in range(num_steps):
        if step % (num // size) == 0:
            order = torch.randperm(num, generator=generator)
        chosen = order[(step % (num // size)) * size :][:size]
        shade = 0.85 + 0.3 * torch.rand(size, 1, 1, 3, generator=generator)
        with torch.autocast("cpu", torch.bfloat16):
            logits = views.logits(network, chosen, shade).float()
        loss = views.loss(logits, chosen, weight, smoothing=0.02)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 20 == 0 or step == num_steps - 1:
            took = time.process_time() - start
            print(f"step {step}/{num_steps} loss {loss.item():.3f} {took:.0f} CPU s", flush=True)
    return network.eval()


@torch.no_grad()
def measure(network: CellClassifier, paths: Sequence[Path], *, pixels_only: bool = False) -> dict[str, float]:
    """Mean IoU over every class of every photo (as it is, view 0), at 48x64, for several thresholds."""
    found: dict[str, list[float]] = {}
    views = LabelledViews(paths, num_views=1, pixels_only=pixels_only)
    for number in range(len(views)):
        probability = views.logits(network, torch.tensor([number]))[0].softmax(0).numpy()
        labels = views.data["labels"][number].numpy()
        for name in np.unique(labels[labels != UNKNOWN]):
            true = labels == name
            kind = "things" if name < 80 else "stuff"
            for threshold in (0.1, 0.2, 0.3, 0.4, 0.5):
                mask = probability[name] > threshold
                iou = (mask & true).sum() / max(1, (mask | true).sum())
                found.setdefault(f"{kind} {threshold}", []).append(float(iou))
    return {name: float(np.mean(values)) for name, values in sorted(found.items())}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--fold", type=int)
    parser.add_argument("--num-epochs", type=int, default=6)
    parser.add_argument("--num-steps", type=int, help="instead of epochs")
    parser.add_argument("--num-views", type=int, help="of each labelled photo; all where left out")
    parser.add_argument("--teachers", type=Path, nargs="+", default=[], help="weights that left out the fold")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pixels-only", action="store_true")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    name = "stuff.pt" if args.fold is None else f"stuff-{args.fold}.pt"
    paths = photo_paths(args.cache, without_fold=args.fold)
    network = train_classifier(
        paths,
        num_epochs=args.num_epochs,
        num_steps=args.num_steps,
        num_views=args.num_views,
        seed=args.seed,
        pixels_only=args.pixels_only,
        others=other_paths(args.cache),
        teachers=args.teachers,
    )
    torch.save(network.state_dict(), args.out / name)
    if args.fold is not None:
        rest = photo_paths(args.cache, only_fold=args.fold)
        figures = measure(network, rest, pixels_only=args.pixels_only)
        print(json.dumps(figures))
        (args.out / f"stuff-{args.fold}.json").write_text(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
