"""Two processes over gloo learn what one process learns from the doubled batch; and one goes on for two."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.training import tiny_shards
from tests.training.commands import curve, environment

GRADIENTS = """
import dataclasses, sys
import torch
from converseg_training.loop.config import Source
from converseg_training.loop.feed import batches, open_mixture, passes_of_rank
from converseg_training.loop.run import Trainer
from converseg_training.net.task import NetTask
from converseg_training.recipes import RECIPES
from pathlib import Path

torch.set_num_threads(1)
data, out = sys.argv[1:]
recipe = RECIPES["net-presence-smoke"]([Source(path=data)], "tiny")
lora = dataclasses.replace(recipe.task.lora, dropout=0.0)  # its random numbers belong to a process
trainer = Trainer(recipe.run, NetTask(dataclasses.replace(recipe.task, lora=lora)), Path(out).parent / "run")
rank, num = trainer.accelerator.process_index, trainer.accelerator.num_processes
feed = batches(recipe.run, trainer.task, open_mixture(recipe.run), first_step=0, rank=rank, num_ranks=num)
terms = trainer.gradients([next(feed) for _ in passes_of_rank(recipe.run, 0, rank, num)])
found = {name: p.grad for name, p in trainer.module.named_parameters() if p.requires_grad}
if rank == 0:
    torch.save({"grads": found, "terms": terms, "num": num}, out)
trainer.accelerator.end_training()
"""


def launched(num: int, arguments: list[str]) -> list[str]:
    """The command of one process, or of several under torchrun."""
    if num == 1:
        return [sys.executable, *arguments]
    options = ["--standalone", f"--nproc-per-node={num}"]
    return [sys.executable, "-m", "torch.distributed.run", *options, *arguments]


def run(num: int, arguments: list[str]) -> None:
    done = subprocess.run(
        launched(num, arguments),
        env={**environment(), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-4000:]


@pytest.mark.timeout(300)
def test_two_ranks_give_the_gradients_of_the_doubled_batch(tmp_path: Path) -> None:
    data = tiny_shards.write(tmp_path / "data", "train", 10)
    script = tmp_path / "gradients.py"
    script.write_text(GRADIENTS)
    found = {}
    for num in (1, 2):
        run(num, [str(script), str(data), str(tmp_path / f"{num}.pt")])
        found[num] = torch.load(tmp_path / f"{num}.pt", weights_only=True)
        assert found[num]["num"] == num
    one, two = found[1]["grads"], found[2]["grads"]
    assert one.keys() == two.keys()
    assert {"lora_B", "adapter", "confidence", "mask_decoder", "iou_prediction_head"} == {
        part for part in ("lora_B", "adapter", "confidence", "mask_decoder", "iou_prediction_head")
        if any(part in name and float(grad.abs().max()) > 0 for name, grad in one.items())
    }  # fmt: skip
    for name, grad in one.items():
        assert torch.allclose(grad, two[name], rtol=1e-5, atol=1e-5 * float(grad.abs().max()) + 1e-9), name
    assert found[1]["terms"] == pytest.approx(found[2]["terms"], rel=1e-5)


@pytest.mark.timeout(300)
def test_one_process_goes_on_where_two_stopped(tmp_path: Path) -> None:
    data = tiny_shards.write(tmp_path / "data", "train", 10)
    out, whole = tmp_path / "run", tmp_path / "whole"
    common = ["-m", "converseg_core.cli.main", "train", "net-phase1-smoke", "--data", str(data)]
    run(2, [*common, "--out", str(out), "--num-steps", "6", "--num-threads", "1"])
    # What a run that was stopped at step 5 has: the checkpoint of that step is its newest.
    for path in (out / "checkpoints").glob("step-*"):
        if int(path.name[5:]) > 5:
            path.rename(tmp_path / path.name)
    run(1, [*common, "--out", str(out), "--num-steps", "6", "--num-threads", "1"])
    run(1, [*common, "--out", str(whole), "--num-steps", "6", "--num-threads", "1"])
    steps = [line["step"] for line in curve(out)]
    assert steps == [1, 2, 3, 4, 5, 6]
    # Dropout draws other numbers on two processes, so curves are alike, not the same.
    assert [line["loss"] for line in curve(out)] == pytest.approx(
        [line["loss"] for line in curve(whole)], rel=0.05
    )
    state = json.loads((out / "checkpoints" / "step-00000006" / "config.json").read_text())
    assert state["run"]["batch_size"] == 4
