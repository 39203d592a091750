"""``bundle.json``: what a bundle holds, parsed once and strictly at the edge."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

SCHEMA_VERSION = 1
MANIFEST_NAME = "bundle.json"
MAX_MANIFEST_BYTES = 4 * 1024 * 1024


class BundleError(ValueError):
    """A bundle cannot be used; the message names the bundle, the fault and the remedy."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BundleFile(_Strict):
    """One file of a bundle: its path inside the folder, its checksum, its size."""

    path: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size_bytes: int = Field(ge=0)

    @field_validator("path")
    @classmethod
    def _inside_the_bundle(cls, value: str) -> str:
        path = PurePosixPath(value)
        if not value or path.is_absolute() or ".." in path.parts or "\\" in value:
            raise ValueError("must be a relative path inside the bundle")
        return value


class Preprocessing(_Strict):
    """How an image becomes the network's input."""

    height: int = Field(ge=32, le=4096)
    width: int = Field(ge=32, le=4096)
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    resize: Literal["letterbox"] = "letterbox"


class Calibration(_Strict):
    """Platt scaling of a head: probability = sigmoid(slope * logit + offset)."""

    slope: float = 1.0
    offset: float = 0.0


class Manifest(_Strict):
    """The content of ``bundle.json``.

    Attributes:
        schema_version: version of this format.
        name: model name, e.g. ``sim-tiny``.
        architecture: which runtime class reads the files, e.g. ``embedded-v1``.
        weights: ``random`` marks a bundle that was never trained; it says so wherever it is shown.
        files: role -> file. Every file that the runtime opens is listed here.
        calibrations: head name -> scaling, fitted on held-out data.
        measured: figures that were measured, with the data set that they were measured on.
    """

    schema_version: int
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    architecture: str
    weights: Literal["trained", "random"]
    licence: str
    training_data: str
    preprocessing: Preprocessing
    files: dict[str, BundleFile]
    calibrations: dict[str, Calibration] = Field(default_factory=dict)
    measured: dict[str, Any] = Field(default_factory=dict)

    @property
    def weights_hash(self) -> str:
        """Eight hex digits over the checksums of all files; changes when any byte of them does."""
        digests = "".join(f"{role}:{self.files[role].sha256};" for role in sorted(self.files))
        return hashlib.sha256(digests.encode()).hexdigest()[:8]

    @property
    def model_id(self) -> str:
        """Name and weights hash, e.g. ``sim-tiny@1f3a9c2e``."""
        return f"{self.name}@{self.weights_hash}"


def read_manifest(folder: str | Path) -> Manifest:
    """Parse ``bundle.json`` of a bundle folder; files are not opened (see :func:`verify`).

    Raises:
        BundleError: no such folder or manifest, broken JSON, a newer schema, a wrong field.
    """
    path = Path(folder) / MANIFEST_NAME
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path}: cannot be read ({error.strerror}); is this a bundle folder?") from error
    if len(raw) > MAX_MANIFEST_BYTES:
        raise BundleError(f"{path}: {len(raw)} bytes is too large for a manifest; fetch the bundle again")
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path}: not valid JSON ({error}); fetch the bundle again") from error
    return _parse(content, path)


def _parse(content: object, path: Path) -> Manifest:
    if not isinstance(content, Mapping):
        raise BundleError(f"{path}: the top level must be an object; fetch the bundle again")
    version = content.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise BundleError(
            f"{path}: schema_version {version} is newer than the {SCHEMA_VERSION} that this software reads; "
            "update converseg-ros or choose an older bundle"
        )
    if version != SCHEMA_VERSION:
        raise BundleError(f"{path}: schema_version must be {SCHEMA_VERSION}, not {version!r}")
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise BundleError(f"{path}: field {field}: {first['msg']}; fetch the bundle again") from error
