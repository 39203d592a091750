"""Where bundles are found, and whether their files are what the manifest says."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from converseg_core.bundle.manifest import MANIFEST_NAME, BundleError, BundleFile, Manifest, read_manifest

_SHIPPED_PATH = Path(__file__).resolve().parent.parent / "bundles"


def built_models_path() -> Path:
    """Where ``converseg models build`` puts bundles: $CONVERSEG_MODELS, or a folder of the user's."""
    named = os.environ.get("CONVERSEG_MODELS")
    return Path(named) if named else Path.home() / ".local" / "share" / "converseg" / "models"


def available_models() -> dict[str, Path]:
    """Model name -> bundle folder: bundles shipped inside the package, and those built on this machine."""
    folders: dict[str, Path] = {}
    for place in (built_models_path(), _SHIPPED_PATH):  # a shipped name can't be taken by a built one
        for path in sorted(place.glob(f"*/{MANIFEST_NAME}")) if place.is_dir() else ():
            if not path.parent.name.startswith("."):
                folders[read_manifest(path.parent).name] = path.parent
    return dict(sorted(folders.items()))


def resolve(name_or_path: str | Path) -> Path:
    """The bundle folder behind a model name or a path.

    Raises:
        BundleError: neither a known name nor a folder; the message lists the names.
    """
    models = available_models()
    if str(name_or_path) in models:
        return models[str(name_or_path)]
    path = Path(name_or_path)
    if path.is_dir():
        return path
    known = ", ".join(sorted(models)) or "none installed"
    raise BundleError(
        f"model {str(name_or_path)!r} is neither a known model ({known}) nor a bundle folder; "
        "see `converseg models list`"
    )


def verify(folder: str | Path) -> Manifest:
    """Check every file of a bundle against its size and sha256; return the manifest.

    Raises:
        BundleError: the first file that is missing, of another size or of another content.
    """
    manifest = read_manifest(folder)
    for file in manifest.files.values():
        _verify_file(Path(folder) / file.path, file)
    return manifest


def _verify_file(path: Path, file: BundleFile) -> None:
    remedy = "fetch or build the bundle again"
    try:
        size_bytes = path.stat().st_size
        if size_bytes != file.size_bytes:
            raise BundleError(
                f"{path}: {size_bytes} bytes, but the manifest says {file.size_bytes}; {remedy}"
            )
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise BundleError(f"{path}: file is missing; {remedy}") from error
    except OSError as error:
        raise BundleError(f"{path}: cannot be read ({error.strerror}); {remedy}") from error
    if digest != file.sha256:
        raise BundleError(
            f"{path}: sha256 is {digest[:12]}..., but the manifest says {file.sha256[:12]}...; {remedy}"
        )
