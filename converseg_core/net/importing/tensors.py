"""Reading strangers' tensor files: no code is run, and whatever is odd is refused by file and reason."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor


class CheckpointError(ValueError):
    """A checkpoint cannot be used; the message names the file and the reason."""


def read_torch(path: Path, *, key: str | None = None) -> dict[str, Tensor]:
    """Tensors of a ``torch.save`` file, optionally under one top-level key; memory-mapped where possible.

    Raises:
        CheckpointError: unreadable, anything but plain tensors inside, or no such key.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: no such file")
    try:
        # Only the zip format can be mapped; older files are read whole.
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{path}: holds something other than tensors, and was not opened ({_first_line(error)}); "
            "a pickle can run any code"
        ) from error
    except Exception as error:  # broken bytes make the unpickler raise whatever they lead it to
        raise CheckpointError(f"{path}: cut off or damaged ({_first_line(error)})") from error
    if key is not None and isinstance(content, dict) and key in content:
        content = content[key]
    return _checked(content, path)


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """Tensors of a safetensors file.

    Raises:
        CheckpointError: unreadable, cut off, or not finite.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: no such file")
    try:
        content = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"{path}: cut off or damaged ({_first_line(error)})") from error
    return _checked(content, path)


def read_tensors(path: Path, *, key: str | None = None) -> dict[str, Tensor]:
    """Either kind of file, told apart by its name."""
    return read_safetensors(path) if path.suffix == ".safetensors" else read_torch(path, key=key)


def check_finite(tensors: Mapping[str, Tensor], source: Path) -> None:
    """Refuse NaN and infinity.

    Raises:
        CheckpointError: names the first tensor that holds one.
    """
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise CheckpointError(f"{source}: tensor {name} holds NaN or infinity")


def match(tensors: Mapping[str, Tensor], expected: Mapping[str, tuple[int, ...]], source: Path | str) -> None:
    """Every tensor accounted for.

    Raises:
        CheckpointError: names the tensors that are unknown, missing or of another shape.
    """
    faults = [f"unknown tensor {name}" for name in sorted(set(tensors) - set(expected))]
    faults += [f"missing tensor {name}" for name in sorted(set(expected) - set(tensors))]
    faults += [
        f"tensor {name} has shape {tuple(tensors[name].shape)}, not {expected[name]}"
        for name in sorted(set(tensors) & set(expected))
        if tuple(tensors[name].shape) != expected[name]
    ]
    if faults:
        raise CheckpointError(f"{source}: {shortened(faults)}")


def shortened(faults: Iterable[str]) -> str:
    """The first few of many faults, and how many more."""
    listed = list(faults)
    more = f"; and {len(listed) - 5} more" if len(listed) > 5 else ""
    return "; ".join(listed[:5]) + more


def _checked(content: Any, path: Path) -> dict[str, Tensor]:
    if not isinstance(content, Mapping) or not content:
        raise CheckpointError(f"{path}: holds no table of named tensors")
    for name, tensor in content.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            raise CheckpointError(f"{path}: entry {name!r} is a {type(tensor).__name__}, not a tensor")
    tensors = dict(content)
    check_finite(tensors, path)
    return tensors


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
