"""bench, export and models import from outside: wrong use is 2, a failure is 1, and both say what to do."""

import json
import os

import pytest

from tests.core.net import authors_checkpoint

pytestmark = pytest.mark.long


def test_bench_wants_to_know_what(cli):
    result = cli("bench")
    assert result.returncode == 2
    assert "--random-weights" in result.stderr


@pytest.mark.parametrize("size", ["640", "0x4", "ax b"])
def test_export_refuses_a_wrong_size(cli, size):
    result = cli("export", "anything", "--out", "out", "--size", size)
    assert result.returncode == 2
    assert "WIDTHxHEIGHT" in result.stderr


def test_export_refuses_a_model_that_is_none(cli, model):
    result = cli("export", model, "--out", "out")
    assert result.returncode == 1
    assert "torch weights" in result.stderr


def test_import_names_the_missing_file(cli):
    files = ("--sam", "a.torch", "--language", "b.torch", "--tokenizer", "t.json", "--out", "out")
    result = cli("models", "import", *files)
    assert result.returncode == 1
    assert "a.torch: no such file" in result.stderr


def test_import_base_names_the_missing_file(cli):
    result = cli("models", "import-base", "--language", "nowhere", "--sam", "sam2.pt", "--out", "out")
    assert result.returncode == 1
    assert "tokenizer.json" in result.stderr


def test_a_tiny_bundle_goes_through_export_and_bench(cli, tmp_path):
    sources = authors_checkpoint.write(tmp_path / "files")
    authors_checkpoint.run_import(sources, tmp_path / "net", mode="corrected")
    exported = cli("export", "net", "--out", "onnx", "--size", "128x96", "--json")
    assert exported.returncode == 0, exported.stderr
    report = json.loads(exported.stdout)
    assert report["mask_iou"]["worst"] >= 0.99
    measured = cli(
        "bench", "--model", "net", "--dtype", "fp32", "--image", "96", "128", "--visual-tokens", "12",
        "--runs", "1", "--json", "--out", "report.json",
        env={"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")},
    )  # fmt: skip
    assert measured.returncode == 0, measured.stderr
    assert json.loads(measured.stdout)["rows"][0]["num_visual_tokens"] == 12
    assert json.loads((tmp_path / "report.json").read_text())["peak_resident_gb"] > 0
