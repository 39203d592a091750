"""What a data set was made with: the recipe, resolved, and the versions that its bytes depend on."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
from pathlib import Path
from typing import Any

from converseg_engine.sim.recipe import Recipe

_PACKAGES = ("mujoco", "numpy", "opencv-python-headless", "pyarrow", "pycocotools")


def versions() -> dict[str, str]:
    """Versions of everything that decides the bytes of a shard."""
    found = {name: importlib.metadata.version(name) for name in _PACKAGES}
    return {"python": platform.python_version(), "machine": platform.machine(), **found}


def source_sha256() -> str:
    """Digest of the code that makes scenes and rows: other code, other scenes."""
    here = Path(__file__).resolve().parent
    files = [*here.rglob("*.py"), *(here.parent / name for name in ("shards.py", "shard_schema.py"))]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.relative_to(here.parent).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def resolved(recipe: Recipe) -> dict[str, Any]:
    """What is saved beside the shards as ``recipe.json``."""
    return {"recipe": recipe.as_json(), "versions": versions(), "source_sha256": source_sha256()}
