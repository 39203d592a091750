"""Bundles compute what was trained; checkpoints are whole, the newest few and the best kept."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from converseg_core.net.weights import load_network, write_tensors
from converseg_training.loop.checkpoints import Checkpoints
from converseg_training.loop.run import load_learned
from converseg_training.net.bundle import merged_tensors
from converseg_training.net.config import NetTaskConfig
from converseg_training.net.task import NetTask


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
