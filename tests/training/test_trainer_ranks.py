"""Two processes over gloo learn what one process learns from the doubled batch; and one goes on for two."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from converseg_training.loop.config import Source
from converseg_training.loop.feed import batches, open_mixture, passes_of_rank
from converseg_training.loop.run import Trainer
from converseg_training.loop.sharding import whole
from converseg_training.recipes import RECIPES
from converseg_training.tasks import make_task
from tests.training import tiny_shards
from tests.training.commands import converseg, curve, environment

pytestmark = pytest.mark.long


def _gradients(data: str, out: str, sharded: bool, variables: dict[str, str]) -> None:
    """One process of a step: its gradients, before and after they are clipped, into a file."""
    os.environ.update(variables)
    torch.set_num_threads(1)
    recipe = RECIPES["net-presence-smoke"]([Source(path=data)], "tiny")
    lora = dataclasses.replace(recipe.task.lora, dropout=0.0)  # its random numbers belong to a process
    run = dataclasses.replace(recipe.run, sharded=sharded)
    trainer = Trainer(
        run, make_task(run, dataclasses.replace(recipe.task, lora=lora)), Path(out).parent / "run"
    )
    rank, num = trainer.accelerator.process_index, trainer.accelerator.num_processes
    feed = batches(run, trainer.task, open_mixture(run), first_step=0, rank=rank, num_ranks=num)
    terms = trainer.gradients([next(feed) for _ in passes_of_rank(run, 0, rank, num)])
    learning = {name: p for name, p in trainer.module.named_parameters() if p.requires_grad}
    grads = {name: whole(p.grad).clone() for name, p in learning.items()}
    norm = trainer.update()
    after = {name: whole(p.detach()).clone() for name, p in learning.items()}
    if rank == 0:
        torch.save({"grads": grads, "terms": terms, "num": num, "norm": norm, "after": after}, out)
    trainer.accelerator.end_training()


def step_of(num: int, data: Path, out: Path, *, sharded: bool = False) -> dict[str, Any]:
    """One step by so many processes, as torchrun would start them."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    context = multiprocessing.get_context("forkserver")
    processes = []
    for rank in range(num):
        variables = {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(num)}
        variables |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        arguments = (str(data), str(out), sharded, variables if num > 1 else {})
        processes.append(context.Process(target=_gradients, args=arguments))
        processes[-1].start()
    for process in processes:
        process.join(200)
        assert process.exitcode == 0
    found: dict[str, Any] = torch.load(out, weights_only=True)
    assert found["num"] == num
    return found


def assert_alike(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        limit = 1e-5 * float(value.abs().max()) + 1e-9
        assert torch.allclose(value, other[name], rtol=1e-5, atol=limit), name


def torchrun(num: int, arguments: list[str]) -> None:
    options = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={num}"]
    done = subprocess.run(
        [sys.executable, *options, "-m", "converseg_core.cli.main", *arguments],
        env=environment(), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]


@pytest.mark.timeout(300)
def test_two_ranks_give_the_gradients_of_the_doubled_batch(tmp_path: Path) -> None:
    data = tiny_shards.write(tmp_path / "data", "train", 10)
    one, two = (step_of(num, data, tmp_path / f"{num}.pt") for num in (1, 2))
    parts = ("lora_B", "adapter", "confidence", "mask_decoder", "iou_prediction_head")
    moved = [name for name, grad in one["grads"].items() if float(grad.abs().max()) > 0]
    assert all(any(part in name for name in moved) for part in parts)
    assert_alike(one["grads"], two["grads"])
    assert one["terms"] == pytest.approx(two["terms"], rel=1e-5)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_split_weights_learn_the_same(tmp_path: Path) -> None:
    """FSDP2 on two processes: gradients, norm and the weights after the step are those of one process."""
    data = tiny_shards.write(tmp_path / "data", "train", 10)
    one = step_of(1, data, tmp_path / "1.pt")
    split = step_of(2, data, tmp_path / "2.pt", sharded=True)
    assert_alike({name: g for name, g in one["grads"].items() if g.ndim}, {
        name: g for name, g in split["grads"].items() if g.ndim
    })  # fmt: skip
    assert split["norm"] == pytest.approx(one["norm"], rel=1e-5)
    for name, value in one["after"].items():
        # Adam's first step is the gradient's sign times the rate: where it is nearly 0, either may come out.
        assert torch.allclose(value, split["after"][name], atol=2.1e-3), name
    close = [
        torch.isclose(value, split["after"][name], atol=1e-5).float().mean()
        for name, value in one["after"].items()
    ]
    assert float(torch.stack(close).mean()) > 0.99


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_split_and_whole_go_on_for_each_other(tmp_path: Path) -> None:
    data = tiny_shards.write(tmp_path / "data", "train", 10)
    tiny_shards.write(data, "val", 2, seed=1)
    words = ["train", "net-presence-smoke", "--data", str(data), "--num-threads", "1", "--num-steps", "6"]
    out, whole_out = tmp_path / "run", tmp_path / "whole"
    torchrun(2, [*words, "--out", str(out), "--sharded", "True"])
    keep_until(3, out, tmp_path)
    converseg([*words, "--out", str(out)], tmp_path / "log")
    keep_until(4, out, tmp_path)
    torchrun(2, [*words, "--out", str(out), "--sharded", "True"])
    converseg([*words, "--out", str(whole_out)], tmp_path / "log")
    check_alike(out, whole_out)


@pytest.mark.timeout(300)
def test_one_process_goes_on_where_two_stopped(tmp_path: Path) -> None:
    data = tiny_shards.write(tmp_path / "data", "train", 10)
    out, whole_out = tmp_path / "run", tmp_path / "whole"
    words = ["train", "net-phase1-smoke", "--data", str(data), "--num-threads", "1", "--num-steps", "6"]
    torchrun(2, [*words, "--out", str(out)])
    keep_until(5, out, tmp_path)
    converseg([*words, "--out", str(out)], tmp_path / "log")
    converseg([*words, "--out", str(whole_out)], tmp_path / "log")
    check_alike(out, whole_out)
    state = json.loads((out / "checkpoints" / "step-00000006" / "config.json").read_text())
    assert state["run"]["batch_size"] == 4


def keep_until(step: int, out: Path, elsewhere: Path) -> None:
    """What a run that was stopped at this step has: the checkpoint of that step is its newest."""
    for path in (out / "checkpoints").glob("step-*"):
        if int(path.name[5:]) > step:
            path.rename(elsewhere / f"{step}-{path.name}")


def check_alike(out: Path, whole_out: Path) -> None:
    lines, expected = ([line for line in curve(o) if line["kind"] == "train"] for o in (out, whole_out))
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5, 6]
    # Dropout draws other numbers on two processes, so curves are alike, not the same.
    assert [line["loss"] for line in lines] == pytest.approx([line["loss"] for line in expected], rel=0.05)
