"""Cell classifiers: what trains without features, and what several say together."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812 - the name everybody uses

from converseg_core.mini.lexicon import NAMES
from converseg_training.mini.cell_views import GRID_OF, SIZES, UNKNOWN
from converseg_training.mini.labelled_views import LabelledViews
from converseg_training.mini.other_photos import other_photos
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


class _Teacher(torch.nn.Module):
    """Half sky, a quarter person, a quarter dog, everywhere."""

    def forward(
        self, pixels: torch.Tensor, painted: torch.Tensor, layers: dict[str, torch.Tensor]
    ) -> torch.Tensor:
        del painted, layers
        shares = torch.zeros(len(pixels), len(NAMES), 48, 64)
        shares[:, NAMES.index("sky")] = 0.5
        shares[:, NAMES.index("person")] = shares[:, NAMES.index("dog")] = 0.25
        return shares


def _write_other(path: Path, sought: str) -> None:
    """A photo with a dog in one corner, and nothing else drawn."""
    _write_photo(path, 0)
    with np.load(path) as stored:
        content = dict(stored)
    content["labels"][:] = UNKNOWN
    content["labels"][:, :4, :4] = NAMES.index("dog")
    content["sought"] = np.repeat(np.array([name == sought for name in NAMES])[None], 3, axis=0)
    np.savez(path, **content)


def test_a_teacher_tells_what_nobody_drew(tmp_path: Path) -> None:
    _write_photo(tmp_path / "photo-0.npz", 0)
    _write_other(tmp_path / "instances-0.npz", sought="person")
    views = LabelledViews([tmp_path / "photo-0.npz"])
    views.add_told([tmp_path / "instances-0.npz"], _Teacher())
    assert (len(views), views.num_labelled) == (6, 3)
    assert views.told_bkhw is not None
    told = views.told_bkhw.float()
    assert told.shape == (3, 133, 48, 64)
    torch.testing.assert_close(told.sum(1), torch.ones(3, 48, 64), atol=2e-3, rtol=0.0)
    assert (told[:, NAMES.index("dog"), :4, :4] == 1.0).all()
    # Somebody looked for persons: where none was drawn, there is none.
    assert told[:, NAMES.index("person"), 10:].max() < 0.002
    assert abs(float(told[0, NAMES.index("sky"), 20, 20]) - 0.5 / 0.75) < 0.01


def test_where_all_is_drawn_the_loss_is_that_without_a_teacher(tmp_path: Path) -> None:
    _write_photo(tmp_path / "photo-0.npz", 0)
    _write_other(tmp_path / "instances-0.npz", sought="person")
    views = LabelledViews([tmp_path / "photo-0.npz"])
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(3, 133, 48, 64, generator=generator)
    weight = torch.rand(133, generator=generator) + 0.5
    drawn = torch.arange(3)
    alone = views.loss(logits, drawn, weight, smoothing=0.02)
    views.add_told([tmp_path / "instances-0.npz"], _Teacher())
    torch.testing.assert_close(views.loss(logits, drawn, weight, smoothing=0.02), alone)
    # Of a told view, the loss by hand.
    weight = torch.ones(133)
    assert views.told_bkhw is not None
    by_hand = -(views.told_bkhw[:1].float() * F.log_softmax(logits[:1], dim=1)).sum(1).mean()
    found = views.loss(logits[:1], torch.tensor([3]), weight, smoothing=0.0)
    torch.testing.assert_close(found, by_hand, atol=2e-3, rtol=0.0)


def test_a_student_learns_from_photos_without_stuff(tmp_path: Path) -> None:
    paths = [tmp_path / f"photo-{number}.npz" for number in range(3)]
    for number, path in enumerate(paths):
        _write_photo(path, number)
    _write_other(tmp_path / "persons-0.npz", sought="person")
    torch.manual_seed(0)
    torch.save(CellClassifier().state_dict(), tmp_path / "teacher.pt")
    network = train_classifier(
        paths,
        num_steps=4,
        others=[tmp_path / "persons-0.npz"],
        teachers=[tmp_path / "teacher.pt"],
    )
    assert not network.training
    assert all(torch.isfinite(value).all() for value in network.state_dict().values())


def test_photos_with_persons_alone_come_after_those_with_all_things(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(tmp_path / "images" / name), np.zeros((20, 30, 3), np.uint8))
    square = [[2, 3, 12, 3, 12, 13, 2, 13]]
    drawn = {"iscrowd": 0, "category_id": 1, "segmentation": square}
    content = {
        "images": [
            {"id": 1, "file_name": "a.png", "labels": "persons only"},
            {"id": 2, "file_name": "b.png", "labels": "all 80 classes"},
        ],
        "annotations": [{**drawn, "image_id": 1}, {**drawn, "image_id": 2}],
        "categories": [{"id": 1, "name": "person"}, {"id": 2, "name": "dog"}],
    }
    (tmp_path / "instances.json").write_text(json.dumps(content))
    whole, persons = other_photos(tmp_path, {"person": "person", "dog": "animal"})
    assert [name for name, _ in whole] == ["instances-000"]
    assert [name for name, _ in persons] == ["persons-1"]
    assert whole[0][1].labelled == {"person", "dog"} and persons[0][1].labelled == {"person"}
    assert persons[0][1].segments[0].mask.sum() == 100
