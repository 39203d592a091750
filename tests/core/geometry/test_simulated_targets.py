"""The promise: targets on simulated tables, judged against what the simulator knows.

Two centres are judged apart: the centroid of the visible surface against the mean of the exact points, and
the box of the whole body against the object's true upright box, where one picture can tell its size (see
``TargetCase.can_be_sized``).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from converseg_core.geometry import CameraModel, Target3D, TargetLocator, TargetStatus
from converseg_engine.sim.depth_noise import DepthCamera
from converseg_engine.sim.render import Renderer
from converseg_engine.sim.target_cases import TargetCase, target_cases

pytestmark = pytest.mark.egl
SEEDS = range(907_000, 907_008)
WIDTH, HEIGHT = 640, 480


@pytest.fixture(scope="module")
def cases() -> Iterator[list[TargetCase]]:
    try:
        renderer = Renderer(width=WIDTH, height=HEIGHT)
    except RuntimeError as error:
        pytest.skip(str(error))
    with renderer:
        yield list(target_cases(SEEDS, renderer, width=WIDTH, height=HEIGHT))


def located(case: TargetCase, *, noisy: bool) -> Target3D:
    k = case.view.camera.intrinsics
    camera = CameraModel(
        fx=float(k[0, 0]), fy=float(k[1, 1]), cx=float(k[0, 2]), cy=float(k[1, 2]), width=WIDTH, height=HEIGHT
    )
    depth_m = case.view.depth_m
    if noisy:
        rng = np.random.default_rng([7, *case.name.encode()])
        depth_m = DepthCamera().measure(rng, depth_m, camera.fx)
    target = TargetLocator(camera).locate(case.mask, depth_m)
    assert target.status == TargetStatus.OK, f"{case.name} {case.category}: {target.reason}"
    return target


def centroid_error_m(case: TargetCase, target: Target3D) -> float:
    assert target.centroid_m is not None
    return float(np.linalg.norm(target.centroid_m - case.centroid_m))


def worst_side(case: TargetCase, target: Target3D) -> float:
    """Largest relative error of the box's three sides."""
    assert target.box is not None
    return float(np.abs(target.box.size_m / case.box_size_m - 1).max())


def test_exact_depth_centroid_within_5_mm_and_box_within_10_percent(cases: list[TargetCase]) -> None:
    targets = [(case, located(case, noisy=False)) for case in cases]
    errors = {case.name: centroid_error_m(case, target) for case, target in targets}
    assert len(errors) >= 30
    assert max(errors.values()) < 0.005, errors
    sides = {case.name: worst_side(case, target) for case, target in targets if case.can_be_sized}
    assert len(sides) >= 20
    within = np.mean([side <= 0.10 for side in sides.values()])
    assert within >= 0.93, {name: side for name, side in sides.items() if side > 0.10}


def test_noisy_depth_centroid_within_10_mm(cases: list[TargetCase]) -> None:
    """Of things that nothing hides and of which the camera measured most: its second eye sees less."""
    errors = {}
    for case in cases:
        if not case.can_be_sized:
            continue
        target = located(case, noisy=True)
        assert target.counts is not None
        if target.counts.num_valid >= 0.8 * target.counts.num_pixels:
            errors[case.name] = centroid_error_m(case, target)
    assert len(errors) >= 20
    assert max(errors.values()) < 0.010, errors
