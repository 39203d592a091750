"""Bundles: what is damaged, missing or too new is refused with the file and the remedy."""

import json
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converseg_core import load_model
from converseg_core.bundle import BundleError, available_models, read_manifest, verify


@pytest.fixture
def bundle(tmp_path):
    folder = tmp_path / "bundle"
    shutil.copytree(available_models()["sim-tiny"], folder)
    return folder


def edit(folder, **changes):
    path = folder / "bundle.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_the_shipped_bundle_is_whole():
    manifest = verify(available_models()["sim-tiny"])
    assert manifest.name == "sim-tiny"
    assert manifest.weights == "trained"
    assert manifest.measured["table"]


def test_a_copy_elsewhere_loads_by_path_with_the_same_identity(bundle):
    assert load_model(bundle).model_id == load_model("sim-tiny").model_id


def test_one_changed_byte_is_found(bundle):
    path = bundle / "prompt_decoder.onnx"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(BundleError, match=r"prompt_decoder\.onnx: sha256"):
        load_model(bundle)


def test_a_short_file_is_found(bundle):
    path = bundle / "image_encoder.onnx"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(BundleError, match=r"image_encoder\.onnx: \d+ bytes"):
        load_model(bundle)


def test_a_missing_file_is_named(bundle):
    (bundle / "tokenizer.json").unlink()
    with pytest.raises(BundleError, match=r"tokenizer\.json: file is missing"):
        load_model(bundle)


def test_a_newer_schema_asks_for_an_update(bundle):
    edit(bundle, schema_version=2, something_new=True)
    with pytest.raises(BundleError, match=r"schema_version 2 is newer.*update converseg-ros"):
        load_model(bundle)


@pytest.mark.parametrize("version", [0, -1, "1", None, 1.5, [1]])
def test_a_schema_version_of_nonsense_is_refused(bundle, version):
    edit(bundle, schema_version=version)
    with pytest.raises(BundleError, match="schema_version"):
        read_manifest(bundle)


def test_a_wrong_field_is_named(bundle):
    edit(bundle, weights="guessed")
    with pytest.raises(BundleError, match="field weights"):
        read_manifest(bundle)


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "a/../../b", "", "a\\b"])
def test_files_outside_the_bundle_are_refused(bundle, path):
    files = json.loads((bundle / "bundle.json").read_text())["files"]
    files["tokenizer"]["path"] = path
    edit(bundle, files=files)
    with pytest.raises(BundleError, match=r"files\.tokenizer\.path"):
        read_manifest(bundle)


def test_an_unknown_architecture_is_named(bundle):
    edit(bundle, architecture="embedded-v9")
    with pytest.raises(BundleError, match="embedded-v9"):
        load_model(bundle)


def test_a_missing_role_is_named(bundle):
    files = json.loads((bundle / "bundle.json").read_text())["files"]
    del files["prompt_decoder"]
    edit(bundle, files=files)
    with pytest.raises(BundleError, match="prompt_decoder"):
        load_model(bundle)


def test_a_file_that_is_no_network_is_refused_although_its_checksum_fits(bundle):
    import hashlib

    content = b"not an onnx graph"
    (bundle / "image_encoder.onnx").write_bytes(content)
    files = json.loads((bundle / "bundle.json").read_text())["files"]
    files["image_encoder"] |= {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
    edit(bundle, files=files)
    with pytest.raises(BundleError, match="not a network"):
        load_model(bundle)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_a_broken_manifest_is_refused(tmp_path, content):
    (tmp_path / "bundle.json").write_bytes(content)
    with pytest.raises(BundleError, match=r"bundle\.json"):
        read_manifest(tmp_path)


def test_no_manifest_at_all(tmp_path):
    with pytest.raises(BundleError, match="is this a bundle folder"):
        read_manifest(tmp_path)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(BundleError, match="sim-tiny"):
        load_model("sim-huge")


@pytest.mark.parametrize(("option", "value"), [("device", "tpu"), ("runtime", "torch")])
def test_a_device_or_runtime_that_is_not_there(option, value):
    with pytest.raises(ValueError, match=option):
        load_model("sim-tiny", **{option: value})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(
    content=st.dictionaries(
        st.sampled_from(["schema_version", "name", "files", "preprocessing", "weights", "x"]), json_values
    )
)
def test_any_json_is_refused_or_read_never_a_crash(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("any")
    (folder / "bundle.json").write_text(json.dumps(content | {"schema_version": 1}))
    with pytest.raises(BundleError):
        read_manifest(folder)
