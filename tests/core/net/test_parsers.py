"""Whatever comes in from outside: a value, or an error of the promised kind; never anything else."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from converseg_core.net.config import NetConfig, parse_config
from converseg_core.net.importing.tensors import CheckpointError, read_safetensors, read_torch
from converseg_core.net.preprocessing.positions import prefix_positions
from converseg_core.net.preprocessing.prompt import PromptTokenizer, PromptTooLongError
from converseg_core.net.preprocessing.vision import grid_for, patches_of
from tests.core.net import tiny

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 20_000) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
GOOD = json.loads(tiny.config().to_json())


@given(JSON)
def test_any_json_is_a_config_or_a_value_error(content):
    try:
        parsed = parse_config(json.dumps(content))
    except ValueError:
        return
    assert isinstance(parsed, NetConfig)


@given(st.sampled_from(sorted(GOOD)), JSON)
def test_one_odd_field_is_taken_or_named(field, value):
    try:
        parse_config(json.dumps(GOOD | {field: value}))
    except ValueError as error:
        message = str(error)
    else:
        return
    assert field in message or "visual_tokens" in message


def test_a_config_survives_its_own_text():
    assert json.loads(parse_config(json.dumps(GOOD)).to_json()) == GOOD


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(max_size=200))
def test_bytes_that_are_no_weights_are_refused_by_file(tmp_path, content):
    for name, read in (("weights.safetensors", read_safetensors), ("weights.pt", read_torch)):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match=name):
            read(path)


@given(st.integers(1, 4000), st.integers(1, 4000), st.integers(4, 700))
def test_a_grid_keeps_the_cap_and_nearly_the_shape(height, width, cap):
    config = tiny.config(max_visual_tokens=cap)
    grid = grid_for(height, width, config)
    assert 1 <= grid.num_tokens <= cap
    if 1 / 3 < height / width < 3 and grid.num_tokens >= 60:
        assert abs(np.log((grid.num_rows / grid.num_cols) / (height / width))) < 0.4


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(0, 2**16))
def test_patches_hold_every_pixel_of_the_resized_image_once(height, width, seed):
    config = tiny.config(max_visual_tokens=64)
    grid = grid_for(height, width, config)
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    patches = patches_of(image, grid, config)
    times = int(config.vlm["vision_config"]["temporal_patch_size"])
    assert patches.shape == (grid.num_tokens * config.merge_size**2, 3 * times * config.patch_size**2)
    assert np.isfinite(patches).all()
    positions, following = prefix_positions(3, grid, 2)
    assert positions.shape == (3, 3 + grid.num_tokens + 2)
    assert following == positions.max() + 1


@given(st.text(max_size=300))
def test_a_prompt_cannot_leave_its_turn(prompt):
    config = tiny.config()
    words = PromptTokenizer(tiny.tokenizer(), config)
    try:
        suffix = words.suffix(prompt)
    except (PromptTooLongError, UnicodeEncodeError):
        return
    assert np.count_nonzero(suffix.ids == words.end_id) == 1
    assert words.image_id not in suffix.ids
    assert suffix.ids[suffix.end_index] == words.end_id
