"""Package files -> the bundle ``mini``: graphs and tables shipped here, weights from the packages."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path

from converseg_core.bundle import BundleError, Manifest, verify
from converseg_core.bundle.write import write_manifest
from converseg_core.mini.cells import CELL_ROLES
from converseg_core.mini.language import LanguageEncoder
from converseg_core.mini.packages import PACKAGES
from converseg_core.mini.phrase_book import vectors_name, write_vectors
from converseg_core.mini.scene.network import SCENE_ROLES
from converseg_core.mini.weights import open_graph, pack, read_table, read_weight
from converseg_core.mini.wordpiece import WordPieceTokenizer

GRAPHS_PATH = Path(__file__).resolve().parent / "graphs"
NETWORK_PATH = Path(__file__).resolve().parent / "network"
TRAINED_ROLES = {**CELL_ROLES, **SCENE_ROLES}
"""Role -> file of what was trained here."""
PARTS = ("encoder", "sam", "language", "detector", "nanodet")


def outdated_files(manifest: Manifest) -> list[str]:
    """Names of the graphs and tables that a built ``mini`` has otherwise than this version ships them.

    An older version's ``mini`` has right checksums, yet answers otherwise.

    Args:
        manifest: of a bundle that :func:`build_bundle` wrote, now or long ago.
    """
    shipped = {part: GRAPHS_PATH / f"{part}.onnx" for part in PARTS}
    shipped |= {role: NETWORK_PATH / name for role, name in TRAINED_ROLES.items()}
    differing = []
    for role, path in shipped.items():
        wanted = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None
        found = manifest.files.get(role)
        if (found and found.sha256) != wanted:
            differing.append(path.name)
    phrases = manifest.files.get("phrases")
    if phrases is None or phrases.path != vectors_name():
        differing.append(vectors_name())
    return differing


def is_current(folder: Path) -> bool:
    """Whether a whole ``mini`` is there, and the one that this version builds."""
    try:
        return not outdated_files(verify(folder))
    except BundleError:
        return False


def build_bundle(files: dict[str, Path], out: Path) -> Manifest:
    """Write the bundle folder ``out``; it appears whole or not at all, in place of an older one.

    Args:
        files: package file name -> path, from :func:`converseg_core.mini.packages.fetch_parts`.
        out: folder of the bundle.

    Raises:
        OSError: no room, or no right to write.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}-"))
    try:
        roles = {"vocabulary": "vocab.txt"}
        shutil.copyfile(files["vocab.txt"], scratch / "vocab.txt")
        for part in PARTS:
            shutil.copyfile(GRAPHS_PATH / f"{part}.onnx", scratch / f"{part}.onnx")
            table = read_table(GRAPHS_PATH / f"{part}.json")
            weights = {
                name: (read_weight(source, files[source.file]), source.storage)
                for name, source in table.items()
            }
            pack(weights, scratch / f"{part}.npz")
            roles |= {part: f"{part}.onnx", f"{part}_weights": f"{part}.npz"}
        language = LanguageEncoder(
            session=open_graph(scratch / "language.onnx", scratch / "language.npz"),
            tokenizer=WordPieceTokenizer.from_file(scratch / "vocab.txt"),
        )
        roles["phrases"] = write_vectors(language, scratch)
        for role, name in TRAINED_ROLES.items():
            if not (NETWORK_PATH / name).exists():
                continue  # the cell classifier ships before the scene reader does
            shutil.copyfile(NETWORK_PATH / name, scratch / name)
            roles[role] = name
        manifest = write_manifest(
            scratch,
            files=roles,
            name="mini",
            architecture="mini-v1",
            weights="trained",
            licence="; ".join(f"{package.name}: {package.licence}" for package in PACKAGES),
            training_data=(
                "pretrained parts: SA-1B (masks), COCO (both detectors), sentence pairs (language); trained "
                "here: simulated scenes, and COCO train2017 photos with masks"
            ),
            preprocessing={
                "height": 1024,
                "width": 1024,
                "mean": (0.485, 0.456, 0.406),
                "std": (0.229, 0.224, 0.225),
            },
        )
        scratch.chmod(0o755)
        if out.exists():
            shutil.rmtree(out)
        scratch.replace(out)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return manifest
