"""A further training starts from the graphs that ship, and answers as they do."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from converseg_core.mini.build import NETWORK_PATH
from converseg_core.mini.cells import open_session
from converseg_core.mini.scene.network import GRAPH_ROLES, SCENE_ROLES
from converseg_core.mini.scene.tables import SceneTables
from converseg_training.mini.projection import projections_of
from converseg_training.mini.scene.batches import SceneSet
from converseg_training.mini.scene.crop_data import true_crops
from converseg_training.mini.scene.crop_losses import feed
from converseg_training.mini.scene.export import torch_sessions
from converseg_training.mini.scene.graph_weights import GraphWeights
from converseg_training.mini.scene.model import SceneModel
from converseg_training.mini.scene.norms import norm_after, unsettled
from converseg_training.mini.scene.perception import Sight
from converseg_training.mini.scene.start import in_training_only, load_start, read_tables, settle
from converseg_training.torch_session import TorchSession
from tests.training import scene_rows


def _network(**size: int) -> SceneModel:
    """As large as what ships where no size is given, and of other weights."""
    tables = read_tables()
    names, colors = torch.ones(len(tables.names), 384), torch.ones(len(tables.colors), 384)
    torch.manual_seed(0)
    return SceneModel(tables.names, names, colors, **size)


@pytest.fixture(scope="module")
def shipped() -> SceneModel:
    network = _network(num_meanings=3)
    load_start(network)
    return network.eval()


@pytest.fixture(scope="module")
def sessions(shipped: SceneModel) -> dict[str, TorchSession]:
    projections = projections_of(NETWORK_PATH / GRAPH_ROLES["scene_sight"])
    return torch_sessions(shipped, projections, torch.device("cpu"))


def test_names_and_colors_that_ship_are_told_apart_and_meanings() -> None:
    tables = read_tables()
    stored = SceneTables.read(NETWORK_PATH / SCENE_ROLES["scene"])
    assert (tables.names, tables.colors) == (stored.names, stored.colors)
    assert {"nearest", "partly_hidden"} < set(tables.meanings)
    assert len(set(tables.meanings)) == len(tables.meanings)


def test_every_weight_is_filled_but_what_only_training_uses(shipped: SceneModel) -> None:
    network = _network(num_meanings=3)
    with torch.no_grad():
        for weight in network.parameters():
            weight.fill_(3.0)
    load_start(network)
    for name, weight in network.named_parameters():
        assert bool((weight == 3).all()) == in_training_only(name), name
    own = shipped.state_dict()
    for name, value in network.state_dict().items():
        assert in_training_only(name) or torch.equal(value, own[name]), name
    lengths = own["reader.names.names_me"].norm(dim=1)
    assert torch.allclose(lengths, torch.ones_like(lengths), atol=0.01)


def _some(name: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """Anything that an input may hold."""
    rng = np.random.default_rng(len(name))
    if name == "cells":
        return rng.integers(48 * 64, size=shape)
    values = rng.normal(size=shape).astype(np.float32)
    if name == "masks":
        values = np.repeat(np.repeat(values[..., ::8, ::8], 8, axis=-2), 8, axis=-1)
    if name == "crops":
        return (values * 50 + 128).clip(0, 255)
    return (values > 0).astype(np.float32) if name in {"masks", "is_part", "there", "is_word"} else values


@pytest.mark.parametrize("role", GRAPH_ROLES)
def test_what_is_started_from_answers_as_the_graphs_do(sessions: dict[str, TorchSession], role: str) -> None:
    graph = open_session(NETWORK_PATH / GRAPH_ROLES[role])
    inputs = {item.name: _some(item.name, tuple(item.shape)) for item in graph.get_inputs()}
    named = [item.name for item in graph.get_outputs()]
    answers = [session.run(named, inputs) for session in (sessions[role], graph)]
    for name, mine, its in zip(named, *answers, strict=True):
        if not name.startswith("part_"):  # the order of names that are as likely hangs on the last bit
            assert np.abs(mine - its).max() <= 1e-3 * np.abs(its).max(), name


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (
            lambda: _network(num_layers=5),
            r"^reader\.layers\.4\.relations\.bias: is of shape \(96,\) in the network, and is missing in",
        ),
        (
            lambda: SceneModel(("mug",), torch.ones(1, 384), torch.ones(11, 384)),
            r"^crops\.names\.bias: is of shape \(1,\) in the network, and is of shape \(490,\) in the graphs",
        ),
    ],
)
def test_a_network_of_another_size_is_refused(network: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load_start(network())


def test_a_constant_that_is_not_there_is_asked_for_by_name() -> None:
    graph = GraphWeights(NETWORK_PATH / GRAPH_ROLES["scene_things"])
    with pytest.raises(ValueError, match=r"scene_things\.onnx: 0 constants that ghosts is multiplied by"):
        graph.factor("ghosts")
    with pytest.raises(ValueError, match=r"scene_things\.onnx: 0 constants of shape \(7, 7\)"):
        graph.shaped(7, 7)


def test_norms_are_called_after_their_convolutions() -> None:
    assert norm_after("to_8.1.first.0") == "to_8.1.first.1"
    assert norm_after("second.1.second") == "second.1.norm"


def _away(one: Sight, other: Sight) -> float:
    """How far two sights are apart, in standard deviations: of what is furthest apart, the mean."""
    pairs = [(value, getattr(other, name)) for name, value in vars(one).items()]
    return max(float((mine - its).abs().mean() / its.std()) for mine, its in pairs)


def test_norms_settle_on_pictures_and_answers_stay(shipped: SceneModel) -> None:
    data = SceneSet([scene_rows.row(0), scene_rows.row(1)], read_tables())
    batch = data.batch(np.array([0, 1]), np.array([[data.questions_of(0)[0]], [data.questions_of(1)[0]]]))
    network = copy.deepcopy(shipped)
    folded = unsettled(network)
    assert len(folded) == 24  # those of the network that looks closely come with their statistics
    passed: dict[nn.Module, Tensor] = {}
    for norm in folded:
        norm.register_forward_pre_hook(lambda norm, inputs: passed.update({norm: inputs[0]}))
    with torch.no_grad():
        before, trained_before = shipped.see(batch), copy.deepcopy(shipped).train().see(batch)
        settle(network, data)
        for norm in folded:
            assert norm.running_mean is not None
            assert torch.allclose(norm.running_mean, passed[norm].mean((0, 2, 3)), atol=1e-5)
        after, trained_after = network.see(batch), copy.deepcopy(network).train().see(batch)
    assert unsettled(network) == [] and not network.training
    assert _away(after, before) < 1e-4
    assert _away(trained_after, before) < 0.01 < 0.3 < _away(trained_before, before)


def test_norms_that_see_crops_settle_on_crops() -> None:
    data = SceneSet([scene_rows.row(0), scene_rows.row(1)], read_tables())
    network = _network(width=32, num_layers=1)
    with torch.no_grad():
        for norm in (module for module in network.crops.modules() if isinstance(module, nn.BatchNorm2d)):
            norm.weight.uniform_(-1.5, 1.5)
            norm.bias.normal_()
        inputs = feed(true_crops(data, [0, 1], np.random.default_rng(0), num_each=2))
        before = network.eval().crops(*inputs).mask_kss
        network.train()
        settle(network, data)
        assert network.training and unsettled(network) == []
        after = network.eval().crops(*inputs).mask_kss
    assert torch.allclose(after, before, atol=1e-3 * float(before.abs().max()))
    assert bool((network.crops.to_32[1].running_mean != 0).any())


def test_norms_of_a_new_network_are_left_alone() -> None:
    data = SceneSet([scene_rows.row(0)], read_tables())
    network = _network(width=32, num_layers=1)
    assert unsettled(network) == []
    settle(network, data)
    assert bool((network.perception.mix_8[1].running_mean == 0).all())
