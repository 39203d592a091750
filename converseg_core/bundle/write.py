"""Writing a bundle's manifest: checksums are computed from the files as they lie on disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from converseg_core.bundle.manifest import MANIFEST_NAME, SCHEMA_VERSION, Manifest, _parse


def write_manifest(folder: Path, *, files: Mapping[str, str], **fields: Any) -> Manifest:
    """Write ``bundle.json`` for the files already in ``folder``; atomic.

    Args:
        folder: the bundle folder.
        files: role -> path relative to the folder.
        **fields: the other fields of :class:`Manifest`.

    Returns:
        The manifest as written.

    Raises:
        BundleError: a field is missing or wrong.
        FileNotFoundError: a named file does not exist.
    """
    entries = {}
    for role, name in files.items():
        with (folder / name).open("rb") as stream:  # weights can be larger than memory
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        entries[role] = {
            "path": name,
            "sha256": digest,
            "size_bytes": (folder / name).stat().st_size,
        }
    manifest = _parse({"schema_version": SCHEMA_VERSION, "files": entries, **fields}, folder / MANIFEST_NAME)
    temporary = folder / f".{MANIFEST_NAME}.tmp"
    temporary.write_text(json.dumps(manifest.model_dump(mode="json"), indent=2) + "\n")
    temporary.replace(folder / MANIFEST_NAME)
    return manifest
