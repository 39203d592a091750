"""What keeps memory small changes no number."""

import copy

import psutil
import pytest
import torch
from torch import nn

from converseg_core.net.allocator import return_freed_memory
from converseg_core.net.architecture.in_pieces import run_in_pieces
from converseg_core.net.architecture.prefix_cache import lend


class _Doubler(nn.Module):
    """Doubles, and remembers how long its inputs were."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 3)
        self.lengths = []

    def forward(self, hidden_states, factor=2.0):
        self.lengths.append(hidden_states.shape[0])
        return self.linear(hidden_states) * factor


def test_pieces_are_smaller_and_give_the_same():
    layer = _Doubler()
    whole = copy.deepcopy(layer)
    names = set(layer.state_dict())
    run_in_pieces(layer, dim=0, min_size=8)
    values = torch.randn(9, 3)
    with torch.no_grad():
        cut, uncut = layer(hidden_states=values, factor=3.0), whole(values, factor=3.0)
    assert torch.allclose(cut, uncut, atol=1e-6)
    assert max(layer.lengths) == 3
    assert sum(layer.lengths) == 9
    assert set(layer.state_dict()) == names


def test_short_inputs_and_training_run_whole():
    layer = _Doubler()
    run_in_pieces(layer, dim=0, min_size=8)
    with torch.no_grad():
        layer(torch.randn(7, 3))
    layer(torch.randn(9, 3)).sum().backward()
    assert layer.lengths == [7, 9]
    assert layer.linear.weight.grad is not None


@pytest.mark.parametrize("num_prompts", [1, 5])
def test_a_lent_prefix_is_joined_but_not_changed(num_prompts):
    keys, values = torch.randn(1, 2, 7, 4), torch.randn(1, 2, 7, 4)
    before = keys.clone(), values.clone()
    cache = lend([keys], [values])
    assert cache.get_seq_length() == 7
    new_keys, new_values = torch.randn(num_prompts, 2, 3, 4), torch.randn(num_prompts, 2, 3, 4)
    all_keys, all_values = cache.update(new_keys, new_values, 0)
    assert all_keys.shape == all_values.shape == (num_prompts, 2, 10, 4)
    for prompt in range(num_prompts):
        assert torch.equal(all_keys[prompt, :, :7], keys[0])
        assert torch.equal(all_values[prompt, :, 7:], new_values[prompt])
    assert torch.equal(keys, before[0])
    assert torch.equal(values, before[1])


def test_freed_blocks_go_back():
    # Blocks below the size from which the C library maps each alone, and one that pins the heap's top.
    blocks = [bytearray(100_000) for _ in range(2_000)]
    pin = bytearray(100_000)
    full = psutil.Process().memory_info().rss
    del blocks
    return_freed_memory()
    assert full - psutil.Process().memory_info().rss > 100e6
    assert len(pin) == 100_000
