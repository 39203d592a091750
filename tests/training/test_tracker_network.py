"""The tracker's network: collages, practice, training that is killed and goes on, and the graph."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from converseg_core.tracking import SmallFrame, TrackerSettings
from converseg_core.tracking.affine import identity
from converseg_core.tracking.reading import NUM_PLANES, PixelNetwork, Plane
from converseg_engine.sim.render import Renderer
from converseg_training.tracking.collages import TARGET, make_collage, read_collage_photos
from converseg_training.tracking.export import export
from converseg_training.tracking.network import PixelGraph, PixelModel
from converseg_training.tracking.practice import another_target, example, own_target, values
from converseg_training.tracking.recordings import (
    HEIGHT,
    WIDTH,
    file_of,
    kind_of,
    label,
    read_recording,
    record,
)
from converseg_training.tracking.train import STATE_NAME, Examples, files_of, losses, varied
from tests.training.commands import environment

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two photos in the form of a panoptic data set: blotches, each with two things."""
    folder = tmp_path_factory.mktemp("photos")
    for name in ("images", "panoptic"):
        (folder / name).mkdir()
    annotations = []
    for number in (1, 2):
        rng = np.random.default_rng(number)
        coarse = rng.uniform(40, 220, (20, 26, 3)).astype(np.float32)
        photo = np.clip(cv2.resize(coarse, (320, 240), interpolation=cv2.INTER_CUBIC), 0, 255)
        painted = np.zeros((240, 320, 3), dtype=np.uint8)
        for thing, (middle, colour) in enumerate((((90, 120), (30, 60, 200)), ((220, 100), (40, 180, 60)))):
            cv2.ellipse(photo, middle, (34, 22), 30.0 * number, 0, 360, colour, -1)
            cv2.ellipse(painted, middle, (34, 22), 30.0 * number, 0, 360, (0, 0, thing + 1), -1)
        cv2.imwrite(str(folder / "images" / f"{number}.png"), photo)
        cv2.imwrite(str(folder / "panoptic" / f"{number}.png"), painted)
        things = [{"id": thing, "category_id": 1, "iscrowd": 0} for thing in (1, 2)]
        annotations.append({"image_id": number, "file_name": f"{number}.png", "segments_info": things})
    truth = {
        "categories": [{"id": 1, "name": "ball", "isthing": 1}],
        "images": [{"id": number, "file_name": f"{number}.png"} for number in (1, 2)],
        "annotations": annotations,
    }
    (folder / "panoptic.json").write_text(json.dumps(truth))
    return folder


def command(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"converseg_training.tracking.{module}", *arguments]


