"""How well targets in metres are found on simulated tables, with and without a depth camera's noise.

    .venv/bin/python benchmarks/target_3d.py [--num-scenes 40]

Judged apart: the centroid of the visible surface against the exact points; the box of the whole body
against the object's true upright box, for objects whose size one picture can tell (see
``converseg_engine.sim.target_cases``). Needs MuJoCo and EGL.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from typing import Any

import numpy as np
import results

from converseg_core.geometry import CameraModel, Target3D, TargetLocator, TargetSettings, TargetStatus
from converseg_core.geometry.boxes import principal_box
from converseg_core.geometry.edges import dilated
from converseg_engine.sim.depth_noise import DepthCamera
from converseg_engine.sim.render import Renderer
from converseg_engine.sim.target_cases import TargetCase, target_cases

FIRST_SEED = 908_000
WIDTH, HEIGHT = 640, 480
COLUMNS = (
    "depth",
    "box",
    "things",
    "centroid p50 mm",
    "centroid p95 mm",
    "centroid max mm",
    "can be sized",
    "sides within 10 %",
    "worst side p50 %",
    "box centre p50 mm",
    "ms a target",
)


def locate(
    case: TargetCase, *, noisy: bool, complete: bool, dilate: int, principal: bool = False
) -> tuple[Target3D, float]:
    """The target of a case and the seconds that it took; ``principal``: its box along the principal axes."""
    k = case.view.camera.intrinsics
    camera = CameraModel(
        fx=float(k[0, 0]), fy=float(k[1, 1]), cx=float(k[0, 2]), cy=float(k[1, 2]), width=WIDTH, height=HEIGHT
    )
    depth_m = case.view.depth_m
    if noisy:
        depth_m = DepthCamera().measure(np.random.default_rng([11, *case.name.encode()]), depth_m, camera.fx)
    mask = dilated(case.mask, dilate)
    locator = TargetLocator(camera, TargetSettings(complete_hidden=complete))
    start_s = time.process_time()
    target = locator.locate(mask, depth_m)
    spent_s = time.process_time() - start_s
    if principal and target.pixels is not None:
        points = locator.points(depth_m, target.pixels).astype(np.float64)
        box = principal_box(points, pad_m=float(np.median(points[:, 2])) / camera.fx)
        target = dataclasses.replace(target, box=box)
    return target, spent_s


def row(cases: list[TargetCase], name: str, box: str, **how: Any) -> dict[str, Any]:
    """One line of the table."""
    errors_mm, sides, centres_mm, spent_s, measured = [], [], [], [], 0
    for case in cases:
        target, seconds = locate(case, **how)
        spent_s.append(seconds)
        if target.status != TargetStatus.OK or target.centroid_m is None or target.box is None:
            continue
        counts = target.counts
        if how["noisy"] and (
            not case.can_be_sized or counts is None or counts.num_valid < 0.8 * counts.num_pixels
        ):
            continue
        measured += 1
        errors_mm.append(1000 * float(np.linalg.norm(target.centroid_m - case.centroid_m)))
        if case.can_be_sized:
            found, truth = target.box.size_m, case.box_size_m
            if how.get("principal"):  # its axes have no names: sides are compared by length
                found, truth = np.sort(found), np.sort(truth)
            sides.append(100 * float(np.abs(found / truth - 1).max()))
            centres_mm.append(1000 * float(np.linalg.norm(target.box.centre_m - case.box_centre_m)))
    return {
        "depth": name,
        "box": box,
        "things": measured,
        "centroid p50 mm": float(np.median(errors_mm)),
        "centroid p95 mm": float(np.quantile(errors_mm, 0.95)),
        "centroid max mm": float(np.max(errors_mm)),
        "can be sized": len(sides),
        "sides within 10 %": float(np.mean(np.asarray(sides) <= 10)),
        "worst side p50 %": float(np.median(sides)),
        "box centre p50 mm": float(np.median(centres_mm)),
        "ms a target": 1000 * float(np.median(spent_s)),
    }


def main() -> None:
    """Measure and write ``results/target_3d``."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--num-scenes", type=int, default=40)
    num_scenes = parser.parse_args().num_scenes
    with Renderer(width=WIDTH, height=HEIGHT) as renderer:
        seeds = range(FIRST_SEED, FIRST_SEED + num_scenes)
        cases = list(target_cases(seeds, renderer, width=WIDTH, height=HEIGHT))
    plain: dict[str, Any] = {"noisy": False, "complete": True, "dilate": 0}
    rows = [
        row(cases, "exact", "completed", **plain),
        row(cases, "exact", "as seen", **{**plain, "complete": False}),
        row(cases, "exact", "principal axes", **{**plain, "complete": False, "principal": True}),
        row(cases, "exact, mask 2 px too fat", "completed", **{**plain, "dilate": 2}),
        row(cases, "noise, 80 % measured", "completed", **{**plain, "noisy": True}),
        row(cases, "noise, 80 % measured, mask 2 px too fat", "completed",
            **{**plain, "noisy": True, "dilate": 2}),
    ]  # fmt: skip
    facts = {
        **results.machine(),
        "scenes": num_scenes,
        "objects": len(cases),
        "picture": f"{WIDTH}x{HEIGHT}",
        "noise mm at 0.8 m, 600 px": round(1000 * DepthCamera().depth_noise_m(0.8, 600.0), 2),
    }
    results.write("target_3d", facts, COLUMNS, rows)


if __name__ == "__main__":
    main()
