"""Cell classifiers: what trains without features, and what several say together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from converseg_core.mini.lexicon import NAMES
from converseg_training.mini.cell_views import GRID_OF, SIZES, UNKNOWN
from converseg_training.mini.presence import fit_presence, pooled
from converseg_training.mini.stuff import CellClassifier, CellCommittee, PixelCells, train_classifier


def _write_photo(path: Path, seed: int) -> None:
    """Three views: sky (blue) above grass (green), features that are noise."""
    rng = np.random.default_rng(seed)
    labels = np.full((3, 48, 64), NAMES.index("grass"), np.uint8)
    labels[:, :24] = NAMES.index("sky")
    labels[:, 40:] = UNKNOWN
    small = np.zeros((3, 192, 256, 3), np.uint8)
    small[:, :96] = (120, 160, 230)
    small[:, 96:] = (60, 120, 40)
    layers = {name: rng.normal(size=(3, size, *GRID_OF[name])) for name, size in SIZES.items()}
    stored = {name: value.astype(np.float16) for name, value in layers.items()}
    np.savez(path, small=small, painted=np.zeros((3, 80, 24, 32), np.uint8), labels=labels, **stored)


def _inputs() -> tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]:
    generator = torch.Generator().manual_seed(0)
    layers = {name: torch.randn(1, size, *GRID_OF[name], generator=generator) for name, size in SIZES.items()}
    return torch.randn(1, 3, 192, 256, generator=generator), torch.zeros(1, 80, 24, 32), layers


def test_a_committee_says_the_mean_of_its_members(tmp_path: Path) -> None:
    members = []
    for seed in range(2):
        torch.manual_seed(seed)
        members.append(CellClassifier().eval())
        torch.save(members[-1].state_dict(), tmp_path / f"{seed}.pt")
    with torch.no_grad():
        shares = CellCommittee.load([tmp_path / "0.pt", tmp_path / "1.pt"])(*_inputs())
        alone = [member(*_inputs()).softmax(1) for member in members]
    assert shares.shape == (1, 133, 48, 64)
    torch.testing.assert_close(shares, (alone[0] + alone[1]) / 2)
    assert not torch.allclose(shares, alone[0], atol=1e-4)


def test_colours_and_places_alone_can_be_learned(tmp_path: Path) -> None:
    paths = [tmp_path / f"photo-{number}.npz" for number in range(4)]
    for number, path in enumerate(paths):
        _write_photo(path, number)
    network = train_classifier(paths, num_epochs=25, pixels_only=True)
    torch.save(network.state_dict(), tmp_path / "pixels.pt")
    image = np.zeros((120, 160, 3), np.uint8)
    image[:60] = (120, 160, 230)
    image[60:] = (60, 120, 40)
    shares = PixelCells(tmp_path / "pixels.pt").shares(image)
    assert shares.shape == (133, 48, 64)
    np.testing.assert_allclose(shares.sum(axis=0), 1.0, atol=1e-4)
    assert shares[NAMES.index("sky"), :20].mean() > 0.6 > 0.3 > shares[NAMES.index("sky"), 28:].mean()
    assert shares[NAMES.index("grass"), 28:].mean() > 0.6


def test_what_a_photo_shows_as_a_whole_is_learned_from_its_features(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    sea, snow = NAMES.index("sea"), NAMES.index("snow")
    paths = []
    for number in range(20):
        path = tmp_path / f"photo-{number:02d}.npz"
        _write_photo(path, number)
        with np.load(path) as stored:
            content = dict(stored)
        shown = sea if number % 2 else snow
        content["labels"][:, :10] = shown
        content["semantic"][:, :30] += 3.0 if shown == sea else -3.0
        np.savez(path, **content)
        paths.append(path)
    layer = fit_presence(paths)
    layers = {
        name: torch.from_numpy(rng.normal(size=(1, size, *GRID_OF[name]))).float()
        for name, size in SIZES.items()
    }
    layers["semantic"][:, :30] += 3.0
    with torch.no_grad():
        present = layer(pooled(layers, torch.zeros(1, 80, 24, 32)))[0].numpy()
    assert present.shape == (133,)
    assert present[sea] > 0.7 and present[snow] < 0.3
    assert present[NAMES.index("grass")] > 0.9 and abs(present[NAMES.index("tent")]) < 0.05
