"""What several engine tests share: one GL context, and some scenes that are made once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from converseg_engine.sim.render import Renderer
from converseg_engine.sim.scene import Scene, tabletop_scene

SEEDS = tuple(range(910_000, 910_010))


@pytest.fixture(scope="session")
def renderer() -> Iterator[Renderer]:
    try:
        made = Renderer(width=320, height=240)
    except RuntimeError as error:
        pytest.skip(str(error))
    yield made
    made.close()


@pytest.fixture(scope="session")
def scenes(renderer: Renderer) -> tuple[Scene, ...]:
    return tuple(tabletop_scene(seed, renderer, width=320, height=240) for seed in SEEDS)
