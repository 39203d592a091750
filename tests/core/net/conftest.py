"""Shared: one imported tiny bundle for each mode."""

from __future__ import annotations

from pathlib import Path

import pytest

from converseg_core import load_model
from tests.core.net import authors_checkpoint


@pytest.fixture(scope="session")
def sources(tmp_path_factory):
    return authors_checkpoint.write(tmp_path_factory.mktemp("authors"))


@pytest.fixture(scope="session")
def bundles(sources, tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("bundles")
    for mode in ("reference", "corrected"):
        authors_checkpoint.run_import(sources, folder / mode, mode=mode)
    return {mode: folder / mode for mode in ("reference", "corrected")}


@pytest.fixture
def reference(bundles):
    return load_model(bundles["reference"], runtime="torch-fp32", device="cpu")


@pytest.fixture
def corrected(bundles):
    return load_model(bundles["corrected"], runtime="torch-fp32", device="cpu")
