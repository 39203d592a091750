"""Base weights in the hub's formats: every tensor in its place, and training starts from them."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import Qwen2_5_VLForConditionalGeneration

from converseg_core.bundle import verify
from converseg_core.net.importing.base import BaseSources, import_base
from converseg_core.net.importing.tensors import CheckpointError
from converseg_core.net.weights import load_network
from tests.core.net import authors_checkpoint as authors
from tests.core.net import hub_files, tiny


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> BaseSources:
    return hub_files.write(tmp_path_factory.mktemp("hub"))


def run_import(sources: BaseSources, out: Path) -> tuple[str, ...]:
    return import_base(sources, tiny.config(), out, name="tiny-base", licence="none").left_out


def test_the_network_holds_the_released_tensors(hub: BaseSources, tmp_path: Path) -> None:
    left_out = run_import(hub, tmp_path / "base")
    assert any(name.startswith("memory_attention.") for name in left_out)
    assert verify(tmp_path / "base").weights == "random"
    network = load_network(tmp_path / "base" / "weights.safetensors", tiny.config(), dtype=torch.float32)
    theirs = Qwen2_5_VLForConditionalGeneration.from_pretrained(hub.language_path, dtype=torch.float32).model
    ours = network.vlm.backbone.state_dict()
    assert theirs.state_dict().keys() == ours.keys()
    assert all(torch.equal(value, ours[name]) for name, value in theirs.state_dict().items())
    sam = load_file(hub.sam_path)
    for name, value in network.sam.backbone.state_dict().items():
        assert torch.equal(value, sam[name]), name


def test_the_original_sam_file_does_too(hub: BaseSources, tmp_path: Path) -> None:
    torch.save({"model": authors.tensors("sam")}, tmp_path / "sam2_hiera_toy.pt")
    run_import(
        BaseSources(language_path=hub.language_path, sam_path=tmp_path / "sam2_hiera_toy.pt"),
        tmp_path / "base",
    )
    stored = load_file(tmp_path / "base" / "weights.safetensors")
    original = authors.tensors("sam")["sam_mask_decoder.iou_token.weight"]
    assert torch.equal(stored["sam.backbone.mask_decoder.iou_token.weight"], original)


def test_the_adapter_is_a_function_of_the_seed(hub: BaseSources, tmp_path: Path) -> None:
    found = {}
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        import_base(hub, tiny.config(), tmp_path / name, name="base", licence="none", seed=seed)
        found[name] = load_file(tmp_path / name / "weights.safetensors")["adapter.sparse.weight"]
    assert torch.equal(found["a"], found["b"])
    assert not torch.equal(found["a"], found["c"])


def spoilt(hub: BaseSources, tmp_path: Path) -> BaseSources:
    shutil.copytree(hub.language_path, tmp_path / "qwen")
    return BaseSources(language_path=tmp_path / "qwen", sam_path=hub.sam_path)


def test_a_missing_part_is_named(hub: BaseSources, tmp_path: Path) -> None:
    sources = spoilt(hub, tmp_path)
    first = sorted(sources.language_path.glob("model-*.safetensors"))[0]
    first.unlink()
    with pytest.raises(CheckpointError, match=re.escape(f"{first}: no such file")):
        run_import(sources, tmp_path / "base")
    assert not (tmp_path / "base").exists()


def test_an_index_that_points_elsewhere_is_refused(hub: BaseSources, tmp_path: Path) -> None:
    sources = spoilt(hub, tmp_path)
    path = sources.language_path / "model.safetensors.index.json"
    content = json.loads(path.read_text())
    name = next(iter(content["weight_map"]))
    content["weight_map"][name] = "../elsewhere.safetensors"
    path.write_text(json.dumps(content))
    with pytest.raises(CheckpointError, match="is not a file beside it"):
        run_import(sources, tmp_path / "base")


def test_another_size_is_refused_by_tensor(hub: BaseSources, tmp_path: Path) -> None:
    sam = load_file(hub.sam_path)
    sam["mask_decoder.iou_token.weight"] = torch.zeros(1, 7)
    save_file(sam, tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"iou_token\.weight has shape \(1, 7\)"):
        run_import(
            BaseSources(language_path=hub.language_path, sam_path=tmp_path / "model.safetensors"),
            tmp_path / "base",
        )
