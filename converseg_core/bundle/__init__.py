"""Model bundles: a folder with ``bundle.json`` and the files that it names, each checked by sha256."""

from converseg_core.bundle.manifest import (
    SCHEMA_VERSION,
    BundleError,
    BundleFile,
    Manifest,
    read_manifest,
)
from converseg_core.bundle.store import available_models, resolve, verify
from converseg_core.bundle.write import write_manifest

__all__ = [
    "SCHEMA_VERSION",
    "BundleError",
    "BundleFile",
    "Manifest",
    "available_models",
    "read_manifest",
    "resolve",
    "verify",
    "write_manifest",
]
