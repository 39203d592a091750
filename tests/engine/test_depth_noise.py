from __future__ import annotations

import numpy as np
import pytest

from converseg_engine.sim.depth_noise import DepthCamera

FOCAL = 600.0


def measured(depth: np.ndarray, camera: DepthCamera | None = None, seed: int = 5) -> np.ndarray:
    return (camera or DepthCamera()).measure(np.random.default_rng(seed), depth.astype(np.float32), FOCAL)


@pytest.mark.parametrize("depth_m", [0.5, 0.8, 2.0])
def test_the_noise_of_a_wall_is_as_documented(depth_m: float) -> None:
    camera = DepthCamera()
    seen = measured(np.full((240, 320), depth_m))[:, 100:]
    valid = seen[seen > 0]
    expected = camera.depth_noise_m(depth_m, FOCAL)
    assert valid.std() == pytest.approx(expected, rel=0.15)
    assert valid.mean() == pytest.approx(depth_m, abs=3 * expected / 20)
    assert np.mean(seen == 0) == pytest.approx(camera.dropout, abs=0.006)
    # Alike within a block: the difference of neighbours is much smaller than that of strangers.
    assert (
        np.abs(np.diff(seen, axis=1)[(seen[:, 1:] > 0) & (seen[:, :-1] > 0)]).mean() < 0.6 * expected * 1.13
    )


def test_the_figure_in_the_text() -> None:
    assert DepthCamera().depth_noise_m(0.8, 600.0) == pytest.approx(0.0017, abs=0.00005)


def test_between_surfaces_pixels_fly_and_the_second_eye_has_its_shadow() -> None:
    depth = np.full((200, 300), 1.2)
    depth[:, 150:220] = 0.7
    seen = measured(depth)
    near_edges = seen[:, 216:224]
    assert np.mean((near_edges > 0.8) & (near_edges < 1.1)) > 0.02
    flat = seen[:, 160:210]
    assert not ((flat > 0.8) & (flat < 1.1)).any()
    shadow = FOCAL * 0.05 * (1 / 0.7 - 1 / 1.2)
    assert (seen[:, int(150 - shadow) + 3 : 147] == 0).mean() > 0.95


def test_grazing_surfaces_and_far_ones_have_holes_and_the_same_seed_the_same_noise() -> None:
    rows = np.arange(50)[:, None]
    grazing = np.broadcast_to(0.6 * np.exp(rows * np.tan(np.radians(86)) / FOCAL), (50, 200))
    assert np.mean(measured(grazing)[:, 80:] == 0) > 0.95
    assert (measured(np.full((20, 200), 7.0)) == 0).all()
    wall = np.full((50, 200), 1.0)
    np.testing.assert_array_equal(measured(wall), measured(wall))
    assert (measured(wall) != measured(wall, seed=6)).any()