@pytest.fixture(scope="module")
def examples(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of collages 12, which is kept back, and 13."""
    out = tmp_path_factory.mktemp("examples")
    words = ["--photos", str(photos), "--num", "2", "--seed", "12", "--length-s", "3", "--out", str(out)]
    subprocess.run(command("practice", *words), env=environment(), check=True)
    return out


def test_a_collage_is_the_same_again_and_shows_its_target(photos: Path) -> None:
    read = read_collage_photos(photos)
    once, again = (make_collage(read, 5, length_s=1.0) for _ in range(2))
    assert len(once.images) == len(once.stamps_ns) == 16
    for one, other in zip(once.images, again.images, strict=True):
        np.testing.assert_array_equal(one, other)
    assert np.count_nonzero(once.objects(0) == TARGET) > 1000
    assert set(np.unique(once.parts(0)[once.objects(0) == TARGET])) <= {0, 1}
    assert (make_collage(read, 6, length_s=1.0).images[0] != once.images[0]).any()


@pytest.mark.egl
def test_a_recording_comes_back_with_its_objects_and_parts(tmp_path: Path) -> None:
    seed = 100_001
    assert kind_of(seed) == "occlusion"
    with Renderer(width=WIDTH, height=HEIGHT) as renderer:
        assert record(tmp_path, seed, renderer, length_s=0.4)
    recording = read_recording(file_of(tmp_path, seed))
    assert len(recording.images) == len(recording.labels) == len(recording.stamps_ns) == 7
    assert recording.images[0].shape == (HEIGHT, WIDTH, 3)
    target = own_target(recording)(0)
    assert np.count_nonzero(target) > 0.003 * target.size
    assert (recording.parts(0)[target] >= 0).all()
    others = [another_target(recording, np.random.default_rng(draw)) for draw in range(6)]
    masks = [mask_of(0) for mask_of in others if mask_of is not None]
    assert masks and all(mask.any() for mask in masks)
    assert any((mask != target).any() for mask in masks)


def test_photos_without_anything_to_follow_are_refused() -> None:
    with pytest.raises(ValueError, match="photos: none has a part"):
        make_collage([], 0)


def test_both_numbers_of_a_label_come_back(tmp_path: Path) -> None:
    owner = np.array([[-4, -1, 0, 700]], dtype=np.int16)
    part = np.array([[-1, -1, 3, 40]], dtype=np.int16)
    coded = label(owner, part).astype(np.int32)
    np.testing.assert_array_equal(coded // 32 - 8, owner)
    np.testing.assert_array_equal(coded % 32 - 1, [[-1, -1, 3, 30]])
    np.savez(tmp_path / "1.npz", images=np.zeros(1))
    with pytest.raises(ValueError, match="labels"):
        read_recording(tmp_path / "1.npz")


def test_examples_hold_what_was_known_and_the_truth() -> None:
    rng = np.random.default_rng(0)
    planes = rng.uniform(-1, 1, (NUM_PLANES, 40, 112)).astype(np.float32)
    truth = rng.uniform(0, 1, (40, 112)).astype(np.float32)
    back = values(example(planes, truth))
    np.testing.assert_allclose(back[:NUM_PLANES, :40], planes, atol=0.5 / 127 + 1e-6)
    np.testing.assert_allclose(back[NUM_PLANES, :40], truth, atol=0.5 / 127 + 1e-6)
    assert not back[:, 40:].any()


def test_practice_goes_on_where_it_was_stopped(examples: Path, photos: Path, tmp_path: Path) -> None:
    files = sorted(examples.glob("*.npy"))
    assert {path.name for path in files} >= {"12-0.npy", "13-0.npy"}
    assert files_of([examples])[1] == [path for path in files if path.name.startswith("12-")]
    (tmp_path / "12-0.npy").write_bytes(b"was there")
    words = ["--photos", str(photos), "--num", "2", "--seed", "12", "--length-s", "3", "--out", str(tmp_path)]
    subprocess.run(command("practice", *words), env=environment(), check=True)
    assert (tmp_path / "12-0.npy").read_bytes() == b"was there"
    for path in files:
        if path.name != "12-0.npy":
            assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_the_truth_lies_where_the_target_is_seen(examples: Path) -> None:
    data = Examples(sorted(examples.glob("*.npy")))
    both = data.some(range(len(data)))
    said, truth = both[:, Plane.SHOWN] > 0.5, both[:, NUM_PLANES] > 0.5
    there = truth.any((1, 2))
    ious = (said & truth).sum((1, 2))[there] / (said | truth).sum((1, 2))[there]
    assert len(data) > 5 and (ious > 0.5).mean() > 0.3


def test_varied_examples_keep_planes_and_truth_together() -> None:
    both = np.zeros((6, NUM_PLANES + 1, 32, 32), dtype=np.float32)
    both[:, Plane.SHOWN, 8:20, 12:24] = 1.0
    both[:, -1] = both[:, Plane.SHOWN]
    turned = []
    for seed in range(6):
        out = varied(both, np.random.default_rng(seed))
        assert out.shape == both.shape and np.abs(out).max() <= 1
        np.testing.assert_array_equal(out[:, -1], out[:, Plane.SHOWN])
        assert (out[:, -1] > 0.5).sum((1, 2)).min() > 50
        turned.append((out[:, -1] != both[:, -1]).any())
    assert any(turned)


def test_the_loss_is_least_for_the_truth() -> None:
    truth = torch.zeros(2, 1, 16, 16)
    truth[0, 0, 4:12, 4:12] = 1.0
    sure = 40 * (truth - 0.5)
    assert losses(sure, truth) < 1e-3
    assert losses(-sure, truth) > 1.0
    assert losses(torch.full_like(truth, -20.0), truth) > losses(sure, truth) + 0.4


def test_training_that_was_killed_goes_on_to_the_same_weights(examples: Path, tmp_path: Path) -> None:
    def words(out: str) -> list[str]:
        steps = ["--num-steps", "6", "--keep-every", "2", "--batch-size", "2", "--evaluate-every", "6"]
        return command("train", "--examples", str(examples), "--out", str(tmp_path / out), *steps)

    subprocess.run(words("whole"), env=environment(), check=True)
    process = subprocess.Popen(words("killed"), env=environment())
    deadline_s = time.monotonic() + 100
    while not (tmp_path / "killed" / STATE_NAME).exists():
        assert time.monotonic() < deadline_s
        time.sleep(0.001)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)
    assert torch.load(tmp_path / "killed" / STATE_NAME, weights_only=True)["step"] < 6
    subprocess.run(words("killed"), env=environment(), check=True)
    whole, killed = (
        torch.load(tmp_path / out / STATE_NAME, weights_only=True)["average"] for out in ("whole", "killed")
    )
    for name, weight in whole.items():
        torch.testing.assert_close(killed[name], weight, rtol=0, atol=0)


def test_the_graph_says_what_the_network_says(tmp_path: Path) -> None:
    """To the precision of its stored weights: a byte each."""
    torch.manual_seed(1)
    model = PixelModel()
    torch.nn.init.normal_(model.last.weight, std=0.1)
    torch.save({"average": model.state_dict()}, tmp_path / STATE_NAME)
    export(tmp_path, tmp_path / "pixels.onnx")
    planes = np.random.default_rng(0).uniform(-1, 1, (NUM_PLANES, 48, 64)).astype(np.float32)
    frame = SmallFrame.of(np.zeros((32, 32, 3), np.uint8), stamp_ns=0, settings=TrackerSettings())
    with torch.no_grad():
        expected = PixelGraph(model)(torch.from_numpy(planes)[None])[0, 0].numpy()
    given = PixelNetwork(tmp_path / "pixels.onnx")(planes, frame, identity())
    assert np.abs(given - expected).max() < 0.05


def test_untrained_it_says_what_colours_say() -> None:
    planes = torch.zeros(1, NUM_PLANES, 24, 32)
    planes[:, Plane.SHOWN, 8:16, 8:16] = 1.0
    with torch.no_grad():
        shown = PixelGraph(PixelModel())(planes)[0, 0]
    torch.testing.assert_close((shown > 0.5).float(), planes[0, Plane.SHOWN])
