"""``load_model``: from a name or a bundle folder to a model that answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from converseg_core.bundle import BundleError, Manifest, resolve, verify
from converseg_core.model import SegmentationModel

Loader = Callable[[Path, Manifest, str, str], SegmentationModel]


def _load_embedded(folder: Path, manifest: Manifest, device: str, runtime: str) -> SegmentationModel:
    from converseg_core.embedded import EmbeddedModel

    return EmbeddedModel.from_bundle(folder, manifest, device=device, runtime=runtime)


def _load_net(folder: Path, manifest: Manifest, device: str, runtime: str) -> SegmentationModel:
    try:
        from converseg_core.net.engine import NetModel
    except ImportError as error:
        raise BundleError(
            f"{folder}: {manifest.architecture} needs more packages ({error}); "
            "pip install 'converseg-ros[net]'"
        ) from error
    return NetModel.from_bundle(folder, manifest, device=device, runtime=runtime)


def _check_built(folder: Path, manifest: Manifest) -> None:
    """``mini`` under its name is what this version builds, not what another one built here.

    Raises:
        BundleError: it has other graphs or tables; the message says how to get the right ones.
    """
    from converseg_core.mini.build import outdated_files

    differing = outdated_files(manifest)
    if differing:
        raise BundleError(
            f"{folder}: built by another version of converseg-ros ({', '.join(differing)} differ); "
            "run `converseg models build mini`, or name the folder to use it as it is"
        )


def _load_mini(folder: Path, manifest: Manifest, device: str, runtime: str) -> SegmentationModel:
    from converseg_core.mini.engine import MiniModel

    return MiniModel.from_bundle(folder, manifest, device=device, runtime=runtime)


_LOADERS: dict[str, Loader] = {
    "embedded-v1": _load_embedded,
    "mini-v1": _load_mini,
    "converseg-net-v1": _load_net,
}


def load_model(
    name_or_path: str | Path = "sim-tiny", *, device: str = "auto", runtime: str = "auto"
) -> SegmentationModel:
    """Load a model; every file is checked against its sha256 first, and the network is never used.

    Args:
        name_or_path: a model name (see ``converseg models list``) or a bundle folder.
        device: ``auto``, ``cpu`` or ``cuda``.
        runtime: ``auto``, ``onnxruntime``, or for ConverSeg-Net ``torch`` and its number types
            (``torch-fp32``, ``torch-bf16``, ``torch-fp16``, ``torch-int8``, ``torch-int4``).

    Raises:
        BundleError: unknown name, missing or altered file, newer schema, unknown architecture, or a model
            that another version of this software built here.
        ValueError: a device or runtime that this bundle or machine does not have.
    """
    folder = resolve(name_or_path)
    manifest = verify(folder)
    if str(name_or_path) == manifest.name == "mini":
        _check_built(folder, manifest)
    loader = _LOADERS.get(manifest.architecture)
    if loader is None:
        known = ", ".join(sorted(_LOADERS))
        raise BundleError(
            f"{folder}: architecture {manifest.architecture!r} is not one of {known}; update converseg-ros"
        )
    return loader(folder, manifest, device, runtime)
