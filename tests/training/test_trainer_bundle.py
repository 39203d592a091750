"""The whole curriculum through the real command line: train, make a bundle, start the next phase from it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from converseg_core import Status, load_model
from converseg_core.bundle import verify
from converseg_core.net.weights import load_network, write_tensors
from converseg_engine.shards import read_split
from converseg_training.loop.checkpoints import Checkpoints
from converseg_training.loop.run import load_learned
from converseg_training.net.bundle import merged_tensors
from converseg_training.net.config import NetTaskConfig
from converseg_training.net.task import NetTask
from converseg_training.recipes import FULL
from tests.ros.harness import Client, segmenter
from tests.training import tiny_shards
from tests.training.test_trainer_resume import curve, environment


def converseg(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "converseg_core.cli.main", *arguments],
        env=environment(), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]


def check_node(bundle: Path, picture: bytes, tmp_path: Path) -> None:
    """The node answers each question once, with the bundle's name, like the model without a node."""
    model = load_model(bundle)
    with segmenter(tmp_path, model=str(bundle), max_frame_age_s=30.0) as (_, client):
        assert isinstance(client, Client)
        client.wait_for_segmenter()
        message = client.show_compressed(picture)
        answer = client.ask_on(message.header, "something to hold")
    pixels = cv2.cvtColor(cv2.imdecode(_bytes(picture), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    expected = model.encode(pixels).segment(["something to hold"])[0]
    assert answer.model_id == model.model_id
    assert answer.status == expected.status.value
    assert expected.mask is not None
    assert bytes(answer.mask.data) == (expected.mask * 255).astype("uint8").tobytes()


def _bytes(content: bytes) -> np.ndarray:
    return np.frombuffer(content, np.uint8)


@pytest.mark.timeout(600)
def test_three_phases_each_from_the_bundle_before(tmp_path: Path) -> None:
    data = tiny_shards.write(tmp_path / "data", "train", 10)
    for seed, split in enumerate(("val", "test"), start=1):
        tiny_shards.write(data, split, 3, seed=seed)
    picture = next(iter(read_split(data, "test"))).image
    init: list[str] = []
    for recipe in FULL:
        run, bundle = tmp_path / recipe, tmp_path / f"{recipe}-bundle"
        converseg("train", f"{recipe}-smoke", "--data", str(data), "--out", str(run), *init)
        converseg(
            "train", "bundle", "--run", str(run), "--data", str(data), "--out", str(bundle),
            "--name", recipe, "--licence", "none", "--training-data", "noise",
        )  # fmt: skip
        assert any("giou_all" in line for line in curve(run))
        manifest = verify(bundle)
        assert manifest.measured["table"][-1]["num_samples"] == 9
        card = (bundle / "MODEL_CARD.md").read_text()
        assert f"| all | 9 | {manifest.measured['table'][-1]['giou']:.3f} " in card
        assert ("presence" in manifest.calibrations) == (recipe == "net-presence")
        answer = load_model(bundle).encode(cv2.imdecode(_bytes(picture), 1)).segment(["a dragon"])[0]
        assert answer.status in (Status.OK, Status.NO_TARGET)
        check_node(bundle, picture, tmp_path)
        init = ["--init", str(bundle)]


def test_a_bundle_computes_what_the_network_in_training_computed(tmp_path: Path) -> None:
    """Merging moves the low-rank part into the weights and changes nothing else."""
    config = NetTaskConfig(init="tiny", frozen_type="fp32")
    task = NetTask(config)
    module = task.build()
    generator = torch.Generator().manual_seed(3)
    learned = {
        name: parameter.detach() + 0.05 * torch.randn(parameter.shape, generator=generator)
        for name, parameter in module.named_parameters()
        if parameter.requires_grad
    }
    assert any("lora_B" in name for name in learned)
    load_learned(module, learned)
    write_tensors(merged_tensors(module.network, config, half=False), tmp_path / "weights.safetensors")
    merged = load_network(tmp_path / "weights.safetensors", task.start.config, dtype=torch.float32)
    words = torch.arange(6)[None]
    embedded = module.network.eval().vlm.embed(words)
    positions = torch.arange(6).expand(3, 1, 6)
    with torch.no_grad():
        one = module.network.vlm.run_language(embedded, positions, cache=None)
        other = merged.vlm.run_language(embedded, positions, cache=None)
        start = task.build().network.eval().vlm.run_language(embedded, positions, cache=None)
    assert torch.allclose(one, other, atol=1e-4)
    assert not torch.allclose(one, start, atol=1e-2)


def test_the_newest_few_and_the_best_are_kept(tmp_path: Path) -> None:
    checkpoints = Checkpoints(folder=tmp_path, keep_last=2)
    for step, score in ((1, 0.2), (2, 0.9), (3, 0.5), (4, None), (5, None)):
        checkpoints.save(step, {"step": step}, "{}", score=score)
    assert checkpoints.steps() == [2, 4, 5]
    assert checkpoints.best_step() == 2
    (tmp_path / ".partial-00000006").mkdir()  # what a killed run leaves
    (tmp_path / "step-00000007").mkdir()  # a folder without a state is no checkpoint
    state = checkpoints.load()
    assert state is not None
    assert state["step"] == 5
    with pytest.raises(ValueError, match="not among"):
        checkpoints.load(3)
