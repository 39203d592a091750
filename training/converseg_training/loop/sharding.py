"""Weights split between processes: FSDP2 (torch's ``fully_shard``), the same on GPUs and over gloo.

Accelerate leaves FSDP2 out on CPUs without a word, where it could not be tested; torch's own call is the same
everywhere. Checkpoints hold whole tensors, so a run can go on with or without sharding, on any number of
processes. Parameters that are single numbers can't be split: every process keeps them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor


def shard(module: nn.Module, layers: Sequence[nn.Module], *, device_type: str, num_processes: int) -> None:
    """Split every weight; a layer's are gathered only while it is at work, others from forward to backward.

    Args:
        module: what the loop calls.
        layers: parts of it that are only called as a whole.
        device_type: ``cpu`` or ``cuda``.
        num_processes: that share the weights.

    Raises:
        ValueError: a single process has nobody to share with.
    """
    if num_processes < 2:
        raise ValueError("sharded: needs several processes; start them with torchrun, or leave it out")
    mesh = init_device_mesh(device_type, (num_processes,))
    kept = {parameter for parameter in module.parameters() if parameter.ndim == 0}
    for parameter in kept:
        parameter.data = parameter.data.to(device_type)
    for layer in layers:
        fully_shard(layer, mesh=mesh, ignored_params=kept)
    fully_shard(module, mesh=mesh, ignored_params=kept)


def whole(value: Any) -> Any:
    """A tensor with all its parts, on the CPU; anything else as it is. All processes must call it alike."""
    if isinstance(value, DTensor):
        return value.full_tensor().cpu()
    return value.cpu() if isinstance(value, Tensor) else value


def part_of(value: Tensor) -> Tensor:
    """What this process holds of a tensor; the tensor itself where it is not split."""
    return value.to_local() if isinstance(value, DTensor) else value


def split_like(value: Tensor, example: Tensor) -> Tensor:
    """A whole tensor as ``example`` lies: split, or on its device."""
    if isinstance(example, DTensor):
        return distribute_tensor(value.to(example.device), example.device_mesh, example.placements)
    return value.to(example.device)


def whole_state(optimizer: Any) -> dict[str, Any]:
    """An optimiser's state with whole tensors; all processes must call it."""
    state = optimizer.state_dict()
    kept = {
        number: {name: whole(value) for name, value in values.items()}
        for number, values in state["state"].items()
    }
    return {"state": kept, "param_groups": state["param_groups"]}


def split_state(state: Mapping[str, Any], parameters: Sequence[Tensor]) -> dict[str, Any]:
    """Such a state for an optimiser of these parameters, in their order."""
    placed = {
        number: {
            name: split_like(value, parameters[number]) if value.shape == parameters[number].shape else value
            for name, value in values.items()
        }
        for number, values in state["state"].items()
    }
    return {"state": placed, "param_groups": state["param_groups"]}


@torch.no_grad()
def clip_split(parameters: list[nn.Parameter], max_norm: float) -> float:
    """Scale gradients down to a norm over all processes, those of unsplit parameters averaged before.

    Returns:
        The norm before scaling.
    """
    grads = [parameter.grad for parameter in parameters if parameter.grad is not None]
    shared = [grad for grad in grads if not isinstance(grad, DTensor)]
    num_processes = torch.distributed.get_world_size()
    for grad in shared:
        torch.distributed.all_reduce(grad)
        grad.div_(num_processes)
    squares = torch.zeros((), device=grads[0].device)
    for grad in grads:
        if isinstance(grad, DTensor):
            squares += grad.to_local().float().square().sum()
    torch.distributed.all_reduce(squares)
    for grad in shared:
        squares += grad.float().square().sum()
    norm = float(squares.sqrt())
    factor = max_norm / (norm + 1e-6)
    if factor < 1:
        for grad in grads:
            part_of(grad).mul_(factor)
    return norm


@contextlib.contextmanager
def gathered(module: nn.Module) -> Iterator[None]:
    """Weights outside layers whole for a while, for calls that go past the module's own forward."""
    if not isinstance(module, FSDPModule):
        yield
        return
    module.unshard()
    try:
        with torch.no_grad():
            yield
    finally:
        module.reshard()
