"""The latency budget's arithmetic, by hand."""

import pytest

from converseg_core.net import presets
from converseg_core.net.budget import DEVICES, Device, StageCost, stage_costs
from converseg_core.net.config import Grid


def test_one_layer_by_hand():
    costs = stage_costs(
        presets.preset("converseg-net-3b"), Grid(num_rows=17, num_cols=23), num_prompt_tokens=12
    )
    by_name = {cost.name: cost for cost in costs}
    layer = 2 * 2048 * 2048 + 2 * 2048 * 256 + 3 * 2048 * 11008
    further = by_name["further prompt"]
    assert further.num_bytes == 36 * layer * 2
    assert further.flops == 36 * (2 * layer * 12 + 4 * 12 * (411 + 12) * 2048)
    assert by_name["vision tower"].num_bytes == pytest.approx(32 * (4 * 1280**2 + 3 * 1280 * 3420) * 2)


def test_the_slower_of_two_limits_counts():
    device = Device(name="d", flops_per_s=10.0, bytes_per_s=5.0)
    assert StageCost(name="s", flops=100.0, num_bytes=1.0).seconds_on(device) == 10.0
    assert StageCost(name="s", flops=1.0, num_bytes=100.0).seconds_on(device) == 20.0


def test_further_prompts_are_bound_by_memory_everywhere():
    costs = stage_costs(presets.preset("converseg-net-3b"), Grid(num_rows=17, num_cols=23))
    for device in DEVICES:
        further = costs[-1]
        assert further.seconds_on(device) == further.num_bytes / device.bytes_per_s
