"""The committed cell classifier, without the parts of packages: it runs, and its words decide."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from converseg_core.bundle import BundleError
from converseg_core.mini.build import NETWORK_PATH
from converseg_core.mini.cell_features import cell_features
from converseg_core.mini.cells import CELL_ROLES, CellNetwork
from converseg_core.mini.detector import Detection
from converseg_core.mini.lexicon import NAMES

_PATHS = {role: NETWORK_PATH / name for role, name in CELL_ROLES.items()}


def test_shares_of_the_classes_add_up_and_detections_count() -> None:
    network = CellNetwork.from_files(_PATHS)
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (120, 160, 3)).astype(np.uint8)
    semantic = np.abs(rng.normal(size=(1, 1280, 10, 10))).astype(np.float32)
    middle = np.abs(rng.normal(size=(1, 576, 19, 19))).astype(np.float32)
    layers = [np.abs(rng.normal(size=(1, *shape))) for shape in ((512, 15, 20), (256, 30, 40), (128, 60, 80))]
    further = cell_features([layer.astype(np.float32) for layer in layers])
    shares = {}
    for name in ("cat", "bus"):
        found = [Detection(name, 0.95, (0.0, 0.0, 1.0, 1.0))]
        seen = network.encode(image, semantic=semantic, middle=middle, further=further, detections=found)
        assert seen.shares_khw.shape == (133, 48, 64)
        assert seen.present_k.shape == (133,) and np.isfinite(seen.present_k).all()
        assert seen.shares_khw.sum(axis=0) == pytest.approx(np.ones((48, 64)), abs=1e-4)
        shares[name] = seen.shares_khw.mean(axis=(1, 2))
    cat, bus = NAMES.index("cat"), NAMES.index("bus")
    assert shares["cat"][cat] > shares["bus"][cat]
    assert shares["bus"][bus] > shares["cat"][bus]


def test_features_of_any_shape_come_on_one_grid_at_cell_centres() -> None:
    columns = np.arange(40, dtype=np.float32)
    layers = [np.broadcast_to(np.float32(0), (1, 512, 20, 13)), np.tile(columns, (1, 256, 30, 1))]
    found = cell_features([*layers, np.zeros((1, 128, 60, 80), np.float32)])
    assert {name: value.shape[1:] for name, value in found.items()} == {
        "nano32": (512, 24, 32), "nano16": (256, 24, 32), "nano8": (128, 48, 64),
    }  # fmt: skip
    middle = found["nano16"][0, 7, 3]
    np.testing.assert_allclose(middle[1:-1], (np.arange(32) + 0.5)[1:-1] * 40 / 32 - 0.5, atol=1e-4)


def test_what_is_said_about_photos_is_calibrated() -> None:
    calibrations = CellNetwork.from_files(_PATHS).calibrations
    assert set(calibrations) == {"photo_presence", "photo_name", "photo_relation", "photo_purpose"}
    assert all(item.slope > 0 for item in calibrations.values())


def test_a_spoilt_settings_file_is_refused(tmp_path: Path) -> None:
    settings = tmp_path / "cells.json"
    settings.write_text(json.dumps({"calibrations": {"photo_name": {"slope": "steep"}}}))
    with pytest.raises(BundleError, match=r"cells\.json: not a table of scalings"):
        CellNetwork.from_files({**_PATHS, "cells_table": settings})


def test_the_network_is_small() -> None:
    assert sum(path.stat().st_size for path in NETWORK_PATH.iterdir()) < 14_000_000
